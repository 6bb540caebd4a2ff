import { type FaultRule, type NamedFaultRule } from './faults/fault.js';
import { requestStories, type JournalRecord, type RequestStory } from './journal/record.js';
import { type NetworkNode } from './network.js';
import { type ProfileName } from './profiles.js';
import { type TransferJob } from './transfer/transfer-job.js';

/** What the hub has of a media hash. */
export interface MediaFound {
  readonly exists: boolean;
  readonly size: number | null;
}

/** Settings that may change while the hub runs; what is left out stays. */
export interface ControlSettings {
  readonly profile?: ProfileName;
  readonly feature_enabled?: boolean;
  readonly max_upload_bytes?: number;
  readonly lease_ms?: number;
  /** Changes nodes by their key, e.g. `{ node_key: 'site-01', is_active: false }`. */
  readonly nodes?: readonly (Partial<NetworkNode> & { readonly node_key: string })[];
  readonly recipient_private_keys?: readonly string[];
  /** Another certificate, key or client authority for connections to come, as PEM texts. */
  readonly tls?: { readonly cert?: string; readonly key?: string; readonly clientCa?: string };
  /** Off: connections are dropped, and new ones are refused by the operating system. */
  readonly listening?: boolean;
}

/** At most this many pages of the journal are read at once. */
const PAGES_MAX = 1000;

/** Speaks with the control interface of a hub simulator. Throws an error when it says no. */
export class HubControlClient {
  private readonly records: JournalRecord[] = [];

  constructor(private readonly controlUrl: string) {}

  /** All records of the journal after `since`. */
  async journal(since = 0): Promise<readonly JournalRecord[]> {
    const records: JournalRecord[] = [];
    for (let page = 0; page < PAGES_MAX; page += 1) {
      const from = records.at(-1)?.seq ?? since;
      const answer = await this.call<{ records: JournalRecord[] }>('GET', `journal?since=${from}`);
      if (answer.records.length === 0) break;
      records.push(...answer.records);
    }
    return records;
  }

  /** Every request the hub has seen, in the order of arrival, with its outcome; narrowed by step and key. */
  async requests(only: Partial<Pick<RequestStory, 'step' | 'transfer_key'>> = {}): Promise<readonly RequestStory[]> {
    this.records.push(...(await this.journal(this.records.at(-1)?.seq ?? 0)));
    return requestStories(this.records).filter(
      (story) =>
        (only.step === undefined || story.step === only.step) &&
        (only.transfer_key === undefined || story.transfer_key === only.transfer_key),
    );
  }

  async transfers(): Promise<readonly TransferJob[]> {
    return (await this.call<{ transfers: TransferJob[] }>('GET', 'transfers')).transfers;
  }

  /** The transfer of a key; undefined if the hub has none. */
  async transfer(transferKey: string): Promise<TransferJob | undefined> {
    const { status, body } = await this.ask('GET', `transfers/${encodeURIComponent(transferKey)}`);
    return status === 404 ? undefined : (body as TransferJob);
  }

  /** Puts a transfer into any state, as a hub's operator or a fault of it might. */
  async setTransfer(transferKey: string, set: Partial<TransferJob>): Promise<TransferJob> {
    return this.call<TransferJob>('POST', `transfers/${encodeURIComponent(transferKey)}`, set);
  }

  /** Makes the hub forget a transfer, as if it had never been registered. */
  async forget(transferKey: string): Promise<void> {
    await this.call('POST', `forget/${encodeURIComponent(transferKey)}`);
  }

  async media(sha256: string): Promise<MediaFound> {
    return this.call<MediaFound>('GET', `media/${sha256}`);
  }

  /** Adds faults behind those that stand. */
  async addFaults(...rules: readonly (FaultRule | NamedFaultRule)[]): Promise<void> {
    await this.call('POST', 'faults', { rules });
  }

  /** The faults that stand, with what is left of them. */
  async faults(): Promise<readonly FaultRule[]> {
    return (await this.call<{ rules: FaultRule[] }>('GET', 'faults')).rules;
  }

  async clearFaults(): Promise<void> {
    await this.call('DELETE', 'faults');
  }

  async configure(settings: ControlSettings): Promise<void> {
    await this.call('POST', 'config', settings);
  }

  /** Forgets transfers, media, faults and settings. The journal goes on. */
  async reset(): Promise<void> {
    await this.call('POST', 'reset');
  }

  private async call<Answer>(method: string, path: string, body?: unknown): Promise<Answer> {
    const answer = await this.ask(method, path, body);
    if (answer.status === 200) return answer.body as Answer;
    throw new Error(`The hub's control interface answers ${answer.status}: ${JSON.stringify(answer.body)}`);
  }

  private async ask(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${this.controlUrl}/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    return { status: response.status, body: await response.json() };
  }
}
