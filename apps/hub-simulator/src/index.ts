export { type HubSimulatorConfig } from './config.js';
export { HubControlClient, type ControlSettings, type MediaFound } from './control.client.js';
export { type FaultAction, type FaultMoment, type FaultRule } from './faults/fault.js';
export { type JournalRecord, type RequestStory, type Step } from './journal/record.js';
export { type KnownModel, type Network, type NetworkNode } from './network.js';
export { PROFILE_NAMES, type ProfileName } from './profiles.js';
export { startHubSimulator, type RunningHub } from './simulator.server.js';
export { type TransferJob } from './transfer/transfer-job.js';
