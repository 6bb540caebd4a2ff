import type { EventStore } from '@hub-export/event-store';
import type { Log } from '@hub-export/http-edge';
import type { RetryPolicy, Transfer } from '@hub-export/transfer-life';
import type { Clock } from '../clock.js';
import type { LiveFeed } from '../live/live-feed.service.js';
import type { Freezer } from '../transfer/freezer.service.js';
import type { Situations } from '../transfer/situation.service.js';
import type { HubCircuits } from './hub-circuits.service.js';
import type { HubPeers } from './hub-peers.service.js';
import type { HubProtocols } from './hub-protocol.js';
import type { HubClient } from './hub.client.js';

/** What an attempt lives on. */
export interface AttemptParts {
  readonly events: EventStore;
  readonly situations: Situations;
  readonly freezer: Freezer;
  readonly peers: HubPeers;
  readonly circuits: HubCircuits;
  readonly hub: HubClient;
  readonly protocols: HubProtocols;
  readonly live: LiveFeed;
  readonly clock: Clock;
  readonly log: Log;
  readonly retry: RetryPolicy;
  readonly busyHub: BusyHub;
}

/** How long a hub that works on a transfer is waited for. */
export interface BusyHub {
  /** How often it is asked while an attempt waits, in milliseconds. */
  readonly pollMs: number;
  /** How long it holds a transfer for an upload that it never heard of again, in milliseconds. */
  readonly leaseMs: number;
}

/** The lease under which an attempt runs, and what breaks it off. */
export interface AttemptLease {
  readonly name: string;
  readonly token: number;
  /** Aborted with an `AbortReason`. */
  readonly signal: AbortSignal;
  /** Begun although the hub's circuit is open, to find out whether it may close. */
  readonly isTrial: boolean;
  /** Nothing begins and no media moves: what was begun before is asked about, and recorded where it has ended. */
  readonly asksOnly: boolean;
  /** Called before anything is sent: aborts `signal` where the lease has ended and nobody noticed. */
  readonly check: () => void;
}

/** A transfer with an attempt under way. */
export type Running = Extract<Transfer, { status: 'registering' | 'awaiting_media' | 'uploading' }>;

/** The streams that a decision relied on, at the versions that were seen. */
export type ReliesOn = readonly { readonly streamId: string; readonly version: number }[];
