-- Microsoft Intune: an endpoint's validator may be a connector, which has other words for everything.
ALTER TABLE "validator" ADD CONSTRAINT "validator_kind" CHECK ("kind" IN ('webhook', 'intune'));
ALTER TABLE "validator" ADD CONSTRAINT "validator_of_connector" CHECK (("kind" = 'webhook') = ("connector_id" IS NULL) AND ("connector_id" IS NULL OR "connector_id" = "id"));

-- The asking side of an Intune connector comes and changes with it, in the same transaction, whoever writes the connector.
CREATE FUNCTION "intune_validator"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO "validator" ("id", "name", "kind", "dialect", "url", "secret_sealed", "notify", "notify_before_answer", "connector_id", "created_by", "disabled_at")
  VALUES (NEW."id", NEW."name", 'intune', 'standard', '', ''::bytea, true, true, NEW."id", NEW."created_by", NEW."disabled_at")
  ON CONFLICT ("id") DO UPDATE SET "name" = excluded."name", "disabled_at" = excluded."disabled_at", "updated_at" = now();
  RETURN NULL;
END $$;
CREATE TRIGGER "intune_validator" AFTER INSERT OR UPDATE OF "name", "disabled_at" ON "connector"
  FOR EACH ROW WHEN (NEW."kind" = 'intune') EXECUTE FUNCTION "intune_validator"();
UPDATE "connector" SET "name" = "name" WHERE "kind" = 'intune';

-- What is to be told, where it repeats a request with its challenge: sealed by the signer, gone once it was told.
ALTER TABLE "notification" ADD COLUMN "sealed" BYTEA;

-- What Intune was told about a certificate: by this serial it asks for its revocation.
CREATE TABLE "intune_certificate" (
  "certificate_id" UUID NOT NULL,
  "connector_id" UUID NOT NULL,
  "reported_serial" TEXT NOT NULL,
  "reported_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  -- From then on the device has it.
  "confirmed_at" TIMESTAMPTZ(3),
  CONSTRAINT "intune_certificate_pkey" PRIMARY KEY ("certificate_id"),
  CONSTRAINT "intune_certificate_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "intune_certificate_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "intune_certificate_connector_id_reported_serial_idx" ON "intune_certificate"("connector_id", "reported_serial");

-- Which key a challenge of Intune's was first seen with.
CREATE TABLE "intune_challenge" (
  "connector_id" UUID NOT NULL,
  "challenge_sha256" BYTEA NOT NULL,
  "spki_sha256" BYTEA NOT NULL,
  "first_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  CONSTRAINT "intune_challenge_pkey" PRIMARY KEY ("connector_id", "challenge_sha256"),
  CONSTRAINT "intune_challenge_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "intune_challenge_first_seen_at_idx" ON "intune_challenge"("first_seen_at");

-- A request of Intune's to revoke, and what came of it: kept before Intune is told, so that a crash forgets nothing.
CREATE TABLE "intune_revocation" (
  "id" UUID NOT NULL,
  "connector_id" UUID NOT NULL,
  "request_context" TEXT NOT NULL,
  "context_sha256" BYTEA NOT NULL,
  "serial" TEXT NOT NULL,
  "certificate_id" UUID,
  "succeeded" BOOLEAN NOT NULL,
  "error_code" TEXT NOT NULL,
  "error_message" TEXT NOT NULL,
  "received_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "uploaded_at" TIMESTAMPTZ(3),
  CONSTRAINT "intune_revocation_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "intune_revocation_result" CHECK ("succeeded" = ("error_code" = 'None')),
  CONSTRAINT "intune_revocation_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "intune_revocation_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE UNIQUE INDEX "intune_revocation_connector_id_context_sha256_key" ON "intune_revocation"("connector_id", "context_sha256");
CREATE INDEX "intune_revocation_connector_id_received_at_idx" ON "intune_revocation"("connector_id", "received_at") WHERE "uploaded_at" IS NULL;
CREATE INDEX "intune_revocation_uploaded_at_idx" ON "intune_revocation"("uploaded_at");

-- When a connector's revocation requests are fetched next, and who is at it.
CREATE TABLE "intune_pull" (
  "connector_id" UUID NOT NULL,
  "next_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "claimed_until" TIMESTAMPTZ(3),
  "claimed_by" TEXT,
  "last_at" TIMESTAMPTZ(3),
  CONSTRAINT "intune_pull_pkey" PRIMARY KEY ("connector_id"),
  CONSTRAINT "intune_pull_connector_id_fkey" FOREIGN KEY ("connector_id") REFERENCES "connector"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
