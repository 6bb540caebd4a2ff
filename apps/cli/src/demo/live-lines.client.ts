import { setTimeout as wait } from 'node:timers/promises';
import type { LiveMessage } from '../api/answers.js';
import type { ApiClient } from '../api/api.client.js';
import { progressText } from '../text/amounts.js';

const AGAIN_AFTER_MS = 500;

interface Following {
  /** The transfers that are told of, with a name for each. */
  readonly names: ReadonlyMap<string, string>;
  readonly say: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Says a line for each change and each progress of an upload, until the signal is aborted. Neither promise rejects. */
export function followUploads(
  transfer: ApiClient,
  following: Following,
): { readonly listening: Promise<void>; readonly ended: Promise<void> } {
  let begin: () => void = () => undefined;
  const listening = new Promise<void>((resolve) => (begin = resolve));
  const ended = follow(transfer, following, begin).finally(begin);
  return { listening, ended };
}

/** A stream that ended, since its service was started again, is opened again. */
async function follow(transfer: ApiClient, { names, say, signal }: Following, begin: () => void): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    try {
      for await (const { data } of transfer.events('/v1/live', signal, begin)) {
        const line = lineOf(JSON.parse(data) as LiveMessage, names);
        if (line !== null && line !== last) say((last = line));
      }
    } catch {
      begin();
    }
    await wait(AGAIN_AFTER_MS, undefined, { signal }).catch(() => undefined);
  }
}

function lineOf(message: LiveMessage, names: ReadonlyMap<string, string>): string | null {
  const name = names.get(message.transfer_id);
  if (name === undefined) return null;
  if (message.kind === 'change') return `${name}: ${message.event}`;
  return `${name}: sent ${progressText(message.bytes_sent, message.bytes_total, message.rate)}`;
}
