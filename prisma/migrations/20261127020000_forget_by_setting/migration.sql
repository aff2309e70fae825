-- Records are forgotten by the retention that is set when the job runs, not by the one that was set when they were written.
-- An instance of the version before drops its records while the new one starts up, and counts them in its log.
ALTER TABLE "enrolment_record" DROP COLUMN "keep_until";
CREATE INDEX "enrolment_record_outcome_created_at_idx" ON "enrolment_record" ("outcome", "created_at");
