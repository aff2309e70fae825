-- A certificate is written twice, as an intent and as it is issued, and each time anew into every index that knows it. What people
-- and jobs look for is issued, or at least no intent any more: an intent stays out of these. Certificates can be read while this runs,
-- and not written: devices come again.
CREATE INDEX "certificate_issued_of_group_idx" ON "certificate" ("group_id", "created_at" DESC) WHERE "state" = 'issued';
CREATE INDEX "certificate_issued_ends_idx" ON "certificate" ("not_after", "id") WHERE "state" = 'issued';
CREATE INDEX "certificate_issued_by_authority_idx" ON "certificate" ("authority_id", "not_after") WHERE "state" = 'issued';
CREATE INDEX "certificate_issued_for_key_idx" ON "certificate" ("spki_sha256") WHERE "state" = 'issued';
CREATE INDEX "certificate_decided_subject_idx" ON "certificate" ("subject") WHERE "state" <> 'intent';
CREATE UNIQUE INDEX "certificate_one_fingerprint" ON "certificate" ("fingerprint_sha256") WHERE "fingerprint_sha256" IS NOT NULL;

-- Serials are unique of an authority, and are looked for with it and without: one index that begins with the serial does for both.
CREATE UNIQUE INDEX "certificate_serial_authority_id_key" ON "certificate" ("serial", "authority_id");
