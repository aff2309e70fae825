-- A list is read from its index alone, without a look at the certificates, which lie all over the table.
DROP INDEX "certificate_revoked";
DROP INDEX "certificate_revoked_of_shard";
CREATE INDEX "certificate_revoked" ON "certificate" ("authority_id", "serial" COLLATE "C")
    INCLUDE ("revoked_at", "not_after", "revocation_reason", "invalidity_date", "crl_shard") WHERE "revoked_at" IS NOT NULL;
CREATE INDEX "certificate_revoked_of_shard" ON "certificate" ("authority_id", "crl_shard", "serial" COLLATE "C")
    INCLUDE ("revoked_at", "not_after", "revocation_reason", "invalidity_date") WHERE "revoked_at" IS NOT NULL;
