import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The log and what belongs to it. One head row gives every event its number and carries the hash chain; a history that
 * can be edited proves nothing, so changing or removing a recorded line is refused for everybody, the owner included.
 */
export class EventLog1790000000001 implements MigrationInterface {
  readonly name = 'EventLog1790000000001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
    await runner.query(GUARDS);
  }

  async down(): Promise<void> {
    throw new Error('The log is only ever added to: there is no way back.');
  }
}

// Lengths are checked beside the patterns: a bounded repetition makes PostgreSQL's patterns many times slower.
const TABLES = `
CREATE TABLE log.head (
  only_row    boolean     PRIMARY KEY DEFAULT true CONSTRAINT head_is_one_row CHECK (only_row),
  global_seq  bigint      NOT NULL,
  hash        bytea       NOT NULL CONSTRAINT head_hash_is_sha256 CHECK (octet_length(hash) = 32),
  recorded_at timestamptz NOT NULL
) WITH (fillfactor = 10);
INSERT INTO log.head (global_seq, hash, recorded_at) VALUES (0, decode(repeat('00', 32), 'hex'), '-infinity');

-- data is json, not jsonb: the canonical text is kept as it came, since the hash speaks of it.
CREATE TABLE log.events (
  global_seq     bigint      CONSTRAINT events_global_seq_once PRIMARY KEY,
  stream_id      text        NOT NULL CONSTRAINT events_stream_id_printable CHECK (length(stream_id) BETWEEN 1 AND 255 AND stream_id !~ '[^!-~]'),
  version        bigint      NOT NULL CONSTRAINT events_version_from_one CHECK (version > 0),
  event_id       uuid        NOT NULL CONSTRAINT events_event_id_once UNIQUE,
  type           text        NOT NULL CONSTRAINT events_type_is_a_name CHECK (length(type) <= 100 AND type ~ '^[A-Z][A-Za-z0-9]*$'),
  data           json        NOT NULL CONSTRAINT events_data_is_small CHECK (octet_length(data::text) <= 49152),
  correlation_id text        NOT NULL CONSTRAINT events_correlation_id_printable CHECK (length(correlation_id) BETWEEN 1 AND 200 AND correlation_id !~ '[^!-~]'),
  causation_id   text            NULL CONSTRAINT events_causation_id_printable CHECK (length(causation_id) BETWEEN 1 AND 200 AND causation_id !~ '[^!-~]'),
  recorded_at    timestamptz NOT NULL,
  hash           bytea       NOT NULL CONSTRAINT events_hash_is_sha256 CHECK (octet_length(hash) = 32),
  command_key    text        NOT NULL,
  CONSTRAINT events_stream_version_once UNIQUE (stream_id, version)
);

-- What every command did, also those that changed nothing: then first_seq and last_seq are null.
CREATE TABLE log.commands (
  command_key text   PRIMARY KEY CONSTRAINT commands_key_printable CHECK (length(command_key) BETWEEN 1 AND 255 AND command_key !~ '[^!-~]'),
  digest      text   NOT NULL CONSTRAINT commands_digest_printable CHECK (length(digest) BETWEEN 1 AND 200 AND digest !~ '[^!-~]'),
  position    bigint NOT NULL,
  first_seq   bigint     NULL,
  last_seq    bigint     NULL
);

CREATE TABLE log.leases (
  name       text        PRIMARY KEY CONSTRAINT leases_name_printable CHECK (length(name) BETWEEN 1 AND 255 AND name !~ '[^!-~]'),
  token      bigint      NOT NULL CONSTRAINT leases_token_from_one CHECK (token > 0),
  holder     text            NULL CONSTRAINT leases_holder_printable CHECK (length(holder) BETWEEN 1 AND 200 AND holder !~ '[^!-~]'),
  expires_at timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Documents may hold clinical text; events name them by their digest only.
CREATE TABLE log.documents (
  digest    text        PRIMARY KEY,
  body      text        NOT NULL CONSTRAINT documents_body_is_bounded CHECK (octet_length(body) <= 67108864),
  stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT documents_digest_is_of_body CHECK (digest = encode(sha256(convert_to(body, 'UTF8')), 'hex'))
);

CREATE TABLE log.checkpoints (
  name     text   PRIMARY KEY CONSTRAINT checkpoints_name_printable CHECK (length(name) BETWEEN 1 AND 200 AND name !~ '[^!-~]'),
  position bigint NOT NULL CONSTRAINT checkpoints_position_from_zero CHECK (position >= 0)
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
