const KIB = 1024;
const MIB = 1024 * KIB;
const TWO_MINUTES_NS = 120_000_000_000;

/** The three streams of the house. */
export type StreamName = 'HUB_EXPORT' | 'HUB_EXPORT_SITE' | 'HUB_EXPORT_PARKED';

/** What a stream has to be. The fields bear the names, and the units, of the server's own configuration. */
export interface StreamSpec {
  readonly name: StreamName;
  readonly subjects: readonly string[];
  readonly storage: 'file';
  readonly retention: 'limits' | 'workqueue';
  /** A full stream refuses what is new: an event that is lost silently is worse than a publish that waits. */
  readonly discard: 'new';
  /** Nanoseconds; 0 keeps messages for ever. */
  readonly max_age: number;
  readonly max_bytes: number;
  readonly max_msg_size: number;
  /** Nanoseconds within which a message id is known again. */
  readonly duplicate_window: number;
  readonly num_replicas: number;
  readonly deny_delete: boolean;
  readonly deny_purge: boolean;
}

export type BusStreams = Readonly<Record<StreamName, StreamSpec>>;

/** What a deployment may choose about the streams. Sizes in bytes. */
export interface StreamChoices {
  /** 1 on one host, 3 on three. Default 1. */
  readonly replicas?: 1 | 3;
  /** Default 2 GiB, about 1.5 million events. The server reserves it, so a small disk must choose less. */
  readonly eventsMaxBytes?: number;
  /** Default 512 MiB: what the site sent and nobody has handled yet. */
  readonly siteMaxBytes?: number;
  /** Default 256 MiB. */
  readonly parkedMaxBytes?: number;
  /** The largest site message, a snapshot with its rows. Default 7 MiB; see MAX_PAYLOAD_BYTES. */
  readonly siteMessageMaxBytes?: number;
}

/** Subjects that the parked messages of a durable lie under: `hub-export-parked.<durable>`. */
export const PARKED_SUBJECT = 'hub-export-parked';

/** An event carries keys, digests, states and codes; more than this would be something that must not travel. */
export const EVENT_MAX_BYTES = 64 * KIB;

/** Parked messages are kept whole, with some headers more than they came with. */
export const PARKED_HEADERS_MAX_BYTES = 64 * KIB;

/** The `max_payload` a server needs for the default choices. */
export const MAX_PAYLOAD_BYTES = 8 * MIB;

const DEFAULTS = {
  replicas: 1,
  eventsMaxBytes: 2048 * MIB,
  siteMaxBytes: 512 * MIB,
  parkedMaxBytes: 256 * MIB,
  siteMessageMaxBytes: 7 * MIB,
} as const;

/** The streams as they have to be on this deployment (design: "Bus"; "PostgreSQL is the record, JetStream the transport"). */
export function busStreams(choices: StreamChoices = {}): BusStreams {
  const chosen = { ...DEFAULTS, ...choices };
  const common = {
    storage: 'file',
    discard: 'new',
    max_age: 0,
    duplicate_window: TWO_MINUTES_NS,
    num_replicas: chosen.replicas,
  } as const;
  return {
    HUB_EXPORT: {
      ...common,
      name: 'HUB_EXPORT',
      subjects: ['hub-export.v1.>'],
      retention: 'limits',
      max_bytes: chosen.eventsMaxBytes,
      max_msg_size: EVENT_MAX_BYTES,
      deny_delete: true,
      deny_purge: true,
    },
    HUB_EXPORT_SITE: {
      ...common,
      name: 'HUB_EXPORT_SITE',
      subjects: ['site.>'],
      // What is handled leaves the stream. Kept for ever under `discard: new`, it would fill up and shut the site out.
      retention: 'workqueue',
      max_bytes: chosen.siteMaxBytes,
      max_msg_size: chosen.siteMessageMaxBytes,
      deny_delete: false,
      deny_purge: false,
    },
    HUB_EXPORT_PARKED: {
      ...common,
      name: 'HUB_EXPORT_PARKED',
      subjects: [`${PARKED_SUBJECT}.>`],
      retention: 'limits',
      max_bytes: chosen.parkedMaxBytes,
      max_msg_size: Math.max(EVENT_MAX_BYTES, chosen.siteMessageMaxBytes) + PARKED_HEADERS_MAX_BYTES,
      // Driven again with success, a parked message is taken out.
      deny_delete: false,
      deny_purge: false,
    },
  };
}
