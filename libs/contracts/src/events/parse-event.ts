import { ContractFault, refuseFaults } from '../contract-fault.js';
import { isObject } from '../closed-schema.js';
import { parseTolerant } from '../parse.js';
import { EVENTS, type EventType, type HubExportEvent } from './events.js';

export function isEventType(type: string): type is EventType {
  return Object.hasOwn(EVENTS, type);
}

/**
 * A recorded or announced event from its type and data. Members of a newer version are dropped.
 * @throws {ContractFault} `unknown_event_type`, or `invalid_event` with all faults.
 */
export function parseEvent(type: string, data: unknown): HubExportEvent {
  if (!isEventType(type)) throw new ContractFault('unknown_event_type', [{ field: 'type', code: 'is_in' }]);
  if (!isObject(data)) refuseFaults('event', [{ field: '', code: 'is_object' }]);
  const event: object = parseTolerant<object>(EVENTS[type], 'event', data);
  // The discriminator is no member of the data and bears no rule, so that reading the data dropped it.
  return Object.assign(event, { type }) as HubExportEvent;
}
