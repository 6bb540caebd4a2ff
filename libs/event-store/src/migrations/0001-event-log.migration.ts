import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The log and what belongs to it. One head row gives every event its number and carries the hash chain; a history that
 * can be edited proves nothing, so changing or removing a recorded line is refused for everybody, the owner included.
 */
export class EventLog1790000000001 implements MigrationInterface {
  readonly name = 'EventLog1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(DOMAINS);
    await runner.query(TABLES);
    await runner.query(GUARDS);
  }

  async down(): Promise<void> {
    throw new Error('The log is only ever added to: there is no way back.');
  }
}

// What a column may hold is said by its domain: a session parses a domain's rule once, that of a table's CHECK anew for
// each statement, which was half of an append's time. Lengths are checked beside the patterns, since a bounded
// repetition makes PostgreSQL's patterns many times slower.
const DOMAINS = `
CREATE DOMAIN log.stream_id AS text
  CONSTRAINT stream_id_printable CHECK (length(VALUE) BETWEEN 1 AND 255 AND VALUE !~ '[^!-~]');
CREATE DOMAIN log.event_type AS text
  CONSTRAINT event_type_is_a_name CHECK (length(VALUE) <= 100 AND VALUE ~ '^[A-Z][A-Za-z0-9]*$');
-- json, not jsonb: the canonical text is kept as it came, since the hash speaks of it.
CREATE DOMAIN log.event_data AS json
  CONSTRAINT event_data_is_small CHECK (octet_length(VALUE::text) <= 49152);
CREATE DOMAIN log.sha256 AS bytea
  CONSTRAINT sha256_has_32_bytes CHECK (octet_length(VALUE) = 32);
CREATE DOMAIN log.command_key AS text
  CONSTRAINT command_key_printable CHECK (length(VALUE) BETWEEN 1 AND 255 AND VALUE !~ '[^!-~]');
CREATE DOMAIN log.name AS text
  CONSTRAINT name_printable CHECK (length(VALUE) BETWEEN 1 AND 255 AND VALUE !~ '[^!-~]');
-- Of correlations, causes, digests of commands, holders of leases.
CREATE DOMAIN log.label AS text
  CONSTRAINT label_printable CHECK (length(VALUE) BETWEEN 1 AND 200 AND VALUE !~ '[^!-~]');
CREATE DOMAIN log.number_from_zero AS bigint
  CONSTRAINT number_from_zero CHECK (VALUE >= 0);
CREATE DOMAIN log.number_from_one AS bigint
  CONSTRAINT number_from_one CHECK (VALUE > 0);
`;

const TABLES = `
CREATE TABLE log.head (
  only_row    boolean     PRIMARY KEY DEFAULT true CONSTRAINT head_is_one_row CHECK (only_row),
  global_seq  bigint      NOT NULL,
  hash        log.sha256  NOT NULL,
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log.head (global_seq, hash, recorded_at) VALUES (0, decode(repeat('00', 32), 'hex'), '-infinity');

CREATE TABLE log.events (
  global_seq     bigint              CONSTRAINT events_global_seq_once PRIMARY KEY,
  stream_id      log.stream_id       NOT NULL,
  version        log.number_from_one NOT NULL,
  event_id       uuid                NOT NULL CONSTRAINT events_event_id_once UNIQUE,
  type           log.event_type      NOT NULL,
  data           log.event_data      NOT NULL,
  correlation_id log.label           NOT NULL,
  causation_id   log.label               NULL,
  recorded_at    timestamptz         NOT NULL,
  hash           log.sha256          NOT NULL,
  command_key    text                NOT NULL,
  CONSTRAINT events_stream_version_once UNIQUE (stream_id, version)
);

-- What every command did, also those that changed nothing: then first_seq and last_seq are null.
CREATE TABLE log.commands (
  command_key log.command_key PRIMARY KEY,
  digest      log.label       NOT NULL,
  position    bigint          NOT NULL,
  first_seq   bigint              NULL,
  last_seq    bigint              NULL
);

CREATE TABLE log.leases (
  name       log.name            PRIMARY KEY,
  token      log.number_from_one NOT NULL,
  holder     log.label               NULL,
  expires_at timestamptz         NOT NULL
) WITH (fillfactor = 50);

-- Documents may hold clinical text; events name them by their digest only.
CREATE TABLE log.documents (
  digest    text        PRIMARY KEY,
  body      text        NOT NULL CONSTRAINT documents_body_is_bounded CHECK (octet_length(body) <= 67108864),
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT documents_digest_is_of_body CHECK (digest = encode(sha256(convert_to(body, 'UTF8')), 'hex'))
);

CREATE TABLE log.checkpoints (
  name     log.label            PRIMARY KEY,
  position log.number_from_zero NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE log.writers (
  role       name NOT NULL,
  event_type text NOT NULL,
  PRIMARY KEY (role, event_type)
);
`;

const GUARDS = `
CREATE FUNCTION log.refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'log.% refuses %: what is recorded stays as it is', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END $$;

CREATE TRIGGER events_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON log.events
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER commands_only_added BEFORE UPDATE OR DELETE OR TRUNCATE ON log.commands
  FOR EACH STATEMENT EXECUTE FUNCTION log.refuse_change();
CREATE TRIGGER leases_token_never_falls BEFORE UPDATE ON log.leases
  FOR EACH ROW WHEN (NEW.token < OLD.token) EXECUTE FUNCTION log.refuse_change();

-- ALWAYS: a session that plays the replica (session_replication_role) is refused too.
ALTER TABLE log.events ENABLE ALWAYS TRIGGER events_only_added;
ALTER TABLE log.commands ENABLE ALWAYS TRIGGER commands_only_added;
ALTER TABLE log.leases ENABLE ALWAYS TRIGGER leases_token_never_falls;
`;
