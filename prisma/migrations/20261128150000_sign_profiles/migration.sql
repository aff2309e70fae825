-- Signed configuration profiles: certificates of their own kind, with keys that sign nothing else.

ALTER TYPE "CertificateKind" ADD VALUE 'profile' BEFORE 'leaf';

CREATE TABLE "profile_signer" (
    "id" UUID NOT NULL,
    "authority_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "certificate_id" UUID NOT NULL,
    "certificate_der" BYTEA,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "profile_signer_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "profile_signer_key_id_key" ON "profile_signer"("key_id");
CREATE UNIQUE INDEX "profile_signer_certificate_id_key" ON "profile_signer"("certificate_id");
CREATE INDEX "profile_signer_authority_id_not_after_idx" ON "profile_signer"("authority_id", "not_after" DESC);
ALTER TABLE "profile_signer" ADD CONSTRAINT "profile_signer_authority_id_fkey" FOREIGN KEY ("authority_id") REFERENCES "authority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Two instances that make one at once: the second one finds the first one's.
CREATE UNIQUE INDEX "profile_signer_one_to_come" ON "profile_signer" ("authority_id") WHERE "certificate_der" IS NULL;
