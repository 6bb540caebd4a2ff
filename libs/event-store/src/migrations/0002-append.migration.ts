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
 * Each request is decided alone, in the order of the call. What the requests need to know is read in one query, and
 * what they record is written in one statement for each table, since most of a statement's cost is in its beginning.
 * A request that meets what an earlier one of the same call did (its key, its stream) first has that written.
 *
 * HE001 with a code as its message: the call itself is wrong. Plans are held to the indexes, so that a plan that was
 * made for a small log still serves a large one.
 */
const APPEND = `
-- Called by log.append alone, under the search path that it sets.
CREATE FUNCTION log.write(events log.events[], commands log.commands[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO log.events SELECT e.* FROM unnest(events) e;
  INSERT INTO log.commands SELECT c.* FROM unnest(commands) c;
END $$;

CREATE FUNCTION log.append(requests jsonb) RETURNS jsonb
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
SET jit = off SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
  allowed  text[];
  seq      bigint;
  started  bigint;
  chain    bytea;
  at       timestamptz;
  at_text  text;
  request  record;
  event    jsonb;
  known    log.commands;
  moved    record;
  seen     bigint;
  first    bigint;
  events   log.events[] := '{}';
  commands log.commands[] := '{}';
  touched  text[] := '{}';
  results  jsonb[] := '{}';
BEGIN
  IF jsonb_array_length(requests) > 200 THEN
    RAISE EXCEPTION 'too_many_requests' USING ERRCODE = 'HE001';
  END IF;
  SELECT array_agg(w.event_type) INTO allowed FROM log.writers w WHERE pg_has_role(session_user, w.role, 'USAGE');

  SELECT h.global_seq, h.hash, h.recorded_at INTO STRICT seq, chain, at FROM log.head h WHERE h.only_row FOR UPDATE;
  started := seq;
  at := greatest(clock_timestamp(), at);
  at_text := to_char(at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"');

  FOR request IN
    SELECT r.*, c AS known, (SELECT coalesce(max(e.version), 0) FROM log.events e WHERE e.stream_id = r.stream_id) AS seen
      FROM ROWS FROM (jsonb_to_recordset(requests) AS (
        stream_id text, expected_version bigint, events jsonb, command_key text, digest text,
        relies_on jsonb, lease text, token bigint, correlation_id text, causation_id text)) WITH ORDINALITY AS r
      LEFT JOIN log.commands c ON c.command_key = r.command_key
      ORDER BY r.ordinality
  LOOP
    known := request.known;
    seen := request.seen;
    -- What the loop's query read is older than what this call did since, so it is read again.
    -- Stream ids and keys share one list: a needless look costs a little time, a missing one would cost the truth.
    IF request.stream_id = ANY (touched) OR request.command_key = ANY (touched)
      OR jsonb_path_query_array(request.relies_on, '$[*].stream_id') ?| touched
    THEN
      PERFORM log.write(events, commands);
      events := '{}';
      commands := '{}';
      SELECT c.* INTO known FROM log.commands c WHERE c.command_key = request.command_key;
      seen := (SELECT coalesce(max(e.version), 0) FROM log.events e WHERE e.stream_id = request.stream_id);
    END IF;

    IF known.command_key IS NOT NULL THEN
      results := array_append(results, CASE WHEN known.digest <> request.digest
        THEN jsonb_build_object('outcome', 'key_reused')
        ELSE jsonb_build_object('outcome', 'repeated', 'position', known.position, 'eventIds', coalesce(
          (SELECT jsonb_agg(e.event_id ORDER BY e.global_seq) FROM log.events e
            WHERE e.global_seq BETWEEN known.first_seq AND known.last_seq), '[]')) END);
      CONTINUE;
    END IF;

    IF request.lease IS NOT NULL THEN
      -- FOR SHARE: nobody takes the lease over between this look and the commit.
      PERFORM 1 FROM log.leases l
        WHERE l.name = request.lease AND l.token = request.token AND l.holder IS NOT NULL FOR SHARE;
      IF NOT FOUND THEN
        results := array_append(results, jsonb_build_object('outcome', 'fenced'));
        CONTINUE;
      END IF;
    END IF;

    IF seen IS DISTINCT FROM request.expected_version THEN
      results := array_append(results,
        jsonb_build_object('outcome', 'conflict', 'streamId', request.stream_id, 'actualVersion', seen));
      CONTINUE;
    END IF;
    IF request.relies_on IS NOT NULL THEN
      SELECT r.stream_id, v.version INTO moved
        FROM jsonb_to_recordset(request.relies_on) AS r(stream_id text, version bigint)
        CROSS JOIN LATERAL (
          SELECT coalesce(max(e.version), 0) AS version FROM log.events e WHERE e.stream_id = r.stream_id) v
        WHERE v.version <> r.version LIMIT 1;
      IF FOUND THEN
        results := array_append(results,
          jsonb_build_object('outcome', 'conflict', 'streamId', moved.stream_id, 'actualVersion', moved.version));
        CONTINUE;
      END IF;
    END IF;

    IF jsonb_array_length(request.events) > 50 THEN
      RAISE EXCEPTION 'too_many_events' USING ERRCODE = 'HE001';
    END IF;
    first := seq + 1;
    FOR place IN 0 .. jsonb_array_length(request.events) - 1 LOOP
      event := request.events -> place;
      IF (event ->> 'type' = ANY (allowed)) IS NOT TRUE THEN
        RAISE EXCEPTION 'event_type_not_allowed' USING ERRCODE = 'HE001';
      END IF;
      -- A line feed separates the fields of the hashed text, so none may hold one; the other fields' checks forbid it.
      IF strpos(event ->> 'data', chr(10)) > 0 THEN
        RAISE EXCEPTION 'data_not_canonical' USING ERRCODE = 'HE001';
      END IF;
      seq := seq + 1;
      seen := seen + 1;
      chain := sha256(chain || convert_to(concat_ws(chr(10), seq, request.stream_id, seen, (event ->> 'id')::uuid,
        event ->> 'type', request.correlation_id, coalesce(request.causation_id, ''), at_text, event ->> 'data'), 'UTF8'));
      events := array_append(events, ROW(seq, request.stream_id, seen, (event ->> 'id')::uuid, event ->> 'type',
        (event ->> 'data')::json, request.correlation_id, request.causation_id, at, chain,
        request.command_key)::log.events);
    END LOOP;

    commands := array_append(commands, ROW(request.command_key, request.digest, seq,
      CASE WHEN seq >= first THEN first END, CASE WHEN seq >= first THEN seq END)::log.commands);
    touched := touched || ARRAY[request.stream_id, request.command_key];
    results := array_append(results, jsonb_build_object('outcome', 'appended', 'position', seq, 'version', seen));
  END LOOP;

  PERFORM log.write(events, commands);
  IF seq > started THEN
    UPDATE log.head SET global_seq = seq, hash = chain, recorded_at = at WHERE only_row;
    -- Told at the commit. It costs no concurrency: writers are already in line for the head row.
    PERFORM pg_notify('log_appended', seq::text);
  END IF;
  RETURN to_jsonb(results);
END $$;
`;
