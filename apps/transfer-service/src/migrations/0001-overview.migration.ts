import { GROUP_ROLES } from '@hub-export/event-store';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The sender looks for work by status and time, pages list transfers by their newest change, and both must stay fast
 * with years of completed transfers. The view is a fold of the log, so it may be dropped and built again at any time.
 */
export class Overview1790000002001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      CREATE TABLE transfer.transfers (
        transfer_id       uuid PRIMARY KEY,
        transfer_key      text NOT NULL,
        resource_kind     text NOT NULL,
        resource_hash     text NOT NULL,
        source_node_key   text NOT NULL,
        source_center_key text NOT NULL,
        target_node_key   text NOT NULL,
        status            text NOT NULL,
        since             timestamptz NOT NULL,
        position          bigint NOT NULL,
        marked_at         timestamptz,
        marked_by         text,
        queued_at         timestamptz,
        priority          smallint NOT NULL DEFAULT 0,
        attempts          integer NOT NULL,
        held              text[] NOT NULL,
        media_sha256      text,
        media_size        bigint,
        failure_stage     text,
        failure_class     text,
        failure_code      text,
        retryable         boolean NOT NULL,
        retries_exhausted boolean NOT NULL,
        not_before        timestamptz,
        hub_transfer_id   text,
        completed_at      timestamptz,
        local_media       text,
        CONSTRAINT one_logical_transfer_a_target UNIQUE (target_node_key, transfer_key)
      )`);
    await runner.query(`
      CREATE INDEX transfers_to_send ON transfer.transfers (target_node_key, source_node_key, priority DESC, since)
        WHERE status IN ('registering', 'awaiting_media', 'uploading') OR (status = 'queued' AND held = '{}')`);
    await runner.query(
      `CREATE INDEX transfers_to_auto_queue ON transfer.transfers (marked_at) WHERE status = 'marked'`,
    );
    await runner.query(`
      CREATE INDEX transfers_until_eligible ON transfer.transfers (since)
        WHERE (status = 'queued' AND held <> '{}') OR (status = 'failed' AND failure_class = 'ineligible')`);
    await runner.query(`
      CREATE INDEX transfers_known_to_hub ON transfer.transfers (target_node_key, source_node_key, position DESC)
        WHERE hub_transfer_id IS NOT NULL`);
    await runner.query(
      `CREATE INDEX transfers_to_retry ON transfer.transfers (not_before) WHERE status = 'failed' AND retryable`,
    );
    await runner.query(`
      CREATE INDEX transfers_to_clean_up ON transfer.transfers (position DESC) WHERE local_media = 'cleanup_eligible'`);
    await runner.query(`CREATE INDEX transfers_by_resource ON transfer.transfers (resource_hash, resource_kind)`);
    await runner.query(`CREATE INDEX transfers_by_change ON transfer.transfers (position DESC)`);
    await runner.query(`CREATE INDEX transfers_by_status ON transfer.transfers (status, position DESC)`);
    await runner.query(`
      CREATE TABLE transfer.nodes (
        node_key text PRIMARY KEY,
        version  integer NOT NULL,
        since    timestamptz NOT NULL,
        facts    jsonb NOT NULL
      )`);
    await runner.query(`
      CREATE TABLE transfer.circuits (
        node_key text PRIMARY KEY,
        state    jsonb NOT NULL
      )`);
    // What it holds is worth seconds: after a crash of the database it may be empty.
    await runner.query(`
      CREATE UNLOGGED TABLE transfer.paces (
        node_key text NOT NULL,
        what     text NOT NULL CONSTRAINT paces_what_is_known CHECK (what IN ('requests', 'bytes')),
        free_at  timestamptz NOT NULL,
        PRIMARY KEY (node_key, what)
      ) WITH (fillfactor = 10)`);
    await runner.query(`GRANT USAGE ON SCHEMA transfer TO ${GROUP_ROLES.transfer}`);
    await runner.query(
      `GRANT SELECT, INSERT, UPDATE, DELETE ON transfer.transfers, transfer.nodes, transfer.circuits, transfer.paces TO ${GROUP_ROLES.transfer}`,
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP SCHEMA transfer CASCADE');
  }
}
