export {
  type Circuit,
  type CircuitCommand,
  circuitDecider,
  PROBE_CAP_MS,
  PROBE_FIRST_MS,
  probeEveryMs,
} from './circuit.js';
export { type Egress, type EgressCommand, egressDecider } from './egress.js';
export {
  type Eligibility,
  eligibilityOf,
  type EligibilityTerms,
  type IneligibilityCode,
  type IneligibilityReason,
} from './eligibility.js';
export { type Gate, type GateFacts, type GateKeeper, type GateName, gatesOf, reachabilityOf } from './gates.js';
export { type NetworkNode, type NodeCommand, nodeDecider } from './node.js';
export {
  activeHubs,
  CERTIFICATE_WARNING_DAYS,
  endsAmong,
  type MaterialFault,
  type Readiness,
  type ReadinessFacts,
  readinessOf,
  type Requirement,
  type RequirementCode,
  type WayEnds,
} from './readiness.js';
export { type Resource, type ResourceCommand, resourceDecider } from './resource.js';
export { DEFAULT_RETRY_POLICY, RETRY_AFTER_MAX_MS, retryAfter, type RetryPolicy } from './retry-policy.js';
export {
  ALLOWED_TRANSITIONS,
  BUSY_HUB_STATES,
  HUB_LOST_MEDIA,
  type Intent,
  isRunning,
  type LastFailure,
  type Progress,
  type Transfer,
  type TransferCommand,
  transferDecider,
  type TransferRefusalCode,
  WORKER_LOST,
} from './transfer.js';
export { windowAt, type WindowSchedule, type WindowState } from './window.js';
