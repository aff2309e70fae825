-- MDMs that Latchkey talks to: who they are, what they are asked, and what came of it.
CREATE TABLE "connector" (
  "id" UUID NOT NULL,
  "kind" TEXT NOT NULL CHECK ("kind" IN ('intune', 'jamf', 'events')),
  "name" TEXT NOT NULL,
  "slug" TEXT NOT NULL CHECK ("slug" ~ '^[a-z0-9]([a-z0-9-]{0,62}[a-z0-9])?$'),
  "settings" JSONB NOT NULL DEFAULT '{}',
  "credential_sealed" BYTEA,
  "credential_expires_at" TIMESTAMPTZ(3),
  "hook_secret_sealed" BYTEA,
  "previous_hook_secret_sealed" BYTEA,
  "previous_hook_secret_until" TIMESTAMPTZ(3),
  "state" JSONB NOT NULL DEFAULT '{}',
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "disabled_at" TIMESTAMPTZ(3),
  "failures" INTEGER NOT NULL DEFAULT 0,
  "last_success_at" TIMESTAMPTZ(3),
  "last_failure_at" TIMESTAMPTZ(3),
  "last_error" TEXT,
  "last_heard_at" TIMESTAMPTZ(3),
  CONSTRAINT "connector_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "connector_slug_key" ON "connector"("slug");

-- One request to it or from it, without secrets and bodies.
CREATE TABLE "connector_call" (
  "id" UUID NOT NULL,
  "connector_id" UUID NOT NULL,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "direction" TEXT NOT NULL CHECK ("direction" IN ('out', 'in')),
  "operation" TEXT NOT NULL,
  "target" TEXT,
  "status" INTEGER,
  "outcome" TEXT NOT NULL CHECK ("outcome" IN ('success', 'refused', 'failed')),
  "code" TEXT,
  "detail" TEXT,
  "milliseconds" INTEGER NOT NULL,
  "attempt" INTEGER NOT NULL DEFAULT 1,
  "correlation_id" TEXT,
  "enrolment_transaction_id" UUID,
  CONSTRAINT "connector_call_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "connector_call_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "connector_call_connector_id_at_idx" ON "connector_call"("connector_id", "at" DESC, "id");
CREATE INDEX "connector_call_at_idx" ON "connector_call"("at");
CREATE INDEX "connector_call_enrolment_transaction_id_idx" ON "connector_call"("enrolment_transaction_id") WHERE "enrolment_transaction_id" IS NOT NULL;

-- An Intune connector is asked about requests as a validator is, and has a row there with its own id.
ALTER TABLE "validator" ADD COLUMN "connector_id" UUID;
ALTER TABLE "validator" ADD CONSTRAINT "validator_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE UNIQUE INDEX "validator_connector_id_key" ON "validator"("connector_id");
