-- A record is told in the one column or in the other. Some databases have this already, from the migration before as it was for a day.
ALTER TABLE "enrolment_record" DROP CONSTRAINT IF EXISTS "enrolment_record_tells";
ALTER TABLE "enrolment_record" ADD CONSTRAINT "enrolment_record_tells" CHECK ("story" IS NOT NULL OR "steps" IS NOT NULL) NOT VALID;
