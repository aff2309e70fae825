-- A certificate may name a shard of its issuer's revocation list. Existing ones go on naming the whole list: no shard.
CREATE TABLE "crl_shard" (
    "authority_id" UUID NOT NULL,
    "number" INTEGER NOT NULL,
    "url" TEXT NOT NULL,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),
    "certificates" INTEGER NOT NULL DEFAULT 0,
    "counted_until" TIMESTAMPTZ(3) NOT NULL,
    "ends_at" TIMESTAMPTZ(3),
    "content" TEXT NOT NULL DEFAULT '',
    "next_crl_number" BIGINT NOT NULL DEFAULT 1,
    "crl_due_since" TIMESTAMPTZ(3),
    "crl_claimed_until" TIMESTAMPTZ(3),
    CONSTRAINT "crl_shard_pkey" PRIMARY KEY ("authority_id", "number"),
    CONSTRAINT "crl_shard_number_check" CHECK ("number" > 0)
);
ALTER TABLE "crl_shard" ADD CONSTRAINT "crl_shard_authority_id_fkey" FOREIGN KEY ("authority_id") REFERENCES "authority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

ALTER TABLE "authority" ADD COLUMN "crl_shard" INTEGER;
ALTER TABLE "certificate" ADD COLUMN "crl_shard" INTEGER;
ALTER TABLE "certificate" ADD COLUMN "invalidity_date" TIMESTAMPTZ(3);

-- One row per list: shard 0 is the whole one. Numbers rise in each by itself (RFC 5280 §5.2.3).
ALTER TABLE "crl" ADD COLUMN "shard" INTEGER NOT NULL DEFAULT 0;
ALTER TABLE "crl" DROP CONSTRAINT "crl_pkey";
ALTER TABLE "crl" ADD CONSTRAINT "crl_pkey" PRIMARY KEY ("authority_id", "shard", "number");
-- Random serials do not compress, and what is stored as it is can be read a piece at a time.
ALTER TABLE "crl" ALTER COLUMN "der" SET STORAGE EXTERNAL;

-- What a list is read from, in its order. They hold revoked certificates alone: issuance never touches them.
CREATE INDEX "certificate_revoked" ON "certificate" ("authority_id", "serial" COLLATE "C") WHERE "revoked_at" IS NOT NULL;
CREATE INDEX "certificate_revoked_of_shard" ON "certificate" ("authority_id", "crl_shard", "serial" COLLATE "C") WHERE "revoked_at" IS NOT NULL;
