-- Readings of inventories, the names by which certificates and devices find each other, and holds that a rule set.

-- When its state was said last: what is older says nothing. Devices whose certificates are to be looked for.
ALTER TABLE "device" ADD COLUMN "state_at" TIMESTAMPTZ(3);
ALTER TABLE "device" ADD COLUMN "link_due" BOOLEAN NOT NULL DEFAULT true;
-- Every reading of the inventory touches every row: with room beside it that needs no index.
ALTER TABLE "device" SET (fillfactor = 50);
CREATE INDEX "device_link_due_idx" ON "device"("id") WHERE "link_due";
CREATE INDEX "device_external_id_idx" ON "device"(upper("external_id"));

CREATE TABLE "device_sync" (
  "id" UUID NOT NULL,
  "connector_id" UUID NOT NULL,
  "started_at" TIMESTAMPTZ(3) NOT NULL,
  "finished_at" TIMESTAMPTZ(3),
  "seen" INTEGER,
  "missing" INTEGER,
  -- Whether what it did not see counts as missing; null while it runs.
  "complete" BOOLEAN,
  CONSTRAINT "device_sync_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "device_sync_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "device_sync_connector_id_started_at_idx" ON "device_sync"("connector_id", "started_at" DESC);

-- What a certificate says that may be a device's serial number, UDID or id in an MDM, in upper case.
CREATE TABLE "certificate_identifier" (
  "certificate_id" UUID NOT NULL,
  "value" TEXT NOT NULL,
  -- uri: it says itself that it is the id in the MDM. name: a part of a name that may be any of them.
  "source" TEXT NOT NULL CHECK ("source" IN ('uri', 'name')),
  CONSTRAINT "certificate_identifier_pkey" PRIMARY KEY ("certificate_id", "value"),
  CONSTRAINT "certificate_identifier_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "certificate_identifier_value_idx" ON "certificate_identifier"("value");
-- In this order certificates are read for what they say.
CREATE INDEX "certificate_issued_leaf_idx" ON "certificate"("issued_at", "id") WHERE "kind" = 'leaf' AND "state" = 'issued';

-- A hold that a rule set is one that it may take back: until somebody sets another.
CREATE TABLE "device_hold" (
  "certificate_id" UUID NOT NULL,
  "device_id" UUID NOT NULL,
  "trigger" TEXT NOT NULL,
  "set_at" TIMESTAMPTZ(3) NOT NULL,
  CONSTRAINT "device_hold_pkey" PRIMARY KEY ("certificate_id"),
  CONSTRAINT "device_hold_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "device_hold_device_id_fkey" FOREIGN KEY ("device_id") REFERENCES "device"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "device_hold_device_id_idx" ON "device_hold"("device_id");
