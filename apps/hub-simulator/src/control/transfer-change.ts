import { type JsonObject } from '../json.js';
import { type TransferJob } from '../transfer/transfer-job.js';

/** What the control interface may change of a transfer, and how each value must look. */
const CHANGEABLE: Readonly<Record<string, (value: unknown) => boolean>> = {
  transfer_status: isText,
  processing_decision: isText,
  status_detail: isText,
  cleanup_status: isText,
  case_resolution_status: isText,
  envelope_receipt: (value) => value === null || typeof value === 'object',
  media: (value) => value === null,
  lease: (value) => value === null || isLease(value),
};

/** Reads a change of a transfer; throws an error that names what cannot be changed so. */
export function readTransferChange(body: JsonObject): Partial<TransferJob> {
  const wrong = Object.keys(body).filter((key) => CHANGEABLE[key]?.(body[key]) !== true);
  if (wrong.length > 0) throw new Error(`A transfer cannot be changed so: ${wrong.join(', ')}.`);
  return body;
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= 255;
}

function isLease(value: unknown): boolean {
  const { fencingToken, expiresAt } = value as Record<string, unknown>;
  return Number.isSafeInteger(fencingToken) && typeof expiresAt === 'string' && !Number.isNaN(Date.parse(expiresAt));
}
