import { randomUUID } from 'node:crypto';
import { actorOf, currentCorrelationId, type Principal } from '@hub-export/http-edge';
import type { Order } from './order.js';

/** The order that a signed-in caller gives with a request. */
export function orderOf(principal: Principal): Order {
  return {
    by: actorOf(principal),
    centers: principal.centers,
    correlationId: currentCorrelationId() ?? randomUUID(),
    causationId: null,
  };
}
