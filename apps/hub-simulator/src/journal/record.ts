import { type HubFact } from '../transfer/transfer-job.js';

/** Which of the hub's three calls a request is; `other` is everything the hub has no route for. */
export type Step = 'create' | 'media' | 'status' | 'other';

/** A request has arrived: its head is known, its body is not yet read. */
export interface RequestBegun {
  readonly type: 'RequestBegun';
  /** The simulator's own id of this request. */
  readonly request: string;
  readonly method: string;
  readonly step: Step;
  /** From the path; a registration tells its key in the body, so it is null here. */
  readonly transfer_key: string | null;
  /** The sender's `X-Request-Id`, cut at 200 characters. */
  readonly x_request_id: string | null;
  /** The sender's `X-Network-Node-Key`, cut at 200 characters. */
  readonly node_key: string | null;
  /** The SHA-256 fingerprint of the client certificate, hex without colons; null without a certificate. */
  readonly client_certificate: string | null;
  readonly content_length: number | null;
}

/** A request has ended. Written before the first byte of the answer goes out. */
export interface RequestEnded {
  readonly type: 'RequestEnded';
  readonly request: string;
  /** `answered`: an answer was sent; `withheld`: a fault kept it back; `client-gone`: the client left first. */
  readonly outcome: 'answered' | 'withheld' | 'client-gone';
  /** The status that was sent, or that would have been; null if the hub did not come to one. */
  readonly status: number | null;
  /** Why the hub refused: for checkers only, the caller is told less. */
  readonly reason: string | null;
  readonly transfer_key: string | null;
  /** What the hub holds of the transfer when it answers, whatever a fault makes it say. */
  readonly transfer_status: string | null;
  /** All bytes of the body that were read, and their SHA-256. */
  readonly body_bytes: number;
  readonly body_sha256: string;
  /** Of the media inside the body: bytes and SHA-256; null when no media was read. */
  readonly media_bytes: number | null;
  readonly media_sha256: string | null;
  /** The number of the record that made the effect of this request durable; null if it had none. */
  readonly commit: number | null;
  /** The type of the injected fault that met this request, if one did. */
  readonly fault: string | null;
}

export type JournalEntry = HubFact | RequestBegun | RequestEnded;

/** An entry as it stands in the journal: numbered from 1 without gaps, with the moment of writing (UTC). */
export type JournalRecord = JournalEntry & { readonly seq: number; readonly at: string };

/** One request with its whole story, for checkers: what was asked, what came of it, when it counted. */
export interface RequestStory
  extends Omit<RequestBegun, 'type'>, Omit<RequestEnded, 'type' | 'outcome' | 'transfer_key'> {
  /** `open`: not ended yet, or the hub was killed meanwhile. */
  readonly outcome: RequestEnded['outcome'] | 'open';
  readonly begun_seq: number;
  readonly begun_at: string;
  readonly ended_at: string | null;
  /** When the effect became durable; null if there was none. */
  readonly committed_at: string | null;
}

/** The requests of a journal in the order of their arrival. */
export function requestStories(records: readonly JournalRecord[]): readonly RequestStory[] {
  const ends = new Map<string, RequestEnded & { readonly at: string }>();
  const times = new Map(records.map((record) => [record.seq, record.at]));
  for (const record of records) if (record.type === 'RequestEnded') ends.set(record.request, record);
  return records.flatMap((record) => {
    if (record.type !== 'RequestBegun') return [];
    const { type: _type, seq, at, ...begun } = record;
    const end = ends.get(record.request);
    return [{ ...begun, ...endOf(begun, end), begun_seq: seq, begun_at: at, committed_at: committedAt(end, times) }];
  });
}

type Ending = Omit<
  RequestStory,
  Exclude<keyof RequestBegun, 'transfer_key'> | 'begun_seq' | 'begun_at' | 'committed_at'
>;

function endOf(begun: Omit<RequestBegun, 'type'>, end: (RequestEnded & { readonly at: string }) | undefined): Ending {
  if (end === undefined) return { ...OPEN, transfer_key: begun.transfer_key };
  const { type: _type, request: _request, at, ...rest } = end;
  return { ...rest, transfer_key: begun.transfer_key ?? rest.transfer_key, ended_at: at };
}

function committedAt(end: RequestEnded | undefined, times: ReadonlyMap<number, string>): string | null {
  return end?.commit == null ? null : (times.get(end.commit) ?? null);
}

const OPEN: Omit<Ending, 'transfer_key'> = {
  outcome: 'open',
  status: null,
  reason: null,
  transfer_status: null,
  body_bytes: 0,
  body_sha256: '',
  media_bytes: null,
  media_sha256: null,
  commit: null,
  fault: null,
  ended_at: null,
};
