-- A secret that is to follow: shown to the administrator, not used yet, so that the other side can learn it first.
ALTER TABLE "validator" ADD COLUMN "next_secret_sealed" BYTEA;

-- One notification per validator and request: a request that failed and came again is told once, by its outcome.
CREATE UNIQUE INDEX "notification_once" ON "notification" ("validator_id", "enrolment_transaction_id");
ALTER TABLE "notification" ADD CONSTRAINT "notification_event" CHECK ("event" IN ('open', 'issued', 'failed'));
CREATE INDEX "notification_enrolment_transaction_id_idx" ON "notification" ("enrolment_transaction_id");
