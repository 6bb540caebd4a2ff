import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The Merkle tree over the record, and the checkpoints that were signed over it. Both are only ever added to; the tree
 * follows from the entries, and the checkpoints are anchored outside of this database.
 */
export class Tree1790000003002 implements MigrationInterface {
  readonly name = 'Tree1790000003002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TREE);
    await runner.query(RECHECK);
  }

  async down(): Promise<void> {
    throw new Error('The record is only ever added to: there is no way back.');
  }
}

const TREE = `
-- Complete tiles alone: the hashes of 256 neighbouring nodes of height 8 * level, and the root over them.
CREATE TABLE audit.tree_tiles (
  level  smallint NOT NULL CONSTRAINT level_counts_from_zero CHECK (level >= 0),
  place  bigint   NOT NULL CONSTRAINT tile_counts_from_zero CHECK (place >= 0),
  hashes bytea    NOT NULL CONSTRAINT tile_is_whole CHECK (octet_length(hashes) = 8192),
  root   bytea    NOT NULL CONSTRAINT root_is_sha256 CHECK (octet_length(root) = 32),
  PRIMARY KEY (level, place)
);

CREATE TABLE audit.checkpoints (
  size        bigint      PRIMARY KEY CONSTRAINT checkpoint_has_leaves CHECK (size >= 1),
  note        text        NOT NULL CONSTRAINT note_is_bounded CHECK (length(note) <= 16384),
  key_id      text        NOT NULL CONSTRAINT key_id_is_hexadecimal CHECK (key_id ~ '^[0-9a-f]{8}$'),
  anchored_at timestamptz NOT NULL
);

-- Which key signed from which size on: changing the key is a fact of the record.
CREATE TABLE audit.checkpoint_keys (
  key_id        text        PRIMARY KEY,
  verifier_key  text        NOT NULL,
  from_size     bigint      NOT NULL,
  introduced_at timestamptz NOT NULL
);

CREATE TRIGGER tiles_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.tree_tiles
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER checkpoints_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoints
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
CREATE TRIGGER checkpoint_keys_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.checkpoint_keys
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();

ALTER TABLE audit.findings DROP CONSTRAINT finding_code_is_known;
ALTER TABLE audit.findings ADD CONSTRAINT finding_code_is_known CHECK (code IN ('hash_mismatch', 'entry_conflict',
  'entry_lost', 'tile_mismatch', 'checkpoint_mismatch', 'checkpoint_forged', 'anchor_mismatch'));
`;

const RECHECK = `
-- One line: how far the record was read again, so that the reading goes on there after a restart.
CREATE TABLE audit.recheck (
  only_row    boolean     PRIMARY KEY DEFAULT true CONSTRAINT only_one_recheck CHECK (only_row),
  position    bigint      NOT NULL DEFAULT 0,
  -- Of the last entry, and the perfect subtrees of the tree up to it. Null behind a lost entry.
  hash        text                 DEFAULT repeat('0', 64),
  peaks       bytea                DEFAULT '',
  finished_to bigint      NOT NULL DEFAULT 0,
  finished_at timestamptz
);
INSERT INTO audit.recheck DEFAULT VALUES;
`;
