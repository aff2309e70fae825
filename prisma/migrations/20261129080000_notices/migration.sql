-- Notices: what people are told before something ends or when much fails, by e-mail and by event webhooks.

-- Where e-mails leave: none or one.
CREATE TABLE "mail_server" (
  "id" UUID NOT NULL,
  "only" BOOLEAN NOT NULL DEFAULT true,
  "host" TEXT NOT NULL,
  "port" INTEGER NOT NULL,
  "security" TEXT NOT NULL,
  "username" TEXT,
  -- Sealed by the signer, bound to this row.
  "password_sealed" BYTEA,
  "from_name" TEXT NOT NULL,
  "from_address" TEXT NOT NULL,
  "private_network" BOOLEAN NOT NULL DEFAULT false,
  "ca" TEXT,
  "updated_at" TIMESTAMPTZ(3) NOT NULL,
  "last_success_at" TIMESTAMPTZ(3),
  "last_failure_at" TIMESTAMPTZ(3),
  "last_error" TEXT,
  CONSTRAINT "mail_server_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "mail_server_only_check" CHECK ("only"),
  CONSTRAINT "mail_server_security_check" CHECK ("security" IN ('tls', 'starttls', 'none')),
  CONSTRAINT "mail_server_credential_check" CHECK ("password_sealed" IS NULL OR ("username" IS NOT NULL AND "security" <> 'none'))
);
CREATE UNIQUE INDEX "mail_server_only_key" ON "mail_server"("only");

CREATE TABLE "notice" (
  "id" UUID NOT NULL,
  "topic" TEXT NOT NULL,
  -- Once for each threshold of each thing, once for each time that much fails.
  "key" TEXT NOT NULL,
  "severity" TEXT NOT NULL,
  "object_type" TEXT NOT NULL,
  "object_id" UUID NOT NULL,
  "object_name" TEXT NOT NULL,
  "group_slug" TEXT,
  "path" TEXT NOT NULL,
  "summary" TEXT NOT NULL,
  "data" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  -- Since when it is no longer so.
  "resolved_at" TIMESTAMPTZ(3),
  CONSTRAINT "notice_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "notice_key_key" ON "notice"("key");
CREATE INDEX "notice_created_at_id_idx" ON "notice"("created_at" DESC, "id" DESC);
-- While much fails somewhere, that is told once, whichever instance finds it.
CREATE UNIQUE INDEX "notice_standing_failure_key" ON "notice"("topic", "object_id")
  WHERE "resolved_at" IS NULL AND "topic" IN ('enrolment-failures', 'connector-failures');
CREATE INDEX "notice_standing_idx" ON "notice"("topic", "key") WHERE "resolved_at" IS NULL;

CREATE TABLE "notice_recipient" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "address" TEXT NOT NULL,
  "topics" TEXT[] NOT NULL,
  -- Slugs; empty for all of them and for what belongs to none.
  "groups" TEXT[] NOT NULL DEFAULT '{}',
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "paused_at" TIMESTAMPTZ(3),
  "removed_at" TIMESTAMPTZ(3),
  CONSTRAINT "notice_recipient_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "notice_recipient_address_key" ON "notice_recipient"(lower("address")) WHERE "removed_at" IS NULL;

CREATE TABLE "notice_delivery" (
  "id" UUID NOT NULL,
  -- Null for a test.
  "notice_id" UUID,
  "recipient_id" UUID,
  "address" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "next_attempt_at" TIMESTAMPTZ(3) NOT NULL,
  "claimed_until" TIMESTAMPTZ(3),
  "delivered_at" TIMESTAMPTZ(3),
  "given_up_at" TIMESTAMPTZ(3),
  "last_error" TEXT,
  CONSTRAINT "notice_delivery_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "notice_delivery_notice_id_fkey" FOREIGN KEY ("notice_id") REFERENCES "notice"("id") ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT "notice_delivery_recipient_id_fkey" FOREIGN KEY ("recipient_id") REFERENCES "notice_recipient"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "notice_delivery_notice_id_recipient_id_key" ON "notice_delivery"("notice_id", "recipient_id");
CREATE INDEX "notice_delivery_due_idx" ON "notice_delivery"("next_attempt_at") WHERE "delivered_at" IS NULL AND "given_up_at" IS NULL;
CREATE INDEX "notice_delivery_created_at_id_idx" ON "notice_delivery"("created_at" DESC, "id" DESC);

-- A test of an event webhook stands in its history and tells of no audit event.
ALTER TABLE "event_delivery" ALTER COLUMN "seq" DROP NOT NULL;
