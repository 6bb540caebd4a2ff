import { type JsonObject } from '../json.js';
import { type RejectionCode } from '../envelope/rejection.js';
import { type Step } from '../journal/record.js';

/** `before`: the hub has not looked at the request yet; `after`: it has done all it does, except for answering. */
export type FaultMoment = 'before' | 'after';

/** What goes wrong. */
export type FaultAction =
  /** The TCP connection is reset as soon as it is accepted. Takes neither step nor key; so do the next two. */
  | { readonly type: 'refuse-connection' }
  /** The TLS handshake ends with this alert, e.g. 42, a bad certificate. */
  | { readonly type: 'tls-alert'; readonly alert: number }
  /** The hub shows another certificate, as PEM texts. */
  | { readonly type: 'certificate'; readonly cert: string; readonly key: string }
  /** The connection is reset when the head of the request has arrived. Nothing is applied. */
  | { readonly type: 'reset' }
  /** The body is never read and nothing is answered. */
  | { readonly type: 'never-read' }
  | { readonly type: 'delay'; readonly ms: number; readonly when: FaultMoment }
  /** The whole body is read, and no answer ever comes. */
  | { readonly type: 'hang'; readonly when: FaultMoment }
  /** The body is read at this pace. */
  | { readonly type: 'throttle'; readonly bytes_per_second: number }
  /** The connection is reset when this many bytes of the body have been read. Nothing is applied. */
  | { readonly type: 'cut-body'; readonly after_bytes: number }
  /** Something else is answered: `body` as it is if it is a text, else as JSON; `fill_bytes` blanks follow it. */
  | {
      readonly type: 'answer';
      readonly status: number;
      readonly when: FaultMoment;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: unknown;
      readonly fill_bytes?: number;
      /** The answer goes out and the connection is closed without reading the body; with `before` only. */
      readonly unread?: boolean;
    }
  /** Everything is applied, and the connection is reset instead of answering. */
  | { readonly type: 'lose-answer' }
  /** Everything is applied, and the connection is reset after this many bytes of the answer's body. */
  | { readonly type: 'cut-answer'; readonly after_bytes: number }
  /** Everything is applied, and the answer comes at this pace from its first header on. */
  | { readonly type: 'drip-answer'; readonly bytes_per_second: number }
  /** Everything is applied, and the answer says something else: of its document, of the receipt in it, its status. */
  | {
      readonly type: 'lie';
      readonly status?: number;
      readonly set?: JsonObject;
      readonly remove?: readonly string[];
      readonly set_receipt?: JsonObject;
      readonly remove_receipt?: readonly string[];
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** The transfer is changed for good: before the hub looks at the request, or (by default) before it answers. */
  | { readonly type: 'force'; readonly set: JsonObject; readonly when?: FaultMoment }
  /** The hub forgets the transfer: before it looks at the request, or when it has answered. */
  | { readonly type: 'forget'; readonly when: FaultMoment }
  /** Another upload holds the transfer for so long, from before the hub looks at the request. */
  | { readonly type: 'claim'; readonly ms: number }
  /** The hub rejects the envelope with this code once it has read the media; without envelopes nothing happens. */
  | { readonly type: 'reject'; readonly rejection_code: RejectionCode }
  /** One byte of accepted media is changed before it is stored; the hub answers as if all were well. */
  | { readonly type: 'store-wrong-bytes' };

/** When something goes wrong: for requests of this step and key, after the first few, for so many times. */
export interface FaultRule {
  /** Any step when left out. */
  readonly step?: Exclude<Step, 'other'>;
  /** Any transfer when left out. */
  readonly transfer_key?: string;
  /** So many matching requests are spared first; 0 when left out. */
  readonly after?: number;
  /** How often it happens; once when left out. */
  readonly times?: number | 'forever';
  readonly action: FaultAction;
}

/** A rule that names its fault (`HUB_FAULTS`); its step is the fault's first one when left out. */
export type NamedFaultRule = Omit<FaultRule, 'action'> & { readonly name: string };

/** At most this many rules stand at a time. */
export const FAULT_RULES_MAX = 1000;
/** No delay is longer than this. */
export const DELAY_MAX_MS = 3_600_000;
/** No answer is filled with more than this. */
export const FILL_MAX_BYTES = 1 << 30;

/** What a registration's fault cannot do when it waits for a key: by then its body has been read. */
export const BODY_ACTIONS: readonly string[] = ['never-read', 'throttle', 'cut-body'];

/** What befalls a connection before there is a request: such a rule names neither step nor key. */
export const CONNECTION_ACTIONS: readonly string[] = ['refuse-connection', 'tls-alert', 'certificate'];
