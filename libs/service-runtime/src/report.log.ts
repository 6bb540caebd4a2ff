import type { Report } from '@hub-export/event-store';
import type { Log } from '@hub-export/http-edge';

/** What the event store's machinery tells, as lines of the service's log. Its fields are codes and counts. */
export function logReport(log: Log): Report {
  return (event, fields) => log.warn({ event, ...fields });
}
