-- Certificates that should have been renewed, and events that are told to other systems.

-- Once for each certificate: found when half of its renewal window was gone, resolved when it is no longer so.
CREATE TABLE "overdue_renewal" (
  "certificate_id" UUID NOT NULL,
  "found_at" TIMESTAMPTZ(3) NOT NULL,
  "resolved_at" TIMESTAMPTZ(3),
  CONSTRAINT "overdue_renewal_pkey" PRIMARY KEY ("certificate_id"),
  CONSTRAINT "overdue_renewal_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "overdue_renewal_open_idx" ON "overdue_renewal"("found_at", "certificate_id") WHERE "resolved_at" IS NULL;

-- In the order of the list of devices.
CREATE INDEX "device_listing_idx" ON "device"((coalesce("name", '')), "id");

CREATE TABLE "event_webhook" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "url" TEXT NOT NULL,
  "events" TEXT[] NOT NULL,
  -- Sealed by the signer, bound to this row. The one before signs beside it until a date.
  "secret_sealed" BYTEA NOT NULL,
  "previous_secret_sealed" BYTEA,
  "previous_secret_until" TIMESTAMPTZ(3),
  "allowed_hosts" TEXT[] NOT NULL DEFAULT '{}',
  -- The audit event up to which its deliveries are written.
  "read_to" BIGINT NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "paused_at" TIMESTAMPTZ(3),
  "removed_at" TIMESTAMPTZ(3),
  CONSTRAINT "event_webhook_pkey" PRIMARY KEY ("id")
);

CREATE TABLE "event_delivery" (
  "id" UUID NOT NULL,
  "webhook_id" UUID NOT NULL,
  "seq" BIGINT NOT NULL,
  "event" TEXT NOT NULL,
  "body" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "next_attempt_at" TIMESTAMPTZ(3) NOT NULL,
  "claimed_until" TIMESTAMPTZ(3),
  "delivered_at" TIMESTAMPTZ(3),
  "given_up_at" TIMESTAMPTZ(3),
  "status" INTEGER,
  "last_error" TEXT,
  CONSTRAINT "event_delivery_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "event_delivery_webhook_id_fkey" FOREIGN KEY ("webhook_id") REFERENCES "event_webhook"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "event_delivery_webhook_id_seq_key" ON "event_delivery"("webhook_id", "seq");
CREATE INDEX "event_delivery_due_idx" ON "event_delivery"("next_attempt_at") WHERE "delivered_at" IS NULL AND "given_up_at" IS NULL;
CREATE INDEX "event_delivery_webhook_id_created_at_idx" ON "event_delivery"("webhook_id", "created_at" DESC);
