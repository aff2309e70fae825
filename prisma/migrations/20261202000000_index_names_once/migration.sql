-- A transaction changes once, in no column that an index knows, and stays in all of its indexes as it is while its page has room.
ALTER TABLE "enrolment_transaction" SET (fillfactor = 80);

-- The trigrams of a challenge's names cost more than all of its other indexes: the JSON of its constraints said the subject once more,
-- among words that nobody searches for. The new index is built beside the old one: until it is there, challenges are read, though not
-- written. To the letter what lib/adapters/store/challenges.ts searches.
CREATE INDEX "challenge_names_new_idx" ON "challenge" USING gin (
  ("subject" || chr(10) || coalesce("device_name", '') || chr(10) || jsonb_path_query_array("constraints", '$.subject[*].value')::text
    || chr(10) || ("constraints" - '{v,subject,subjectDer}'::text[])::text) gin_trgm_ops
) WHERE "origin" IN ('minted', 'signed');
