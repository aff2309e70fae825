-- Many certificates revoked, held or released as one, and the issuer of a group revoked. Widens only.

-- Since when a key must be taken for compromised (RFC 5280 §5.3.2), where somebody knows.
ALTER TABLE "certificate" ADD COLUMN IF NOT EXISTS "invalidity_date" TIMESTAMPTZ(3);

-- revoked: the authority's own certificate is revoked. It issues nothing any more and only publishes its list.
ALTER TABLE "authority"
  DROP CONSTRAINT "authority_status",
  ADD CONSTRAINT "authority_status" CHECK ("status" IN ('active', 'staged', 'retired', 'revoked'));

CREATE TABLE "bulk_revocation" (
  "id"              UUID PRIMARY KEY,
  "action"          TEXT NOT NULL CHECK ("action" IN ('revoke', 'hold', 'release')),
  "reason"          "RevocationReason",
  "comment"         TEXT,
  "invalidity_date" TIMESTAMPTZ(3),
  "selection"       JSONB NOT NULL,
  "described"       TEXT NOT NULL,
  "requested_by"    JSONB NOT NULL,
  "state"           TEXT NOT NULL CHECK ("state" IN ('scheduled', 'running', 'finished', 'stopped', 'cancelled')),
  "total"           INTEGER NOT NULL,
  "skipped_before"  JSONB NOT NULL DEFAULT '{}',
  "done"            INTEGER NOT NULL DEFAULT 0,
  "skipped"         INTEGER NOT NULL DEFAULT 0,
  "reached"         UUID,
  "created_at"      TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "starts_at"       TIMESTAMPTZ(3) NOT NULL,
  "started_at"      TIMESTAMPTZ(3),
  "ended_at"        TIMESTAMPTZ(3),
  "ended_by"        TEXT,
  CONSTRAINT "bulk_revocation_reason" CHECK (("action" = 'release') = ("reason" IS NULL)),
  CONSTRAINT "bulk_revocation_counts" CHECK ("done" >= 0 AND "skipped" >= 0 AND "done" + "skipped" <= "total")
);
CREATE INDEX "bulk_revocation_created_at_id_idx" ON "bulk_revocation" ("created_at" DESC, "id");
-- What the job looks for: the few that wait or run.
CREATE INDEX "bulk_revocation_open" ON "bulk_revocation" ("starts_at") WHERE "state" IN ('scheduled', 'running');

-- The certificates of one, frozen when somebody confirmed it, a hundred thousand in one statement. outcome is null until its
-- turn has come. Neither certificates nor bulk revocations are ever deleted, so no foreign key is looked up for each.
CREATE TABLE "bulk_revocation_item" (
  "bulk_id"        UUID NOT NULL,
  "certificate_id" UUID NOT NULL,
  "outcome"        TEXT CHECK ("outcome" IN ('done', 'skipped')),
  "skipped_why"    TEXT,
  "at"             TIMESTAMPTZ(3),
  PRIMARY KEY ("bulk_id", "certificate_id"),
  CONSTRAINT "bulk_revocation_item_outcome" CHECK (("outcome" IS NULL) = ("at" IS NULL) AND ("outcome" IS NOT DISTINCT FROM 'skipped') = ("skipped_why" IS NOT NULL))
);
CREATE INDEX "bulk_revocation_item_certificate_id_idx" ON "bulk_revocation_item" ("certificate_id");
