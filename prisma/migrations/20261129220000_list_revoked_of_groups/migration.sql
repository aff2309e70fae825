-- The revoked of one group, newest first, as a list shows them. Issuance never touches it.
CREATE INDEX "certificate_revoked_of_group_idx" ON "certificate" ("group_id", "created_at" DESC, "id") WHERE "revoked_at" IS NOT NULL;
-- Revocation lists are read from certificate_revoked, which has all of this one's columns.
DROP INDEX "certificate_revoked_idx";
