-- Static secrets are found by a keyed hash before the slow one is worked out, and their uses are the authorisations
-- themselves: what an issuance gives back is never counted. What waited for people is delivered when it is first fetched.

ALTER TABLE "static_secret"
  DROP CONSTRAINT "static_secret_uses",
  DROP COLUMN "uses",
  ADD COLUMN "lookup" BYTEA NOT NULL,
  ADD CONSTRAINT "static_secret_bounds" CHECK ("max_uses" >= 1 AND "per_hour" >= 1 AND cardinality("allowed_addresses") >= 1 AND "subject_template" <> ''),
  ADD CONSTRAINT "static_secret_life" CHECK ("expires_at" <= "created_at" + INTERVAL '367 days');
CREATE UNIQUE INDEX "static_secret_endpoint_id_lookup_key" ON "static_secret" ("endpoint_id", "lookup");
CREATE INDEX "challenge_static_secret_idx" ON "challenge" (("evidence"->>'staticSecretId'), "created_at") WHERE "origin" = 'static';

ALTER TABLE "enrolment_transaction" ADD COLUMN "delivered_at" TIMESTAMPTZ(3);
CREATE INDEX "certificate_spki_sha256_idx" ON "certificate" ("spki_sha256");
CREATE INDEX "approval_request_endpoint_id_idx" ON "approval_request" ("endpoint_id", "created_at" DESC);
