export { type CheckResult, type HealthCheck, HealthChecks } from './health/health-checks.service.js';
export { errorFields } from './log/error-fields.js';
export { LOG_FIELDS, type LogEntry, type LogValue } from './log/log-fields.js';
export { createLogger, type Log, LOG_LEVELS, type LogLevel, type LogOptions } from './log/log.service.js';
export { NestLog } from './log/nest-log.service.js';
export { Metrics } from './metrics/metrics.service.js';
export {
  CURSOR_LENGTH_MAX,
  type CursorKind,
  type CursorValues,
  encodeCursor,
  type Page,
  pageOf,
  parseCursor,
} from './paging/cursor.js';
export { PAGE_LIMIT_DEFAULT, PAGE_LIMIT_MAX, PageQuery } from './paging/page.dto.js';
export { PROBLEM_JSON, PROBLEM_SCHEMA, type ProblemDocument } from './problems/problem-document.js';
export { type FieldFault, Problem, type ProblemExtras } from './problems/problem.js';
export { problemOf } from './problems/problem-of.js';
export { sendProblem } from './problems/send-problem.js';
export { BodyLimit } from './requests/body.interceptor.js';
export { commandKey, type CommandScope } from './requests/command-key.js';
export { currentCorrelationId, isCorrelationId, withCorrelationId } from './requests/correlation.context.js';
export type { EdgeRequest } from './requests/edge-request.js';
export { IdempotencyKey } from './requests/idempotency-key.decorator.js';
export { APP_OPTIONS, configureHttpApp, createHttpApp, rootModule, serve } from './server/http-app.server.js';
export { createHttpEdge, type HttpEdge, type HttpEdgeOptions, LOG } from './server/http-edge.module.js';
export { httpEdgeOptions, HttpEdgeVariables } from './server/http-edge.variables.js';
export { openApiDocument } from './server/openapi.server.js';
export { describeRoutes, type Route } from './server/routes.server.js';
export { startOrExit } from './server/start.server.js';
export { stopHttpApp } from './server/stop.server.js';
export { type Access, CurrentPrincipal, Public, Roles } from './sign-in/access.decorators.js';
export { authOptions, AuthVariables } from './sign-in/auth.variables.js';
export { createDevSigner, DEV_AUDIENCE, DEV_ISSUER, type DevSigner, type DevToken } from './sign-in/dev.signer.js';
export { actorOf, hasRole, type Principal, type Role, ROLES, seesCenter, type UserActor } from './sign-in/principal.js';
export type { Headers, TokenSource } from './sign-in/token-sources.js';
export { type AuthOptions, createTokenVerifier, type TokenVerifier } from './sign-in/token.verifier.js';
