import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Who read the audit. It is no part of the record, which follows from the log alone, and is only ever added to; its lines
 * are chained, so that one that was changed or taken out of the middle shows.
 */
export class Accesses1790000003003 implements MigrationInterface {
  readonly name = 'Accesses1790000003003';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ACCESSES);
  }

  async down(): Promise<void> {
    throw new Error('What was read stays recorded: there is no way back.');
  }
}

const ACCESSES = `
CREATE TABLE audit.accesses (
  place       bigint PRIMARY KEY CONSTRAINT access_counts_from_one CHECK (place >= 1),
  at          text   NOT NULL,
  subject     text   NOT NULL,
  name        text,
  view        text   NOT NULL,
  transfer_id text,
  question    text   NOT NULL CONSTRAINT question_is_bounded CHECK (length(question) <= 4096),
  hash        text   NOT NULL CONSTRAINT access_hash_is_sha256 CHECK (hash ~ '^[0-9a-f]{64}$')
);
CREATE INDEX accesses_by_subject ON audit.accesses (subject, at);
CREATE TRIGGER accesses_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.accesses
  FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change();
`;
