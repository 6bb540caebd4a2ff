import type { FrozenIntent, HubProfile } from '@hub-export/contracts';
import type { Intent, Resource } from '@hub-export/transfer-life';
import type { SealedMedia } from '../sealing/envelope.js';
import type { HubAnswer } from './hub-answer.js';
import type { HubPeer } from './hub.client.js';

/** Of which transfer the media is to be sent. */
export interface MediaTransfer {
  readonly intent: Intent;
  readonly frozen: FrozenIntent;
  /** What the site said last of its resource. */
  readonly resource: Resource;
}

/** Media as it goes over the wire, opened and ready. */
export interface MediaToSend {
  readonly headers: Readonly<Record<string, string>>;
  /** How many bytes of the body come before the media, and how many are the media. */
  readonly layout: { readonly headBytes: number; readonly mediaBytes: number };
  /**
   * The whole body, once.
   * @throws {MediaFault | SealingFault} in the middle, before a wrong body is complete.
   */
  body(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** Nothing can be sent, and nothing was. */
export type NotPrepared = Extract<HubAnswer, { kind: 'not_sent' | 'aborted' }>;

/** How a hub wants media, and how it vouches for it: one small adapter each way (hub contract 3.5 and 7). */
export interface HubProtocol {
  /** Makes the media ready to be sent. No byte leaves the house here. */
  prepare(transfer: MediaTransfer, peer: HubPeer, signal: AbortSignal): Promise<MediaToSend | NotPrepared>;
  /** What the hub's receipt must speak of; `null` where there is no receipt, or nothing to compare it with. */
  sealed(transferId: string): Promise<SealedMedia | null>;
  /** Forgets what was kept for a further attempt. Called after what made it needless was recorded. */
  release(transferId: string): Promise<void>;
}

/** One protocol a profile, by the profile the transfer was frozen with: there is no choice and no way back. */
export type HubProtocols = Readonly<Record<HubProfile, HubProtocol>>;

export function isNotPrepared(prepared: MediaToSend | NotPrepared): prepared is NotPrepared {
  return 'kind' in prepared;
}
