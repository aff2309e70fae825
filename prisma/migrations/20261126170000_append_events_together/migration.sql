-- Appends any number of events under one lock of the chain's head, as the last statement of a transaction; returns the
-- number of the last one. What it is given, what it checks and whose rights it has: see audit_append(), which is now the
-- same with one event. It does nothing and returns null when it is given null, which is what array_agg() makes of no rows.
CREATE FUNCTION audit_append_all(before_times text[], after_times text[]) RETURNS bigint LANGUAGE plpgsql STRICT
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head audit_head%ROWTYPE;
  moment timestamptz(3);
  stamp text;
  field text;
  event jsonb;
  payload bytea;
  leaf bytea;
BEGIN
  SELECT * INTO STRICT head FROM audit_head WHERE id = 1 FOR UPDATE;
  moment := date_trunc('milliseconds', clock_timestamp());
  stamp := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  FOR place IN 1 .. greatest(cardinality(before_times), cardinality(after_times)) LOOP
    payload := convert_to(before_times[place] || stamp || after_times[place], 'UTF8');
    event := convert_from(payload, 'UTF8')::jsonb;
    FOREACH field IN ARRAY ARRAY['id', 'type', 'outcome', 'severity'] LOOP
      IF jsonb_typeof(event->field) IS DISTINCT FROM 'string' OR event->>field = '' THEN
        RAISE EXCEPTION 'an audit event says its %', field;
      END IF;
    END LOOP;
    IF event->>'time' IS DISTINCT FROM stamp THEN
      RAISE EXCEPTION 'the time of an audit event is the database''s';
    END IF;
    leaf := sha256('\x00'::bytea || payload);
    head.chain := sha256('\x02'::bytea || head.chain || leaf);
    head.seq := head.seq + 1;
    INSERT INTO audit_event (seq, id, time, type, outcome, severity, actor_id, actor_name, object_type, object_id, source_ip, payload, leaf, chain)
    VALUES (head.seq, (event->>'id')::uuid, moment, event->>'type', event->>'outcome', event->>'severity',
            event->'actor'->>'id', event->'actor'->>'name', event->'object'->>'type', event->'object'->>'id',
            event->'source'->>'ip', payload, leaf, head.chain);
  END LOOP;
  UPDATE audit_head SET seq = head.seq, chain = head.chain WHERE id = 1;
  RETURN head.seq;
END $$;
REVOKE EXECUTE ON FUNCTION audit_append_all(text[], text[]) FROM PUBLIC;

CREATE OR REPLACE FUNCTION audit_append(before_time text, after_time text) RETURNS bigint LANGUAGE sql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT audit_append_all(ARRAY[before_time], ARRAY[after_time])
$$;
