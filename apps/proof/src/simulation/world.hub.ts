import { sha256Hex } from '@hub-export/contracts';
import type { JournalRecord, RequestStory, Step, TransferJob } from '@hub-export/hub-simulator';
import {
  type AbortReason,
  type CallContext,
  type HubAnswer,
  SCHEMA_VERSIONS,
} from '@hub-export/transfer-service/sending';
import { IDENTITY_FIELDS } from '../plan/hub-fault.js';
import type { World } from './world.scheduler.js';

type Call = 'create' | 'media' | 'status';
type Fact =
  | Pick<Extract<JournalRecord, { type: 'TransferRegistered' }>, 'type' | 'job'>
  | Pick<Extract<JournalRecord, { type: 'TransferChanged' }>, 'type' | 'transfer_key' | 'because' | 'set'>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

interface Job {
  id: string;
  payloadSha256: string;
  fields: Record<string, unknown>;
  status: 'awaiting_media' | 'applied';
  media: string | null;
}

/** What a hub, or what lies before it, does to a request. */
const TROUBLES = [
  'not_sent',
  'lost_on_the_way',
  'answer_lost',
  'error_before',
  'error_after',
  'unavailable',
  'patience',
  'conflict',
  'lie',
  'unknown_state',
  'no_json',
  'forgets',
] as const;
const TROUBLE = 0.16;
const WAY_MS_MAX = 120;

/** A hub that keeps its promises, on a network and with moods that do not. Its journal is the truth. */
export class WorldHub {
  readonly journal: JournalRecord[] = [];
  readonly stories: Mutable<RequestStory>[] = [];
  private readonly jobs = new Map<string, Job>();
  /** Keys about which it said what was not true. */
  readonly lied = new Set<string>();
  private seq = 0;

  constructor(
    private readonly world: World,
    private readonly trouble: () => boolean,
  ) {}

  /** One call of one actor, as the client would tell of it. */
  async call(actor: string, call: Call, context: CallContext, body: string): Promise<HubAnswer> {
    const { world } = this;
    const trouble = this.trouble() && world.random.happens(TROUBLE) ? world.random.pick(TROUBLES) : null;
    await world.step(actor, world.random.integer(WAY_MS_MAX));
    const aborted = brokenOff(context);
    if (aborted !== null) return aborted;
    if (trouble === 'not_sent') return { kind: 'not_sent', code: 'connection_refused' };
    const story = this.begin(actor, call, context, body);
    await world.step(actor, world.random.integer(WAY_MS_MAX));
    if (trouble === 'lost_on_the_way') return lost(story);
    const early = earlyAnswer(trouble);
    if (early !== null) return this.end(story, early);
    const answer = this.apply(call, context, body, story);
    story.transfer_status = this.jobs.get(context.transferKey)?.status ?? null;
    if (trouble === 'forgets' && answer.kind === 'answered' && answer.status < 300) this.forget(context.transferKey);
    // Here it has taken effect, and nobody knows it yet.
    await world.step(actor, world.random.integer(WAY_MS_MAX));
    if (trouble === 'answer_lost') return lost(story);
    this.end(story, trouble === 'error_after' ? answered(502, null) : answer);
    return (
      brokenOff(context) ?? (trouble === 'error_after' ? answered(502, null) : this.distorted(answer, trouble, context))
    );
  }

  private begin(
    actor: string,
    step: Step,
    { transferKey, requestId }: CallContext,
    body: string,
  ): Mutable<RequestStory> {
    const story: Mutable<RequestStory> = {
      request: `${this.stories.length}`,
      method: step === 'status' ? 'GET' : 'POST',
      step,
      transfer_key: transferKey,
      x_request_id: requestId,
      node_key: actor,
      client_certificate: null,
      content_length: body.length,
      outcome: 'open',
      status: null,
      reason: null,
      transfer_status: null,
      body_bytes: body.length,
      body_sha256: sha256Hex(body),
      media_bytes: null,
      media_sha256: step === 'media' ? body : null,
      commit: null,
      fault: null,
      begun_seq: (this.seq += 1),
      begun_at: this.at(),
      ended_at: null,
      committed_at: null,
    };
    this.stories.push(story);
    return story;
  }

  private apply(call: Call, { transferKey }: CallContext, body: string, story: Mutable<RequestStory>): HubAnswer {
    const job = this.jobs.get(transferKey);
    if (call === 'create') return this.register(transferKey, body, story);
    if (job === undefined) return answered(404, null);
    if (call === 'media') {
      if (job.status === 'awaiting_media') {
        if (body !== job.fields['processed_media_hash']) return answered(400, { detail: 'hash' });
        Object.assign(job, { status: 'applied', media: body });
        this.commit(story, {
          type: 'TransferChanged',
          transfer_key: transferKey,
          because: 'upload',
          set: { transfer_status: 'applied', media: { sha256: body, size: 1 } },
        });
      } else if (body !== job.media) return answered(409, { detail: 'another' });
    }
    return answered(200, document(job));
  }

  private register(key: string, body: string, story: Mutable<RequestStory>): HubAnswer {
    const known = this.jobs.get(key);
    const payloadSha256 = sha256Hex(body);
    if (known !== undefined)
      return known.payloadSha256 === payloadSha256
        ? answered(200, document(known))
        : answered(409, { detail: 'differs' });
    const fields = fieldsOf(body, key);
    this.jobs.set(key, { id: `job-${this.seq}`, payloadSha256, fields, status: 'awaiting_media', media: null });
    const job = { transfer_key: key, resource_hash: fields['resource_hash'] } as TransferJob;
    this.commit(story, { type: 'TransferRegistered', job });
    return answered(201, document(this.jobs.get(key) as Job));
  }

  private forget(transfer_key: string): void {
    this.jobs.delete(transfer_key);
    this.journal.push({ type: 'TransferForgotten', transfer_key, seq: (this.seq += 1), at: this.at() });
  }

  private commit(story: Mutable<RequestStory>, fact: Fact): void {
    const seq = (this.seq += 1);
    this.journal.push({ ...fact, seq, at: this.at() });
    Object.assign(story, { commit: seq, committed_at: this.at() });
  }

  private end(story: Mutable<RequestStory>, answer: HubAnswer): HubAnswer {
    const status = answer.kind === 'answered' ? answer.status : null;
    Object.assign(story, { outcome: 'answered', status, ended_at: this.at() });
    return answer;
  }

  private distorted(
    answer: HubAnswer,
    trouble: (typeof TROUBLES)[number] | null,
    { transferKey }: CallContext,
  ): HubAnswer {
    if (answer.kind !== 'answered' || answer.document === null) return answer;
    const { random } = this.world;
    if (trouble === 'no_json') return answered(200, null);
    if (trouble === 'lie') {
      this.lied.add(transferKey);
      const field = random.pick(IDENTITY_FIELDS);
      // The whole truth about another transfer, or `applied` of one that it has not.
      const said = random.happens(0.5) ? { transfer_status: 'applied', [field]: 'another' } : { [field]: 'another' };
      return answered(200, { ...answer.document, ...said });
    }
    return trouble === 'unknown_state' ? answered(200, { ...answer.document, transfer_status: 'melted' }) : answer;
  }

  private at(): string {
    return new Date(this.world.now).toISOString();
  }
}

function earlyAnswer(trouble: (typeof TROUBLES)[number] | null): HubAnswer | null {
  switch (trouble) {
    case 'error_before':
      return answered(500, null);
    case 'unavailable':
      return answered(503, null, 1_000);
    case 'patience':
      return answered(429, null, 1_000);
    case 'conflict':
      return answered(409, { detail: 'conflict' });
    default:
      return null;
  }
}

function lost(story: Mutable<RequestStory>): HubAnswer {
  story.outcome = 'withheld';
  return { kind: 'no_answer', code: 'connection_lost' };
}

function brokenOff({ signal }: CallContext): HubAnswer | null {
  return signal.aborted ? { kind: 'aborted', reason: signal.reason as AbortReason } : null;
}

function answered(
  status: number,
  document: Readonly<Record<string, unknown>> | null,
  retryAfterMs: number | null = null,
): HubAnswer {
  return { kind: 'answered', status, document, retryAfterMs };
}

function document({ id, fields, status }: Job): Readonly<Record<string, unknown>> {
  return { ...fields, id, transfer_status: status, processing_decision: 'accept' };
}

function fieldsOf(body: string, transfer_key: string): Record<string, unknown> {
  const payload = JSON.parse(body) as Record<string, unknown>;
  const named = Object.fromEntries(
    IDENTITY_FIELDS.filter((field) => field !== 'id').map((field) => [field, payload[field]]),
  );
  const media = JSON.stringify(payload).match(/"processed_file_sha256":"([0-9a-f]{64})"/)?.[1] ?? '';
  return {
    ...named,
    transfer_key,
    processed_media_hash: media,
    transfer_mode: payload['transfer_mode'],
    payload_schema_version: SCHEMA_VERSIONS['endoreg-3.0'],
  };
}
