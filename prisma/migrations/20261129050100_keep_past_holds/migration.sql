-- When a certificate was on hold and is no longer: its row knows the present alone, and whoever asks about a day in the past
-- must hear that it did not count then.
CREATE TABLE "past_hold" (
  "certificate_id" UUID NOT NULL,
  "since" TIMESTAMPTZ(3) NOT NULL,
  -- It was released, or revoked for good.
  "until" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "past_hold_pkey" PRIMARY KEY ("certificate_id", "since"),
  CONSTRAINT "past_hold_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "past_hold_until_idx" ON "past_hold"("until");

CREATE FUNCTION keep_past_hold() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
  INSERT INTO past_hold (certificate_id, since, until)
  VALUES (OLD.id, OLD.revoked_at, greatest(OLD.revoked_at, coalesce(NEW.revoked_at, clock_timestamp())))
  ON CONFLICT DO NOTHING;
  RETURN NULL;
END $$;
CREATE TRIGGER "certificate_past_hold" AFTER UPDATE OF "revoked_at", "revocation_reason" ON "certificate"
  FOR EACH ROW WHEN (OLD."revocation_reason" = 'certificateHold' AND OLD."revoked_at" IS NOT NULL
    AND (NEW."revoked_at" IS DISTINCT FROM OLD."revoked_at" OR NEW."revocation_reason" IS DISTINCT FROM OLD."revocation_reason"))
  EXECUTE FUNCTION keep_past_hold();

-- What the audit trail says of holds that ended before.
INSERT INTO "past_hold" ("certificate_id", "since", "until")
SELECT c."id", hold."since", hold."until"
FROM (
  SELECT e."object_id", e."type", e."time" AS "since", lead(e."time") OVER (PARTITION BY e."object_id" ORDER BY e."seq") AS "until"
  FROM "audit_event" e
  WHERE e."type" IN ('certificate.hold_set', 'certificate.hold_released', 'certificate.revoked') AND e."outcome" = 'success'
    AND e."object_id" IN (SELECT h."object_id" FROM "audit_event" h WHERE h."type" = 'certificate.hold_set')
) hold
JOIN "certificate" c ON c."id"::text = hold."object_id"
WHERE hold."type" = 'certificate.hold_set' AND hold."until" IS NOT NULL
ON CONFLICT DO NOTHING;
