import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The one way into the log. A number without gaps, a chain and an order that is the order of commits need every writer
 * to pass the same locked row; many commands pass it together, so that a commit's cost is shared among them.
 */
export class Append1790000000002 implements MigrationInterface {
  readonly name = 'Append1790000000002';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(APPEND);
  }

  async down(): Promise<void> {
    throw new Error('The log is only ever added to: there is no way back.');
  }
}

/*
 * Lookups are made one request after the other, under the head row's lock, since a request may meet what an earlier
 * one of the same call did (the same key, the same stream). HE001 and a code as message: the call itself is wrong.
 */
const APPEND = `
CREATE FUNCTION log.append(requests jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  allowed  text[];
  seq      bigint;
  started  bigint;
  chain    bytea;
  at       timestamptz;
  at_text  text;
  request  record;
  event    record;
  known    record;
  moved    record;
  seen     bigint;
  first    bigint;
  results  jsonb[] := '{}';
BEGIN
  IF jsonb_array_length(requests) > 200 THEN
    RAISE EXCEPTION 'too_many_requests' USING ERRCODE = 'HE001';
  END IF;
  SELECT array_agg(w.event_type) INTO allowed FROM log.writers w WHERE pg_has_role(session_user, w.role, 'USAGE');

  SELECT h.global_seq, h.hash, h.recorded_at INTO STRICT seq, chain, at FROM log.head h FOR UPDATE;
  started := seq;
  at := greatest(clock_timestamp(), at);
  at_text := to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

  FOR request IN SELECT * FROM jsonb_to_recordset(requests) AS r(
    stream_id text, expected_version bigint, events jsonb, command_key text, digest text,
    relies_on jsonb, lease text, token bigint, correlation_id text, causation_id text)
  LOOP
    SELECT c.digest, c.position, c.first_seq, c.last_seq INTO known
      FROM log.commands c WHERE c.command_key = request.command_key;
    IF FOUND THEN
      results := results || CASE WHEN known.digest <> request.digest THEN jsonb_build_object('outcome', 'key_reused')
        ELSE jsonb_build_object('outcome', 'repeated', 'position', known.position, 'eventIds', coalesce(
          (SELECT jsonb_agg(e.event_id ORDER BY e.global_seq) FROM log.events e
            WHERE e.global_seq BETWEEN known.first_seq AND known.last_seq), '[]')) END;
      CONTINUE;
    END IF;

    IF request.lease IS NOT NULL THEN
      -- FOR SHARE: nobody takes the lease over between this look and the commit.
      PERFORM 1 FROM log.leases l
        WHERE l.name = request.lease AND l.token = request.token AND l.holder IS NOT NULL FOR SHARE;
      IF NOT FOUND THEN
        results := results || jsonb_build_object('outcome', 'fenced');
        CONTINUE;
      END IF;
    END IF;

    SELECT s.version INTO seen FROM log.streams s WHERE s.stream_id = request.stream_id;
    seen := coalesce(seen, 0);
    IF seen <> request.expected_version THEN
      results := results ||
        jsonb_build_object('outcome', 'conflict', 'streamId', request.stream_id, 'actualVersion', seen);
      CONTINUE;
    END IF;
    IF request.relies_on IS NOT NULL THEN
      SELECT r.stream_id, coalesce(s.version, 0) AS version INTO moved
        FROM jsonb_to_recordset(request.relies_on) AS r(stream_id text, version bigint)
        LEFT JOIN log.streams s ON s.stream_id = r.stream_id
        WHERE coalesce(s.version, 0) <> r.version LIMIT 1;
      IF FOUND THEN
        results := results ||
          jsonb_build_object('outcome', 'conflict', 'streamId', moved.stream_id, 'actualVersion', moved.version);
        CONTINUE;
      END IF;
    END IF;

    IF jsonb_array_length(request.events) > 50 THEN
      RAISE EXCEPTION 'too_many_events' USING ERRCODE = 'HE001';
    END IF;
    first := seq + 1;
    FOR event IN SELECT * FROM jsonb_to_recordset(request.events) AS e(id uuid, type text, data text) LOOP
      IF event.type = ANY (allowed) IS NOT TRUE THEN
        RAISE EXCEPTION 'event_type_not_allowed' USING ERRCODE = 'HE001';
      END IF;
      -- A line feed separates the fields of the hashed text, so none may hold one; the other fields' checks forbid it.
      IF strpos(event.data, chr(10)) > 0 THEN
        RAISE EXCEPTION 'data_not_canonical' USING ERRCODE = 'HE001';
      END IF;
      seq := seq + 1;
      seen := seen + 1;
      chain := sha256(chain || convert_to(concat_ws(chr(10), seq, request.stream_id, seen, event.id, event.type,
        request.correlation_id, coalesce(request.causation_id, ''), at_text, event.data), 'UTF8'));
      INSERT INTO log.events (global_seq, stream_id, version, event_id, type, data, correlation_id, causation_id,
          recorded_at, hash, command_key)
        VALUES (seq, request.stream_id, seen, event.id, event.type, event.data::json, request.correlation_id,
          request.causation_id, at, chain, request.command_key);
    END LOOP;

    IF seq < first THEN
      INSERT INTO log.commands (command_key, digest, position) VALUES (request.command_key, request.digest, seq);
    ELSE
      IF request.expected_version = 0 THEN
        INSERT INTO log.streams (stream_id, version) VALUES (request.stream_id, seen);
      ELSE
        UPDATE log.streams SET version = seen WHERE stream_id = request.stream_id;
      END IF;
      INSERT INTO log.commands (command_key, digest, position, first_seq, last_seq)
        VALUES (request.command_key, request.digest, seq, first, seq);
    END IF;
    results := results || jsonb_build_object('outcome', 'appended', 'position', seq, 'version', seen);
  END LOOP;

  IF seq > started THEN
    UPDATE log.head SET global_seq = seq, hash = chain, recorded_at = at;
    -- Told at the commit. It costs no concurrency: writers are already in line for the head row.
    PERFORM pg_notify('log_appended', seq::text);
  END IF;
  RETURN to_jsonb(results);
END $$;
`;
