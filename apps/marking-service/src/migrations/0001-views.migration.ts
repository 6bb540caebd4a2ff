import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What the pages read of the log. The tables can be emptied and built again from it at any time, so they hold what
 * queries need and nothing that could not be made anew.
 */
export class Views1790000001001 implements MigrationInterface {
  readonly name = 'Views1790000001001';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(TABLES);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'DROP TABLE marking.resources, marking.resource_states, marking.transfers, marking.nodes, marking.circuits, marking.egress',
    );
  }
}

// Hashes are in the order of their bytes whatever the database's language is: so the key finds the beginning of one too.
// Their length is checked beside the pattern, since a bounded repetition makes PostgreSQL's patterns many times slower.
const TABLES = `
CREATE TABLE marking.resources (
  resource_kind       text        NOT NULL CONSTRAINT resources_kind_known CHECK (resource_kind IN ('video', 'report')),
  resource_hash       text        NOT NULL COLLATE "C" CONSTRAINT resources_hash_is_sha256
    CHECK (length(resource_hash) = 64 AND resource_hash !~ '[^0-9a-f]'),
  present             boolean     NOT NULL,
  number              bigint      NOT NULL,
  created_at          timestamptz NOT NULL,
  center_key          text            NULL,
  center_name         text            NULL,
  file_name           text            NULL,
  exam_year           integer         NULL,
  age_band            text            NULL,
  gender              text            NULL,
  anonymization_state text        NOT NULL,
  exportable          boolean     NOT NULL,
  -- Both pseudonym hashes are known; some hubs can do without.
  pseudonyms          boolean     NOT NULL,
  examination_hash    text            NULL,
  position            bigint      NOT NULL,
  -- The hubs that have it. Kept here, so that the default view need not look up a transfer for each line it passes over.
  completed_for       text[]      NOT NULL DEFAULT '{}',
  -- The status of its transfer to each hub, and under the empty key of the one that was marked last: {"": "failed", "hub": "failed"}.
  standing            text        NOT NULL DEFAULT '{}',
  CONSTRAINT resources_once PRIMARY KEY (resource_hash, resource_kind)
);
-- The first page of all, and of what is narrowed to much of it.
CREATE INDEX resources_newest ON marking.resources (created_at, resource_kind, resource_hash);
-- The first page of the default view; the hubs lie in it, so that completed lines are passed over without the table.
CREATE INDEX resources_exportable_newest ON marking.resources (created_at, resource_kind, resource_hash)
  INCLUDE (completed_for) WHERE exportable;
-- The first page of a center, and of a caller who sees one center alone.
CREATE INDEX resources_center_newest ON marking.resources (center_key, created_at, resource_kind, resource_hash);
-- The list by the last change. A place in the log is of one resource alone, so the rest of the order need not lie in it.
CREATE INDEX resources_changed ON marking.resources (position);
-- Marks by the site's own numbers, the search for one, and the list by number, which few resources share.
CREATE INDEX resources_number ON marking.resources (number);
-- How many there are of each view: few distinct entries, so it stays small and is read alone, in order.
CREATE INDEX resources_counts ON marking.resources
  (center_key, resource_kind, anonymization_state, exportable, present, pseudonyms, standing);

-- The state of a resource, which is wide and only read for the lines of a page: apart, so that scans of the lines stay short.
-- Nobody looks into it in the database, so it is text that was checked, and not taken apart to be put together again.
CREATE TABLE marking.resource_states (
  resource_kind text NOT NULL,
  resource_hash text NOT NULL COLLATE "C",
  state         json NOT NULL,
  CONSTRAINT resource_states_once PRIMARY KEY (resource_hash, resource_kind)
);

CREATE TABLE marking.transfers (
  transfer_id     uuid        CONSTRAINT transfers_once PRIMARY KEY,
  target_node_key text        NOT NULL,
  resource_kind   text        NOT NULL,
  resource_hash   text        NOT NULL COLLATE "C",
  status          text        NOT NULL CONSTRAINT transfers_status_known CHECK (status IN
    ('marked', 'queued', 'registering', 'awaiting_media', 'uploading', 'completed', 'failed')),
  state           jsonb       NOT NULL,
  marked_by       jsonb       NOT NULL,
  marked_at       timestamptz NOT NULL,
  queued_at       timestamptz     NULL,
  last_failure    jsonb           NULL
);
-- The transfer of a line.
CREATE INDEX transfers_resource ON marking.transfers (resource_hash, resource_kind, target_node_key);
-- What is in transfer or failed, which is little: the lists begin there.
CREATE INDEX transfers_status ON marking.transfers (status, target_node_key, resource_kind, resource_hash);

CREATE TABLE marking.nodes (
  node_key text   PRIMARY KEY,
  state    jsonb  NOT NULL,
  version  bigint NOT NULL
);

CREATE TABLE marking.circuits (
  node_key text  PRIMARY KEY,
  state    jsonb NOT NULL
);

CREATE TABLE marking.egress (
  only_row boolean PRIMARY KEY DEFAULT true CONSTRAINT egress_is_one_row CHECK (only_row),
  state    jsonb   NOT NULL
);
`;
