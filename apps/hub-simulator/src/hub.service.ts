import { heldIfRunning } from './envelope/lease.js';
import { type RecipientKeys } from './envelope/recipient-keys.js';
import { type Journal } from './journal/journal.service.js';
import { type MediaStore } from './media/media-store.service.js';
import { type Network } from './network.js';
import { profileTraits, type ProfileName, type ProfileTraits } from './profiles.js';
import { type HubMemory } from './transfer/hub-memory.js';
import { type HubFact, type TransferJob } from './transfer/transfer-job.js';

/** What may change while the hub runs, as an operator of the real one would change it. Not kept over a restart. */
export interface HubSettings {
  readonly profile: ProfileName;
  /** Off: every call is a 404. */
  readonly featureEnabled: boolean;
  readonly network: Network;
  readonly maxUploadBytes: number;
  /** How long an upload holds a job that it claimed, where the profile has leases. */
  readonly leaseMs: number;
  readonly recipientKeys: RecipientKeys;
}

/** The hub itself: what it knows, what it was set to, and the one way to change what it knows. */
export class Hub {
  private current: HubSettings;

  constructor(
    readonly memory: HubMemory,
    readonly journal: Journal,
    readonly media: MediaStore,
    private readonly initial: HubSettings,
  ) {
    this.current = initial;
  }

  get settings(): HubSettings {
    return this.current;
  }

  get traits(): ProfileTraits {
    return profileTraits(this.current.profile);
  }

  configure(change: Partial<HubSettings>): void {
    this.current = { ...this.current, ...change };
  }

  /** Records a fact and answers with its number; the caller answers nobody before `journal.durable()`. */
  record(fact: HubFact): number {
    this.memory.apply(fact);
    return this.journal.append(fact).seq;
  }

  /** Changes a transfer; `because` tells the reader of the journal why. */
  change(transferKey: string, because: string, set: Partial<TransferJob>): number {
    const changed = { ...set, updated_at: new Date().toISOString() };
    return this.record({ type: 'TransferChanged', transfer_key: transferKey, because, set: changed });
  }

  /** Puts a transfer into a state from outside the hub's own rules. */
  put(transferKey: string, because: string, set: Partial<TransferJob>): number {
    const job = this.memory.job(transferKey);
    const now = new Date().toISOString();
    return this.change(
      transferKey,
      because,
      job === undefined ? set : heldIfRunning(job, set, now, this.current.leaseMs),
    );
  }

  /** Forgets all transfers and media and takes back every setting. The journal keeps its records. */
  async reset(): Promise<void> {
    this.current = this.initial;
    this.record({ type: 'HubReset' });
    await this.media.clear();
    await this.journal.durable();
  }
}
