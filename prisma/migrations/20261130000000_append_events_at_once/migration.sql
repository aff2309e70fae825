-- audit_append_all() as before (20261126170000), with all rows in one statement: each would open every index of the table anew.
CREATE OR REPLACE FUNCTION audit_append_all(before_times text[], after_times text[]) RETURNS bigint LANGUAGE plpgsql STRICT
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head audit_head%ROWTYPE;
  count int := greatest(cardinality(before_times), cardinality(after_times));
  moment timestamptz(3);
  stamp text;
  line text;
  event jsonb;
  field text;
  payload bytea;
  leaf bytea;
  events jsonb[];
  payloads bytea[];
  leaves bytea[];
  chains bytea[];
BEGIN
  SELECT * INTO STRICT head FROM audit_head WHERE id = 1 FOR UPDATE;
  moment := date_trunc('milliseconds', clock_timestamp());
  stamp := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  FOR place IN 1 .. count LOOP
    line := before_times[place] || stamp || after_times[place];
    event := line::jsonb;
    IF (jsonb_typeof(event->'id') = 'string' AND jsonb_typeof(event->'type') = 'string'
        AND jsonb_typeof(event->'outcome') = 'string' AND jsonb_typeof(event->'severity') = 'string'
        AND '' NOT IN (event->>'id', event->>'type', event->>'outcome', event->>'severity')) IS NOT TRUE THEN
      FOREACH field IN ARRAY ARRAY['id', 'type', 'outcome', 'severity'] LOOP
        IF jsonb_typeof(event->field) IS DISTINCT FROM 'string' OR event->>field = '' THEN
          RAISE EXCEPTION 'an audit event says its %', field;
        END IF;
      END LOOP;
    END IF;
    IF event->>'time' IS DISTINCT FROM stamp THEN
      RAISE EXCEPTION 'the time of an audit event is the database''s';
    END IF;
    payload := convert_to(line, 'UTF8');
    leaf := sha256('\x00'::bytea || payload);
    head.chain := sha256('\x02'::bytea || head.chain || leaf);
    events[place] := event;
    payloads[place] := payload;
    leaves[place] := leaf;
    chains[place] := head.chain;
  END LOOP;
  INSERT INTO audit_event (seq, id, time, type, outcome, severity, actor_id, actor_name, object_type, object_id, source_ip, payload, leaf, chain)
  SELECT head.seq + e.place, (e.event->>'id')::uuid, moment, e.event->>'type', e.event->>'outcome', e.event->>'severity',
         e.event->'actor'->>'id', e.event->'actor'->>'name', e.event->'object'->>'type', e.event->'object'->>'id',
         e.event->'source'->>'ip', e.payload, e.leaf, e.chain
  FROM unnest(events, payloads, leaves, chains) WITH ORDINALITY AS e(event, payload, leaf, chain, place);
  UPDATE audit_head SET seq = head.seq + count, chain = head.chain WHERE id = 1;
  RETURN head.seq + count;
END $$;

-- Names enter the index of trigrams once, with the certificate, not with its intent before: nobody searches for those.
DROP INDEX "certificate_names_idx";
CREATE INDEX "certificate_names_idx" ON "certificate" USING gin (
  ("subject" || chr(10) || coalesce("common_name", '') || chr(10) || jsonb_path_query_array("sans", '$[*].value')::text) gin_trgm_ops
) WHERE "state" = 'issued';
