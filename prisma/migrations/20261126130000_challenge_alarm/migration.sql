-- A second key for a consumed challenge: an alarm, once for each key, that stays until somebody looked into it.
CREATE TABLE "challenge_alarm" (
  "id" UUID NOT NULL,
  "challenge_id" UUID NOT NULL,
  "spki_sha256" BYTEA NOT NULL,
  "subject" TEXT NOT NULL,
  "source_ip" TEXT,
  "enrolment_transaction_id" UUID,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "dismissed_at" TIMESTAMPTZ(3),
  "dismissed_by" TEXT,
  CONSTRAINT "challenge_alarm_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "challenge_alarm_challenge_id_spki_sha256_key" ON "challenge_alarm" ("challenge_id", "spki_sha256");
CREATE INDEX "challenge_alarm_created_at_idx" ON "challenge_alarm" ("created_at" DESC);
ALTER TABLE "challenge_alarm" ADD CONSTRAINT "challenge_alarm_challenge_id_fkey" FOREIGN KEY ("challenge_id") REFERENCES "challenge"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The quota of one device: what waits for it, wherever its serial number or id was given.
CREATE INDEX "challenge_device_serial_idx" ON "challenge" ("endpoint_id", ("constraints"->'rules'->>'deviceSerial')) WHERE "state" = 'pending' AND "constraints"->'rules' ? 'deviceSerial';
CREATE INDEX "challenge_device_udid_idx" ON "challenge" ("endpoint_id", ("constraints"->'rules'->>'deviceUdid')) WHERE "state" = 'pending' AND "constraints"->'rules' ? 'deviceUdid';

-- When a minter's challenges were last accepted.
CREATE INDEX "challenge_minter_idx" ON "challenge" (("evidence"->>'minterId'), "created_at" DESC) WHERE "origin" = 'signed';

-- Why a challenge was refused, for the ledger.
CREATE INDEX "enrolment_transaction_challenge_refused" ON "enrolment_transaction" ("challenge_id", "created_at" DESC) WHERE "challenge_id" IS NOT NULL AND "state" = 'refused';
