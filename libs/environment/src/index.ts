export { ConfigurationError, type ConfigurationFault } from './configuration-error.js';
export { armCrashPoints, crashPoint, CRASH_POINTS_VARIABLE } from './crash-points.process.js';
export { describeVariables } from './describe-variables.js';
export { Secret } from './secret.js';
export {
  BooleanVariable,
  IntegerVariable,
  ListVariable,
  SecretVariable,
  TextVariable,
  UrlVariable,
  type Described,
  type RequiredWhen,
} from './variables.js';
export { readVariables, refuseDisabledTlsVerification, type Environment } from './variables.reader.js';
