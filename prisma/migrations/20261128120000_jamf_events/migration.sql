-- Events of Jamf Pro that wait to be looked into. Their bodies are not kept: one of them has held a password.
CREATE TABLE "jamf_event" (
  "id" UUID NOT NULL,
  "connector_id" UUID NOT NULL,
  "body_sha256" BYTEA NOT NULL,
  "event" TEXT NOT NULL,
  "about" TEXT NOT NULL CHECK ("about" IN ('devices', 'seen')),
  "devices" JSONB NOT NULL,
  "state" TEXT NOT NULL DEFAULT 'waiting' CHECK ("state" IN ('waiting', 'done', 'given_up')),
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "last_fault" TEXT,
  "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "due_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  CONSTRAINT "jamf_event_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "jamf_event_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "jamf_event_connector_id_body_sha256_key" ON "jamf_event"("connector_id", "body_sha256");
CREATE INDEX "jamf_event_received_at_idx" ON "jamf_event"("received_at");
CREATE INDEX "jamf_event_due_at_idx" ON "jamf_event"("due_at") WHERE "state" = 'waiting';
