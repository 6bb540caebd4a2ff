import type { Row } from '../run/workbench.server.js';
import { appendGrouped } from './append-grouped.bench.js';
import { appendLatency } from './append-latency.bench.js';
import { latencyAudit } from './latency-audit.bench.js';
import { markBulk } from './mark-bulk.bench.js';
import { markHttp } from './mark-http.bench.js';
import { relay } from './relay.bench.js';

/** Every row, in the order of the table. */
export const ROWS: readonly Row[] = [appendGrouped, appendLatency, markHttp, markBulk, relay, latencyAudit];
