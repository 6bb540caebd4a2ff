import { randomUUID } from 'node:crypto';
import { HubRefusal, html, refuseDetail, type Answer } from '../answer.js';
import { type Hub } from '../hub.service.js';
import { isJsonObject } from '../json.js';
import { decideCreate } from '../registration/create.js';
import { readRegistration } from '../registration/registration.js';
import { statusDocument } from '../transfer/status-document.js';
import { callerOf, requireAdmitted } from './admission.js';
import { type Exchange } from './exchange.js';
import { requireFeature } from './status.controller.js';

/** A registration larger than this is stopped by the proxy. */
export const CREATE_BODY_MAX_BYTES = 256 * 1024 * 1024;

/** Reads the body of a registration; the answer to a body that cannot be read is given by `register`. */
export async function readCreateBody(exchange: Exchange): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of exchange.body()) {
    if (exchange.bodyBytes <= CREATE_BODY_MAX_BYTES) chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The key a registration speaks of, for the faults and the journal; null if it tells none. */
export function keyOfCreateBody(body: Buffer): string | null {
  try {
    const parsed: unknown = JSON.parse(body.toString('utf8'));
    const key = isJsonObject(parsed) ? parsed['transfer_key'] : null;
    return typeof key === 'string' ? key.trim().slice(0, 255) : null;
  } catch {
    return null;
  }
}

/** `POST …/transfers/`: validation first, then the question who asks; hub contract 1.3. */
export function register(exchange: Exchange, body: Buffer, hub: Hub): Answer {
  const { traits, settings, memory } = hub;
  requireFeature(hub);
  if (exchange.bodyBytes > CREATE_BODY_MAX_BYTES) return html(413, '413 Request Entity Too Large');
  const registration = readRegistration(parseBody(exchange, body), settings.network, traits);
  const parties = { sourceNodeKey: registration.source.node_key, centerKey: registration.centerKey };
  requireAdmitted(callerOf(exchange.request.headers, exchange.certificate), parties, settings.network, traits);
  const stamp = { id: randomUUID(), at: new Date().toISOString() };
  const decision = decideCreate(registration, memory, settings.network.models, stamp, traits);
  switch (decision.outcome) {
    case 'conflict':
      return { status: 409, body: { error: 'The transfer key is taken by another transfer.' }, reason: 'key_conflict' };
    case 'replayed':
      return { status: 200, body: statusDocument(decision.job, traits) };
    case 'created':
      exchange.commit = hub.record({ type: 'TransferRegistered', job: decision.job });
      return { status: 201, body: statusDocument(decision.job, traits) };
    case 'stuck':
      exchange.commit = hub.record({ type: 'TransferRegistered', job: decision.job });
      return decision.refusal.answer;
  }
}

function parseBody(exchange: Exchange, body: Buffer): unknown {
  const contentType = exchange.request.headers['content-type'] ?? '';
  if (!/^application\/json\s*(;|$)/i.test(contentType)) {
    throw refuseDetail(415, `Unsupported media type "${contentType}" in request.`);
  }
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new HubRefusal({ status: 400, body: { detail: 'JSON parse error.' } });
  }
}
