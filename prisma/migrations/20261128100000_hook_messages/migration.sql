-- For which expiry of its credential a warning was written, so that there is one.
ALTER TABLE "connector" ADD COLUMN "credential_warned_for" TIMESTAMPTZ(3);

-- Messages to /hooks that were acted on, by the sender's id: a repetition is answered alike and acted on no more.
CREATE TABLE "hook_message" (
  "connector_id" UUID NOT NULL,
  "message_id" TEXT NOT NULL,
  "body_sha256" BYTEA NOT NULL,
  "claimed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  -- Null while it is being acted on.
  "answer" JSONB,
  CONSTRAINT "hook_message_pkey" PRIMARY KEY ("connector_id", "message_id"),
  CONSTRAINT "hook_message_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "hook_message_claimed_at_idx" ON "hook_message"("claimed_at");
