import { IntegerVariable, TextVariable, UrlVariable } from '@hub-export/environment';
import { ValidateBy, type ValidationArguments } from 'class-validator';
import type { AuthOptions } from './token.verifier.js';

/** The variables of sign-in; a service's own class extends `HttpEdgeVariables`, which extends this. */
export class AuthVariables {
  @TextVariable({
    description: 'Where the service runs; `production` refuses development sign-in and hides the API page.',
    oneOf: ['production', 'development', 'test'],
    default: 'production',
  })
  readonly NODE_ENV!: 'production' | 'development' | 'test';

  @TextVariable({
    description: 'How callers sign in: tokens of an OpenID provider, or of the local signer (never in production).',
    oneOf: ['oidc', 'dev'],
  })
  @ValidateBy({
    name: 'devOutsideProduction',
    validator: { validate: isAllowedMode, defaultMessage: () => DEV_REFUSED },
  })
  readonly AUTH_MODE!: 'oidc' | 'dev';

  @UrlVariable({
    description: 'The provider that issues the tokens, exactly as in their `iss`.',
    protocols: ['https:', 'http:'],
    requiredWhen: { AUTH_MODE: 'oidc' },
  })
  readonly AUTH_ISSUER?: string;

  @TextVariable({ description: 'The `aud` that tokens must name.', requiredWhen: { AUTH_MODE: 'oidc' } })
  readonly AUTH_AUDIENCE?: string;

  @UrlVariable({
    description: 'Where the public keys of the provider are; https, except on loopback.',
    protocols: ['https:', 'http:'],
    requiredWhen: { AUTH_MODE: 'oidc' },
  })
  @ValidateBy({
    name: 'httpsOrLoopback',
    validator: { validate: isHttpsOrLoopback, defaultMessage: () => HTTPS_NEEDED },
  })
  readonly AUTH_JWKS_URL?: string;

  @IntegerVariable({
    description: 'How far the clocks of provider and service may differ, in seconds.',
    min: 0,
    max: 60,
    default: 30,
  })
  readonly AUTH_CLOCK_TOLERANCE_SECONDS!: number;

  @TextVariable({
    description: 'The public keys that the local signer has written.',
    requiredWhen: { AUTH_MODE: 'dev' },
  })
  readonly AUTH_DEV_JWKS_FILE?: string;
}

/** The checked variables as options. */
export function authOptions(variables: AuthVariables): AuthOptions {
  const { AUTH_MODE, AUTH_ISSUER = '', AUTH_AUDIENCE = '', AUTH_JWKS_URL = '', AUTH_DEV_JWKS_FILE = '' } = variables;
  if (AUTH_MODE === 'dev') return { mode: 'dev', jwksFile: AUTH_DEV_JWKS_FILE };
  return {
    mode: 'oidc',
    issuer: AUTH_ISSUER,
    audience: AUTH_AUDIENCE,
    jwksUrl: AUTH_JWKS_URL,
    clockToleranceSeconds: variables.AUTH_CLOCK_TOLERANCE_SECONDS,
  };
}

const DEV_REFUSED = 'must not be dev when NODE_ENV=production';
const HTTPS_NEEDED = 'must be https: keys fetched in the clear could be anybody’s';

function isAllowedMode(mode: unknown, given?: ValidationArguments): boolean {
  return !(mode === 'dev' && (given?.object as AuthVariables).NODE_ENV === 'production');
}

function isHttpsOrLoopback(url: unknown): boolean {
  const { protocol, hostname } = new URL(String(url));
  return protocol === 'https:' || ['127.0.0.1', '[::1]', 'localhost'].includes(hostname);
}
