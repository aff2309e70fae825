-- Every state that an endpoint with its profile, or a group with its network access and device rules, was ever in: recorded
-- as the change commits, whoever makes it. Certificates and transactions say under which version of their endpoint they came
-- about; null for those from before.
ALTER TABLE "endpoint" ADD COLUMN "policy_version" INTEGER NOT NULL DEFAULT 1;
ALTER TABLE "certificate" ADD COLUMN "policy_version" INTEGER;
ALTER TABLE "enrolment_transaction" ADD COLUMN "policy_version" INTEGER;

CREATE TABLE "policy_version" (
  -- endpoint or group
  "object_type" TEXT NOT NULL,
  "object_id" UUID NOT NULL,
  "version" INTEGER NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL,
  -- Every setting, by the name of its column.
  "state" JSONB NOT NULL,
  -- True for the state that was found when versions began to be kept: nobody made it then.
  "found" BOOLEAN NOT NULL DEFAULT false,
  -- The audit event of the same transaction. Null when there was none: somebody changed it past the portal.
  "audit_seq" BIGINT,
  "event_type" TEXT,
  "actor_type" TEXT,
  "actor_id" TEXT,
  "actor_name" TEXT,
  "via" TEXT,
  "source_ip" TEXT,
  CONSTRAINT "policy_version_pkey" PRIMARY KEY ("object_type", "object_id", "version"),
  CONSTRAINT "policy_version_object" CHECK ("object_type" IN ('endpoint', 'group')),
  CONSTRAINT "policy_version_event" CHECK (("audit_seq" IS NULL) = ("event_type" IS NULL))
);
CREATE INDEX "policy_version_at_idx" ON "policy_version"("at");

CREATE FUNCTION policy_versions_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'versions of policies are append-only';
END $$;
CREATE TRIGGER "policy_version_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "policy_version" FOR EACH STATEMENT EXECUTE FUNCTION policy_versions_stay();

-- A column that is added later is a setting unless it is left out here. Null for what does not exist.
CREATE FUNCTION policy_state(of_type text, of_id uuid) RETURNS jsonb LANGUAGE sql STABLE
  SET search_path = pg_catalog, public, pg_temp AS $$
  SELECT (to_jsonb(e) - ARRAY['id', 'group_id', 'authority_id', 'profile_id', 'slug', 'protocol', 'created_at', 'policy_version', 'encryption_key_id', 'rsa_encryption_key_id'])
    || jsonb_build_object('issuer', a.slug)
    || (SELECT jsonb_object_agg('profile.' || key, value) FROM jsonb_each(to_jsonb(p) - ARRAY['id', 'name', 'created_at']))
  FROM endpoint e JOIN profile p ON p.id = e.profile_id JOIN authority a ON a.id = e.authority_id
  WHERE of_type = 'endpoint' AND e.id = of_id
  UNION ALL
  SELECT (to_jsonb(g) - ARRAY['id', 'slug', 'created_at'])
    || (SELECT jsonb_object_agg('network_access.' || key, value) FROM jsonb_each(
      -- A group without a row is let in nowhere, like one whose row nobody has touched.
      '{"enabled": false, "vlan": null, "filter_id": null, "class": null, "session_timeout_seconds": null, "ssids": [], "network_servers": [], "time_zone": "UTC", "windows": []}'::jsonb
      || coalesce((SELECT to_jsonb(n) - ARRAY['group_id', 'updated_at'] FROM network_access n WHERE n.group_id = g.id), '{}'::jsonb)))
    -- A trigger without a rule is reported only.
    || coalesce((SELECT jsonb_object_agg('device_rules.' || r.trigger, CASE r.action WHEN 'revoke' THEN 'revoke (' || r.reason || ')' ELSE r.action END)
      FROM device_rule r WHERE r.group_id = g.id AND r.action <> 'report'), '{}'::jsonb)
  FROM "group" g
  WHERE of_type = 'group' AND g.id = of_id
$$;

-- Runs as the transaction commits: its audit events are written, and what several statements changed is one version.
CREATE FUNCTION keep_policy_version() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  changed jsonb := CASE WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END;
  of_type text := CASE WHEN TG_TABLE_NAME IN ('endpoint', 'profile') THEN 'endpoint' ELSE 'group' END;
  of_id uuid;
  now_state jsonb;
  latest policy_version%ROWTYPE;
  told record;
  said jsonb;
BEGIN
  FOR of_id IN
    SELECT id FROM endpoint WHERE TG_TABLE_NAME = 'profile' AND profile_id = (changed->>'id')::uuid
    UNION ALL SELECT (changed->>'id')::uuid WHERE TG_TABLE_NAME IN ('endpoint', 'group')
    UNION ALL SELECT (changed->>'group_id')::uuid WHERE TG_TABLE_NAME IN ('network_access', 'device_rule')
  LOOP
    now_state := policy_state(of_type, of_id);
    SELECT * INTO latest FROM policy_version v WHERE v.object_type = of_type AND v.object_id = of_id ORDER BY v.version DESC LIMIT 1;
    CONTINUE WHEN now_state IS NULL OR now_state = latest.state;
    -- Rows that this very transaction has written are the last ones of the chain.
    SELECT e.seq, e.time, e.type, e.payload INTO told FROM audit_event e
      WHERE e.seq > (SELECT seq - 256 FROM audit_head WHERE id = 1) AND e.xmin = pg_current_xact_id()::xid
      ORDER BY (e.object_id = of_id::text) DESC NULLS LAST, e.seq DESC LIMIT 1;
    said := convert_from(told.payload, 'UTF8')::jsonb;
    INSERT INTO policy_version (object_type, object_id, version, at, state, audit_seq, event_type, actor_type, actor_id, actor_name, via, source_ip)
    VALUES (of_type, of_id, coalesce(latest.version, 0) + 1, coalesce(told.time, clock_timestamp()), now_state, told.seq, told.type,
            said->'actor'->>'type', said->'actor'->>'id', said->'actor'->>'name', said->'request'->>'protocol', said->'source'->>'ip');
    IF of_type = 'endpoint' THEN
      UPDATE endpoint SET policy_version = coalesce(latest.version, 0) + 1 WHERE id = of_id;
    END IF;
  END LOOP;
  RETURN NULL;
END $$;

INSERT INTO "policy_version" ("object_type", "object_id", "version", "at", "state", "found")
SELECT 'endpoint', "id", 1, now(), policy_state('endpoint', "id"), true FROM "endpoint"
UNION ALL SELECT 'group', "id", 1, now(), policy_state('group', "id"), true FROM "group";

CREATE CONSTRAINT TRIGGER "keep_policy_version" AFTER INSERT OR UPDATE ON "endpoint" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_policy_version();
CREATE CONSTRAINT TRIGGER "keep_policy_version" AFTER UPDATE ON "profile" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_policy_version();
CREATE CONSTRAINT TRIGGER "keep_policy_version" AFTER INSERT OR UPDATE ON "group" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_policy_version();
CREATE CONSTRAINT TRIGGER "keep_policy_version" AFTER INSERT OR UPDATE OR DELETE ON "network_access" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_policy_version();
CREATE CONSTRAINT TRIGGER "keep_policy_version" AFTER INSERT OR UPDATE OR DELETE ON "device_rule" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION keep_policy_version();

-- Under which policy a certificate came about never changes. Costs nothing where nobody sets it.
CREATE FUNCTION policy_of_certificate_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'under which policy a certificate was issued never changes';
END $$;
CREATE TRIGGER "certificate_policy_stays" BEFORE UPDATE OF "policy_version" ON "certificate"
  FOR EACH ROW WHEN (OLD."policy_version" IS DISTINCT FROM NEW."policy_version") EXECUTE FUNCTION policy_of_certificate_stays();
