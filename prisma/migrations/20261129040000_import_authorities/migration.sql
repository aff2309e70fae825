-- Authorities that came from elsewhere: roots beside the one that set-up makes, and keys that are not here.

-- The root of set-up has the slug "root", which is unique; others may stand beside it.
DROP INDEX "authority_one_root";

ALTER TABLE "authority"
  ALTER COLUMN "key_id" DROP NOT NULL,
  ADD COLUMN "origin" TEXT NOT NULL DEFAULT 'made',
  ADD COLUMN "offline_key_id" UUID,
  ADD CONSTRAINT "authority_origin" CHECK ("origin" IN ('made', 'imported', 'requested')),
  -- Without a key it can only be one that has its certificate; a key is here or in a file, never both.
  ADD CONSTRAINT "authority_key" CHECK ("key_id" IS NOT NULL OR "certificate_der" IS NOT NULL),
  ADD CONSTRAINT "authority_offline_key" CHECK ("offline_key_id" IS NULL OR ("key_id" IS NULL AND "kind" = 'root'));
CREATE UNIQUE INDEX "authority_offline_key_id_key" ON "authority"("offline_key_id");

CREATE TABLE "authority_request" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "subject_der" BYTEA NOT NULL,
    "key_id" UUID NOT NULL,
    "key_algorithm" TEXT NOT NULL,
    "spki_sha256" BYTEA NOT NULL,
    "csr" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT NOT NULL,
    "accepted_at" TIMESTAMPTZ(3),
    "withdrawn_at" TIMESTAMPTZ(3),

    CONSTRAINT "authority_request_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "authority_request_ended_once" CHECK ("accepted_at" IS NULL OR "withdrawn_at" IS NULL)
);
CREATE UNIQUE INDEX "authority_request_key_id_key" ON "authority_request"("key_id");

-- An issuer is named once, and a name means one authority (RFC 5280 section 4.1.2.4), also between two who import at once.
CREATE UNIQUE INDEX "authority_imported_subject" ON "authority"("subject_der") WHERE "origin" <> 'made';
