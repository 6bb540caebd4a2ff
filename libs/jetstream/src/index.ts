export { Bus, type BusOptions, type BusStatus, connectBus } from './bus.client.js';
export { BusUnavailable, type ProvisioningCode, ProvisioningError } from './bus-errors.js';
export type { Drift } from './drift.js';
export { DriftCheck, type DriftReport } from './drift-check.worker.js';
export { CONCURRENCY_MAX, DELIVERIES_MAX, type DurableChoices, type DurableSpec, durableSpec } from './durable.js';
export { type ConsumerStats, DurableConsumer, type DurableConsumerOptions } from './durable-consumer.worker.js';
export { type BusMessage, type EventBus, JetStreamEventBus, type PlainMessage, publishTo } from './event-bus.client.js';
export { type Classify, type Failure, Unprocessable } from './failure.js';
export type { HandleMessage, IncomingMessage } from './incoming-message.js';
export { JetStreamContext } from './jetstream.context.js';
export { JetStreamServer, type JetStreamServerOptions } from './jetstream.server.js';
export { JETSTREAM, OnJetStream } from './on-jetstream.decorator.js';
export { type ParkedMessage, ParkedMessages } from './parked.client.js';
export { provision, type Provisioned, type Wanted } from './provision.client.js';
export {
  type BusStreams,
  busStreams,
  MAX_PAYLOAD_BYTES,
  type StreamChoices,
  type StreamName,
  type StreamSpec,
} from './streams.js';
export { subjectMatches } from './subject.js';
