import { readFile } from 'node:fs/promises';
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JSONWebKeySet,
  jwtVerify,
  type JWTVerifyGetKey,
} from 'jose';
import { Problem } from '../problems/problem.js';
import { DEV_AUDIENCE, DEV_ISSUER } from './dev.signer.js';
import { type Principal, principalFrom } from './principal.js';

/** How callers sign in: with the tokens of an OpenID provider, or with those of the local signer. */
export type AuthOptions =
  | {
      readonly mode: 'oidc';
      readonly issuer: string;
      readonly audience: string;
      /** Where the provider's public keys are. */
      readonly jwksUrl: string;
      /** How far the clocks may differ, in seconds, at most 60. */
      readonly clockToleranceSeconds: number;
    }
  /** `jwksFile`: the public keys that `createDevSigner` has written; it may appear after the service started. */
  | { readonly mode: 'dev'; readonly jwksFile: string };

/** Turns a token into the principal it proves. Throws a Problem: 401 `invalid_token`, 503 `sign_in_unavailable`. */
export interface TokenVerifier {
  verify(token: string): Promise<Principal>;
}

/** Asymmetric signatures only: with HS256 the public key would be the secret, with `none` there is no proof. */
const ALGORITHMS = { oidc: ['RS256', 'ES256'], dev: ['ES256'] };

const CLOCK_TOLERANCE_SECONDS_MAX = 60;
const JWKS_TIMEOUT_MS = 5_000;
/** After a look-up the provider is not asked again for this long, however many tokens name unknown keys. */
const JWKS_COOLDOWN_MS = 30_000;
const JWKS_CACHE_MAX_AGE_MS = 600_000;
/** How long the local signer's file is not read again. */
const FILE_KEPT_MS = 1_000;

/** @throws Error when `dev` is asked for in production: whoever reads the local key may sign as anybody. */
export function createTokenVerifier(auth: AuthOptions, production: boolean): TokenVerifier {
  if (auth.mode === 'dev' && production) throw new Error('AUTH_MODE=dev is refused in production.');
  const { issuer, audience } = auth.mode === 'dev' ? { issuer: DEV_ISSUER, audience: DEV_AUDIENCE } : auth;
  const keys = auth.mode === 'dev' ? fileKeys(auth.jwksFile) : remoteKeys(auth.jwksUrl);
  const clockTolerance = auth.mode === 'dev' ? 0 : Math.min(auth.clockToleranceSeconds, CLOCK_TOLERANCE_SECONDS_MAX);
  const options = {
    issuer,
    audience,
    algorithms: ALGORITHMS[auth.mode],
    clockTolerance,
    requiredClaims: ['exp', 'sub'],
  };

  return {
    async verify(token) {
      const { payload } = await jwtVerify(token, keys, options).catch((error: unknown) => {
        throw refusalOf(error);
      });
      const principal = principalFrom(payload, audience);
      if (principal === undefined) throw invalidToken();
      return principal;
    },
  };
}

function remoteKeys(url: string): JWTVerifyGetKey {
  return createRemoteJWKSet(new URL(url), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
    cacheMaxAge: JWKS_CACHE_MAX_AGE_MS,
  });
}

/** The file's keys, imported once for what it holds. Read again after a second, and where none of them is the token's. */
function fileKeys(file: string): JWTVerifyGetKey {
  let known: { readonly content: string; readonly keys: JWTVerifyGetKey; readonly readAt: number } | undefined;
  const read = async (): Promise<JWTVerifyGetKey> => {
    const content = await readFile(file, 'utf8').catch(() => {
      throw signInUnavailable();
    });
    // Importing keys takes longer than checking a signature.
    const keys = known?.content === content ? known.keys : createLocalJWKSet(JSON.parse(content) as JSONWebKeySet);
    known = { content, keys, readAt: performance.now() };
    return keys;
  };
  return async (header, token) => {
    if (known === undefined || performance.now() - known.readAt >= FILE_KEPT_MS) return (await read())(header, token);
    try {
      return await known.keys(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await read())(header, token);
    }
  };
}

/** A bad token is the caller's fault; keys that cannot be had are ours, and must not read as a bad token. */
function refusalOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  const keysAreMissing = error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
  if (keysAreMissing || !(error instanceof errors.JOSEError) || error.code === 'ERR_JOSE_GENERIC') {
    return signInUnavailable(error);
  }
  return invalidToken(error);
}

function invalidToken(cause?: unknown): Problem {
  return new Problem(401, 'invalid_token', 'The token is not valid here, or has expired.', { cause });
}

function signInUnavailable(cause?: unknown): Problem {
  return new Problem(503, 'sign_in_unavailable', 'The keys that tokens are checked with cannot be had now.', { cause });
}
