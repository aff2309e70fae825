-- What waits for a certificate is found through the few bulk revocations that are scheduled; freezing a hundred thousand
-- certificates need not keep an index for it.
DROP INDEX "bulk_revocation_item_certificate_id_idx";
