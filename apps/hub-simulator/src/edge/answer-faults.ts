import { type Answer } from '../answer.js';
import { type FaultAction } from '../faults/fault.js';
import { isJsonObject, type JsonObject } from '../json.js';

/** What is really sent when a fault meets an answer: the lie, the other answer, or the answer itself. */
export function distorted(answer: Answer, fault: FaultAction | undefined): Answer {
  if (fault?.type === 'answer') return replacement(fault);
  if (fault?.type !== 'lie') return answer;
  const told = { ...answer, status: fault.status ?? answer.status, headers: { ...answer.headers, ...fault.headers } };
  if (!isJsonObject(answer.body)) return told;
  const receipt = answer.body['envelope_receipt'];
  const lied = isJsonObject(receipt)
    ? { envelope_receipt: changed(receipt, fault.set_receipt, fault.remove_receipt) }
    : {};
  return { ...told, body: changed({ ...answer.body, ...lied }, fault.set, fault.remove) };
}

function changed(document: JsonObject, set: JsonObject = {}, remove: readonly string[] = []): JsonObject {
  const kept = Object.entries(document).filter(([key]) => !remove.includes(key));
  return { ...Object.fromEntries(kept), ...set };
}

/** The answer a fault gives in the hub's place. */
export function replacement(fault: FaultAction & { readonly type: 'answer' }): Answer {
  const answer = { status: fault.status, body: fault.body ?? '' };
  return fault.headers === undefined ? answer : { ...answer, headers: fault.headers };
}

/** The bytes of an answer's body, and its headers with their type. */
export function encoded(answer: Answer): { readonly headers: Record<string, string>; readonly body: Buffer } {
  const isText = typeof answer.body === 'string';
  const headers = {
    'content-type': isText ? 'text/html; charset=utf-8' : 'application/json',
    ...lowerCased(answer.headers),
  };
  return { headers, body: Buffer.from(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body)) };
}

function lowerCased(headers: Answer['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]));
}
