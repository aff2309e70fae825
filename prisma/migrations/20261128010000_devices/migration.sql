-- Devices as MDMs know them, and what became of them.
CREATE TABLE "device" (
  "id" UUID NOT NULL,
  "connector_id" UUID,
  "external_id" TEXT,
  "serial" TEXT,
  "udid" TEXT,
  "name" TEXT,
  "platform" TEXT,
  "model" TEXT,
  "os_version" TEXT,
  "user_id" TEXT,
  "user_name" TEXT,
  "user_email" TEXT,
  "management" TEXT NOT NULL DEFAULT 'unknown' CHECK ("management" IN ('managed', 'unmanaged', 'removed', 'wiped', 'unknown')),
  "compliance" TEXT NOT NULL DEFAULT 'unknown' CHECK ("compliance" IN ('compliant', 'noncompliant', 'unknown')),
  "user_disabled" BOOLEAN NOT NULL DEFAULT false,
  -- Of the chosen smart groups; null where it is not asked for.
  "entitled" BOOLEAN,
  "first_known_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "last_seen_at" TIMESTAMPTZ(3),
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  -- Which full sync saw it last, and how many since then did not.
  "seen_in_sync" UUID,
  "misses" INTEGER NOT NULL DEFAULT 0,
  CONSTRAINT "device_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "device_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "device_connector_id_external_id_key" ON "device"("connector_id", "external_id");
CREATE INDEX "device_serial_idx" ON "device"("serial");
CREATE INDEX "device_udid_idx" ON "device"("udid");
CREATE INDEX "device_name_id_idx" ON "device"("name", "id");
CREATE INDEX "device_user_id_idx" ON "device"("user_id");

-- To which device a certificate was issued, and how that is known.
CREATE TABLE "device_certificate" (
  "certificate_id" UUID NOT NULL,
  "device_id" UUID NOT NULL,
  "how" TEXT NOT NULL CHECK ("how" IN ('challenge', 'mdm-id', 'udid', 'serial', 'renewal', 'reported')),
  "linked_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  CONSTRAINT "device_certificate_pkey" PRIMARY KEY ("certificate_id"),
  CONSTRAINT "device_certificate_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "device_certificate_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "device_certificate_device_id_idx" ON "device_certificate"("device_id");

ALTER TABLE "challenge" ADD COLUMN "device_id" UUID;
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "challenge_device_id_idx" ON "challenge"("device_id") WHERE "device_id" IS NOT NULL;

-- What was heard of a device.
CREATE TABLE "device_event" (
  "id" UUID NOT NULL,
  "device_id" UUID NOT NULL,
  "connector_id" UUID,
  "at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "kind" TEXT NOT NULL,
  "source" TEXT NOT NULL CHECK ("source" IN ('sync', 'event', 'challenge', 'person')),
  "facts" JSONB NOT NULL DEFAULT '{}',
  CONSTRAINT "device_event_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "device_event_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "device_event_device_id_at_idx" ON "device_event"("device_id", "at" DESC);
CREATE INDEX "device_event_at_idx" ON "device_event"("at");

-- What a group does when an MDM says so. A trigger without a row is reported only.
CREATE TABLE "device_rule" (
  "group_id" UUID NOT NULL,
  "trigger" TEXT NOT NULL CHECK ("trigger" IN ('removed', 'wiped', 'unmanaged', 'noncompliant', 'user_disabled', 'not_entitled')),
  "action" TEXT NOT NULL CHECK ("action" IN ('report', 'hold', 'revoke')),
  "reason" TEXT NOT NULL DEFAULT 'cessationOfOperation',
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  CONSTRAINT "device_rule_pkey" PRIMARY KEY ("group_id", "trigger"),
  CONSTRAINT "device_rule_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- The safety brake of a connector: how many devices may lose certificates in an hour without an administrator's word.
CREATE TABLE "device_brake" (
  "connector_id" UUID NOT NULL,
  "most_per_hour" INTEGER NOT NULL DEFAULT 25 CHECK ("most_per_hour" BETWEEN 0 AND 1000000),
  "pulled_at" TIMESTAMPTZ(3),
  CONSTRAINT "device_brake_pkey" PRIMARY KEY ("connector_id"),
  CONSTRAINT "device_brake_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- What is to be done to a device's certificates, and what became of it. One that is open at a time for a device and trigger.
CREATE TABLE "device_action" (
  "id" UUID NOT NULL,
  "device_id" UUID NOT NULL,
  "connector_id" UUID,
  "trigger" TEXT NOT NULL,
  "action" TEXT NOT NULL CHECK ("action" IN ('hold', 'revoke', 'release')),
  -- waiting: due; braked: waits for an administrator; done, cancelled: over.
  "state" TEXT NOT NULL CHECK ("state" IN ('waiting', 'braked', 'done', 'cancelled')),
  "reason" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "done_at" TIMESTAMPTZ(3),
  "decided_by" TEXT,
  "certificates" INTEGER,
  CONSTRAINT "device_action_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "device_action_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "device_action_open" ON "device_action"("device_id", "trigger") WHERE "state" IN ('waiting', 'braked');
CREATE INDEX "device_action_state_created_at_idx" ON "device_action"("state", "created_at");
CREATE INDEX "device_action_connector_id_done_at_idx" ON "device_action"("connector_id", "done_at");
