import type { Row } from '../run/workbench.server.js';
import { appendGrouped } from './append-grouped.bench.js';
import { appendLatency } from './append-latency.bench.js';
import { auditPage } from './audit-page.bench.js';
import { envelope } from './envelope.bench.js';
import { idle } from './idle.bench.js';
import { latencyAudit } from './latency-audit.bench.js';
import { markBulk } from './mark-bulk.bench.js';
import { markHttp } from './mark-http.bench.js';
import { overviewCompat } from './overview-compat.bench.js';
import { overviewPage } from './overview-page.bench.js';
import { rebuild } from './rebuild.bench.js';
import { relay } from './relay.bench.js';
import { scaleOut } from './scale-out.bench.js';
import { transfersNaive, transfersSmall } from './transfers.bench.js';
import { upload } from './upload.bench.js';
import { uploadRss } from './upload-rss.bench.js';

/** Every row, in the order of the table. */
export const ROWS: readonly Row[] = [
  appendGrouped,
  appendLatency,
  markHttp,
  markBulk,
  relay,
  latencyAudit,
  upload,
  uploadRss,
  envelope,
  transfersSmall,
  transfersNaive,
  rebuild,
  auditPage,
  overviewPage,
  overviewCompat,
  idle,
  scaleOut,
];
