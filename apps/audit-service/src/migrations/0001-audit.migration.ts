import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The record of the audit: entries as the bus told them, which are only ever added to, and views that are folded from
 * them and may be emptied and filled again. A trigger refuses what grants cannot: the owner's own change of an entry.
 */
export class Audit1790000003001 implements MigrationInterface {
  readonly name = 'Audit1790000003001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ENTRIES);
    await runner.query(VIEWS);
  }

  async down(): Promise<void> {
    throw new Error('The record is only ever added to: there is no way back.');
  }
}

const ENTRIES = `
CREATE TABLE audit.entries (
  global_seq     bigint  PRIMARY KEY CONSTRAINT place_counts_from_one CHECK (global_seq >= 1),
  stream_id      text    NOT NULL,
  version        bigint  NOT NULL,
  event_id       text    NOT NULL,
  type           text    NOT NULL,
  data_text      text    NOT NULL,
  correlation_id text    NOT NULL,
  causation_id   text,
  recorded_at    text    NOT NULL,
  entry_hash     text    NOT NULL CONSTRAINT hash_is_sha256 CHECK (entry_hash ~ '^[0-9a-f]{64}$')
);

CREATE TABLE audit.findings (
  global_seq bigint      NOT NULL,
  code       text        NOT NULL CONSTRAINT finding_code_is_known CHECK (code IN ('hash_mismatch', 'entry_conflict')),
  found_at   timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (global_seq, code)
);

-- One line: how far the record is. Its lock makes those who write the record take turns.
CREATE TABLE audit.progress (
  only_row      boolean PRIMARY KEY DEFAULT true CONSTRAINT only_one_row CHECK (only_row),
  contiguous_to bigint  NOT NULL DEFAULT 0,
  seen_to       bigint  NOT NULL DEFAULT 0,
  CONSTRAINT prefix_was_seen CHECK (contiguous_to <= seen_to)
);
INSERT INTO audit.progress DEFAULT VALUES;

CREATE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The record of the audit is only ever added to.' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.entries
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER findings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.findings
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
`;

// Every index of a list ends with the place in the log, which is the order of time as well: a page is one walk along it,
// however long the log is. What is not selective by itself (kind, the outcome "done", a lone center) has none of its own.
const VIEWS = `
CREATE TABLE audit.transfers (
  transfer_id      uuid   PRIMARY KEY,
  first_seq        bigint NOT NULL UNIQUE,
  status           text   NOT NULL,
  target_node_key  text   NOT NULL,
  resource_kind    text   NOT NULL,
  resource_hash    text   NOT NULL,
  center_key       text   NOT NULL,
  patient_hash     text,
  examination_hash text,
  record           jsonb  NOT NULL
);
CREATE INDEX transfers_by_status ON audit.transfers (status, first_seq);
CREATE INDEX transfers_by_center ON audit.transfers (center_key, first_seq);
CREATE INDEX transfers_by_target ON audit.transfers (target_node_key, first_seq);
CREATE INDEX transfers_by_resource ON audit.transfers (resource_hash, first_seq);
CREATE INDEX transfers_by_patient ON audit.transfers (patient_hash, first_seq) WHERE patient_hash IS NOT NULL;
CREATE INDEX transfers_by_examination ON audit.transfers (examination_hash, first_seq)
  WHERE examination_hash IS NOT NULL;

-- Who ever acted on a transfer, beside the place of the transfer in the list.
CREATE TABLE audit.transfer_actors (
  actor       text   NOT NULL,
  first_seq   bigint NOT NULL,
  transfer_id uuid   NOT NULL,
  PRIMARY KEY (actor, first_seq)
);

CREATE TABLE audit.resources (
  resource         text PRIMARY KEY,
  center_key       text,
  patient_hash     text,
  examination_hash text
);

CREATE TABLE audit.actions (
  global_seq       bigint      PRIMARY KEY,
  recorded_at      timestamptz NOT NULL,
  type             text        NOT NULL,
  actor            text,
  outcome          text,
  transfer_id      uuid,
  resource_kind    text,
  resource_hash    text,
  center_key       text,
  target_node_key  text,
  patient_hash     text,
  examination_hash text,
  folded           boolean     NOT NULL
);
CREATE INDEX actions_by_time ON audit.actions (recorded_at, global_seq);
CREATE INDEX actions_by_actor ON audit.actions (actor, global_seq);
CREATE INDEX actions_by_transfer ON audit.actions (transfer_id, global_seq) WHERE transfer_id IS NOT NULL;
CREATE INDEX actions_by_resource ON audit.actions (resource_hash, global_seq) WHERE resource_hash IS NOT NULL;
CREATE INDEX actions_by_center ON audit.actions (center_key, global_seq);
CREATE INDEX actions_by_target ON audit.actions (target_node_key, global_seq) WHERE target_node_key IS NOT NULL;
CREATE INDEX actions_by_type ON audit.actions (type, global_seq);
CREATE INDEX actions_by_patient ON audit.actions (patient_hash, global_seq) WHERE patient_hash IS NOT NULL;
CREATE INDEX actions_by_examination ON audit.actions (examination_hash, global_seq) WHERE examination_hash IS NOT NULL;
CREATE INDEX actions_not_done ON audit.actions (outcome, global_seq) WHERE outcome <> 'done';
CREATE INDEX actions_not_folded ON audit.actions (global_seq) WHERE NOT folded;
`;
