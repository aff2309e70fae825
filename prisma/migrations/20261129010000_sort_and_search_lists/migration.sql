-- Lists are sorted and searched along indexes, however long they are. What is sorted by the start of another index uses that.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- To the letter what lib/adapters/store/certificate-filter.ts searches.
CREATE INDEX "certificate_names_idx" ON "certificate" USING gin (
  ("subject" || chr(10) || coalesce("common_name", '') || chr(10) || jsonb_path_query_array("sans", '$[*].value')::text) gin_trgm_ops
);

CREATE INDEX "enrolment_transaction_name_idx" ON "enrolment_transaction" (coalesce("subject", ''), "id");
CREATE INDEX "enrolment_transaction_subject_trgm_idx" ON "enrolment_transaction" USING gin ("subject" gin_trgm_ops);

-- Authorisations that nobody minted are on no list, and made far more often.
CREATE INDEX "challenge_minted_idx" ON "challenge" ("created_at", "id") WHERE "origin" IN ('minted', 'signed');
CREATE INDEX "challenge_ends_idx" ON "challenge" ("expires_at", "id") WHERE "origin" IN ('minted', 'signed');
-- To the letter what lib/adapters/store/challenges.ts searches.
CREATE INDEX "challenge_names_idx" ON "challenge" USING gin (
  ("subject" || chr(10) || coalesce("device_name", '') || chr(10) || "constraints"::text) gin_trgm_ops
) WHERE "origin" IN ('minted', 'signed');

CREATE INDEX "approval_request_asked_idx" ON "approval_request" ("created_at", "enrolment_transaction_id");
