-- What a flight record tells is written at every enrolment and searched by nothing: as text, Postgres keeps it as it comes instead
-- of taking it apart. Records from before keep theirs in "steps", until they are forgotten.
ALTER TABLE "enrolment_record" ADD COLUMN "story" TEXT, ALTER COLUMN "steps" DROP NOT NULL;
