import { IntegerVariable, TextVariable } from '@hub-export/environment';
import { LOG_LEVELS, type LogLevel } from '../log/log.service.js';
import { authOptions, AuthVariables } from '../sign-in/auth.variables.js';
import type { HttpEdgeOptions } from './http-edge.module.js';

/** The variables that every HTTP service has; its own class extends this one and adds `PORT` with its own default. */
export class HttpEdgeVariables extends AuthVariables {
  @TextVariable({ description: 'The address to listen on; `0.0.0.0` in a container.', default: '127.0.0.1' })
  readonly HOST!: string;

  @TextVariable({ description: 'How much is logged.', oneOf: LOG_LEVELS, default: 'info' })
  readonly LOG_LEVEL!: LogLevel;

  @IntegerVariable({
    description: 'The largest body of a route without a limit of its own, in bytes.',
    min: 1_024,
    max: 33_554_432,
    default: 1_048_576,
  })
  readonly HTTP_BODY_BYTES_MAX!: number;

  @IntegerVariable({
    description: 'So many writes one caller may send in a minute.',
    min: 1,
    max: 1_000_000,
    default: 6_000,
  })
  readonly HTTP_WRITES_PER_MINUTE!: number;
}

/** The checked variables as options of the edge. */
export function httpEdgeOptions(
  variables: HttpEdgeVariables,
  service: Pick<HttpEdgeOptions, 'service' | 'version'>,
): HttpEdgeOptions {
  return {
    ...service,
    production: variables.NODE_ENV === 'production',
    auth: authOptions(variables),
    logLevel: variables.LOG_LEVEL,
    bodyBytesMax: variables.HTTP_BODY_BYTES_MAX,
    writesPerMinute: variables.HTTP_WRITES_PER_MINUTE,
  };
}
