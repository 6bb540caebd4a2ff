import type { RecordedEvent } from '@hub-export/contracts';
import type { JournalRecord, RequestStory } from '@hub-export/hub-simulator';

/** What a client asked for and what it was told. */
export interface Order {
  readonly type: 'report' | 'mark' | 'queue';
  readonly transferId: string;
  readonly resourceHash: string;
  /** `ok`: it was told so; `unknown`: no answer came, and it was said again with the same key until one did. */
  readonly outcome: 'ok' | 'unknown';
}

/** From when to when, ISO 8601; `null`: it has not ended. */
export interface Time {
  readonly from: string;
  readonly to: string | null;
}

/** A transfer that was set on its way, and how it had to end. */
export interface Expectation {
  readonly transferKey: string;
  readonly transferId: string;
  readonly resourceHash: string;
  readonly mediaSha256: string;
  /** `any`: the end depends on what came first; it must be an end all the same. */
  readonly end: 'completed' | 'stopped' | 'any';
  /** The hub was told to say or to store what is not true of this transfer. */
  readonly hubLies: boolean;
  /** What met it, for whoever reads a violation. */
  readonly cell: string;
}

/** Everything that can be seen of a site and its hub once all has come to rest. */
export interface Evidence {
  readonly events: readonly RecordedEvent[];
  readonly journal: readonly JournalRecord[];
  readonly requests: readonly RequestStory[];
  /** The whole stream of the bus, in its own order. */
  readonly bus: readonly { readonly sequence: number; readonly id: string; readonly globalSeq: number }[];
  readonly orders: readonly Order[];
  /** When a person let the connection to the hub be tested: from the order to its answer. */
  readonly probes: readonly Time[];
  readonly expectations: readonly Expectation[];
  /** States by transfer id, in the sender's view, in marking's and in the audit's. */
  readonly views: Readonly<Record<'transfer' | 'marking' | 'audit', ReadonlyMap<string, string>>>;
  readonly audit: {
    /** In the order of their places. */
    readonly entries: readonly { readonly globalSeq: number; readonly id: string }[];
    readonly contiguousTo: number;
    /** What it found wrong with its record: the code and the place. */
    readonly findings: readonly string[];
    /** What the audit API answers, by transfer id. */
    readonly answers: ReadonlyMap<string, AuditAnswer>;
  };
  /** Places where what must not be told could be told: the name of the place and its text. */
  readonly told: readonly { readonly place: string; readonly text: string }[];
  /** What must not be found there: a name for the report, and the text itself. */
  readonly canaries: readonly { readonly name: string; readonly text: string }[];
  readonly media: { readonly before: ReadonlyMap<string, string>; readonly after: ReadonlyMap<string, string> };
  /** Transfers of which sealed media lies in the staging folder. */
  readonly stagedFor: readonly string[];
  /** Leases that are still held though nothing runs. */
  readonly leasesHeld: readonly string[];
  /** Ends of processes that nobody ordered. */
  readonly unorderedExits: readonly string[];
  readonly retry: { readonly attemptsMax: number; readonly capMs: number };
}

/** The audit's six answers, as far as they are compared. */
export interface AuditAnswer {
  readonly status: string;
  readonly marked_by: unknown;
  readonly queued_at: string | null;
  readonly registration_started_at: string | null;
  readonly registration_finished_at: string | null;
  readonly upload_started_at: string | null;
  readonly upload_finished_at: string | null;
  readonly last_failure: { readonly code: string } | null;
  readonly final_outcome: { readonly hub_transfer_id: string } | null;
  readonly attempts: readonly { readonly attempt_id: string }[];
}

/** Something that must hold, and does not. */
export interface Violation {
  readonly invariant: string;
  readonly subject: string;
  readonly what: string;
}

export type Check = (evidence: Evidence) => readonly Violation[];

/** The events of each transfer, oldest first. */
export function lives(events: readonly RecordedEvent[]): ReadonlyMap<string, readonly RecordedEvent[]> {
  const found = new Map<string, RecordedEvent[]>();
  for (const event of events) {
    if (!event.streamId.startsWith('transfer-')) continue;
    const id = event.streamId.slice('transfer-'.length);
    const life = found.get(id);
    if (life === undefined) found.set(id, [event]);
    else life.push(event);
  }
  return found;
}

/** The requests of each key, in the order in which they reached the hub. */
export function requestsByKey(requests: readonly RequestStory[]): ReadonlyMap<string, readonly RequestStory[]> {
  const found = new Map<string, RequestStory[]>();
  for (const request of requests) {
    if (request.transfer_key === null) continue;
    const all = found.get(request.transfer_key);
    if (all === undefined) found.set(request.transfer_key, [request]);
    else all.push(request);
  }
  return found;
}

export function markOf(life: readonly RecordedEvent[]): RecordedEvent | undefined {
  return life.find(({ type }) => type === 'ResourceMarked');
}

export function keyOf(life: readonly RecordedEvent[]): string {
  return textOf(markOf(life)?.data['transfer_key']);
}

/** A member of an event that holds a text; empty where it does not. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Our clock and the database's are one, and the journal's is the same machine's; this much is rounding. */
export const CLOCK_SLACK_MS = 5;

/** A moment of the log, or of the hub's journal, in milliseconds. */
export function moment(at: string): number {
  return Date.parse(at);
}
