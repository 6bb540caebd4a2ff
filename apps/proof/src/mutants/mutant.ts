/** A check that a mutant must not get past: specs of one project, or some of their tests. */
export interface NamedCheck {
  readonly project: string;
  /** Part of the spec's path. */
  readonly spec: string;
  /** Part of a test's name; all of the spec where it is left out. */
  readonly test?: string;
}

/** The code broken in one place, as somebody might break it who means well. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Stands in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly check: NamedCheck;
}

const SIMULATION: NamedCheck = { project: 'proof', spec: 'simulation/simulation.spec', test: 'without a violation' };
const TRANSFER: NamedCheck = { project: 'transfer-life', spec: 'transfer-life/src/transfer.spec' };
const RETRY: NamedCheck = { project: 'transfer-life', spec: 'retry-policy.spec' };
const REACTIONS: NamedCheck = { project: 'transfer-service', spec: 'sending/reaction' };
const RELAY: NamedCheck = { project: 'event-store', spec: 'relay.spec' };
const CONSUMER = 'durable-consumer.int.spec';

const SENDING = 'apps/transfer-service/src/sending';
const LIFE = 'libs/transfer-life/src';
const STORE = 'libs/event-store/src';

export const MUTANTS: readonly Mutant[] = [
  mutant(
    'no fencing',
    `${SENDING}/attempt-record.worker.ts`,
    SIMULATION,
    'fence: { lease: this.lease.name, token: this.lease.token },',
    '',
  ),
  mutant(
    'sent again after a time-out, without a question',
    `${SENDING}/reaction.ts`,
    SIMULATION,
    "return { do: 'ask', code: failure.code, http_status, otherwise: { ...failure, outcome_unknown: true } };",
    'return failure;',
  ),
  mutant(
    'taken over without a question',
    `${SENDING}/next-step.ts`,
    SIMULATION,
    'state.progress.askFirst || !mine',
    'state.progress.askFirst',
  ),
  mutant(
    'media before its intent is a fact',
    `${SENDING}/attempt.worker.ts`,
    SIMULATION,
    'return this.send(await this.record.uploadStarted(state, eligibility, reliesOn), context, media);',
    'void reliesOn;\n    return this.send(state, context, media);',
  ),
  mutant(
    'egress not looked at before a start',
    `${SENDING}/attempt.worker.ts`,
    SIMULATION,
    '!readiness.ready || !egress.open',
    '!readiness.ready || egress === null',
  ),
  mutant(
    'a start that does not rely on the resource',
    `${SENDING}/attempt.worker.ts`,
    SIMULATION,
    'this.record.registrationStarted(eligibility, reliesOn)',
    'this.record.registrationStarted(eligibility, [])',
  ),
  mutant('Retry-After skipped', `${LIFE}/retry-policy.ts`, SIMULATION, 'Math.max(asked, ', 'Math.max(0, '),
  mutant(
    'a state trusted without identity',
    `${SENDING}/status-document.ts`,
    { project: 'transfer-service', spec: 'status-document.spec' },
    'if (fields.length > 0) return',
    'if (fields.length > 99) return',
  ),
  mutant(
    '409 taken for success',
    `${SENDING}/reaction-table.ts`,
    REACTIONS,
    "hub_conflict: failed([18, 20], '409 to create, whatever it says; 409 to media that is not “busy”', 'integrity')",
    "hub_conflict: { ...row([18, 20], '409', 'ask'), failureClass: 'transient' as const }",
  ),
  mutant(
    'the last piece not withheld',
    `${SENDING}/media-body.stream.ts`,
    { project: 'transfer-service', spec: 'media-body.spec' },
    "if (hash.digest('hex') !== body.sha256) throw",
    "if (hash.digest('hex') === '') throw",
  ),
  mutant(
    'links followed',
    'apps/transfer-service/src/media/file-media.source.ts',
    { project: 'transfer-service', spec: 'file-media.int.spec' },
    'isLast ? O_RDONLY | O_NOFOLLOW | O_NONBLOCK : O_RDONLY | O_NOFOLLOW | O_DIRECTORY',
    'isLast ? O_RDONLY | O_NONBLOCK : O_RDONLY | O_DIRECTORY',
  ),
  mutant(
    'the payload rebuilt for a retry',
    `${LIFE}/transfer.ts`,
    TRANSFER,
    '  return state.frozen;\n',
    '  return frozen;\n',
  ),
  mutant(
    'unmarked after it was queued',
    `${LIFE}/transfer.ts`,
    TRANSFER,
    "if (state.status !== 'marked') throw refuse('already_queued'",
    "if (isRunning(state)) throw refuse('already_queued'",
  ),
  mutant('retried without end', `${LIFE}/retry-policy.ts`, RETRY, 'if (counted >= ', 'if (counted >= 1_000 + '),
  mutant(
    'retried before its time',
    `${LIFE}/transfer.ts`,
    TRANSFER,
    'Date.parse(at) < Date.parse(failure.not_before)',
    'Date.parse(at) < 0',
  ),
  mutant(
    'attempts not told apart',
    `${LIFE}/transfer.ts`,
    TRANSFER,
    ' && state.attempt_id === attempt_id;',
    ' && attempt_id.length > 0;',
  ),
  mutant(
    'a lost update',
    `${STORE}/memory-event-store.ts`,
    { project: 'event-store', spec: 'memory-event-store.spec' },
    'if (conflict !== null) return conflict;',
    'void conflict;',
  ),
  mutant(
    'a lost update in the database',
    `${STORE}/migrations/0002-append.migration.ts`,
    { project: 'event-store', spec: 'postgres-event-store.int.spec' },
    'IF seen IS DISTINCT FROM request.expected_version THEN',
    'IF false THEN',
  ),
  mutant(
    'published as far as it was sent, not as far as it was taken',
    `${STORE}/relay.ts`,
    RELAY,
    'this.place += acknowledged;',
    'this.place += events.length; if (acknowledged > 0) return;',
  ),
  mutant(
    'a bus that is believed',
    `${STORE}/relay.ts`,
    RELAY,
    'if (sequence > 0 && recorded?.id !== messageId) {',
    'if (sequence > 0 && recorded?.id === null) {',
  ),
  mutant(
    'a pool without an error handler',
    `${STORE}/postgres-pool.ts`,
    { project: 'event-store', spec: 'postgres-pool.int.spec' },
    "pool.on('error', (error) => report('connection_lost', { code: errorCode(error) }));",
    'void report; void errorCode;',
  ),
  mutant(
    'acknowledged before it is handled',
    'libs/jetstream/src/durable-consumer.worker.ts',
    { project: 'jetstream', spec: CONSUMER, test: 'acknowledges only after the handler resolved' },
    "    crashPoint('consumer-before-handling');\n",
    '    delivery.ack();\n',
  ),
  mutant(
    'a consumer without a watchdog',
    'libs/jetstream/src/durable-consumer.worker.ts',
    { project: 'jetstream', spec: CONSUMER, test: 'goes on when its durable is deleted under it' },
    'const info = asKnown ? found : await this.restore(connection, manager, found);',
    'const info = asKnown || this.knownCreated !== undefined ? found! : await this.restore(connection, manager, found);',
  ),
  mutant(
    'a changed entry of the audit not seen',
    'apps/audit-service/src/entry/entry.ts',
    { project: 'audit-service', spec: 'entry/entry.spec' },
    'return entryHash(hashBefore, entryText(entry)) === entry.hash;',
    'return hashBefore.length + entryText(entry).length > 0;',
  ),
  mutant(
    'a shortened log not seen',
    'libs/transparency-log/src/consistency.ts',
    { project: 'transparency-log', spec: 'tree.spec' },
    'if (first === second) return proof.length === 0 && isSameHash(firstRoot, secondRoot);',
    'if (first <= second) return true;',
  ),
  mutant(
    'everything logged that is given',
    'libs/http-edge/src/log/log-fields.ts',
    { project: 'http-edge', spec: 'log.spec' },
    'allowed.has(name) ?',
    'allowed.size > 0 ?',
  ),
  mutant(
    'crashes to order in production',
    'libs/environment/src/crash-points.process.ts',
    { project: 'environment', spec: 'crash-points.spec' },
    "=== 'production'",
    "=== 'never'",
  ),
];

function mutant(name: string, file: string, check: NamedCheck, find: string, replace: string): Mutant {
  return { name, file, find, replace, check };
}

export function checkName({ project, spec, test }: NamedCheck): string {
  return `${project} ${spec.split('/').at(-1)}${test === undefined ? '' : `: ${test}`}`;
}
