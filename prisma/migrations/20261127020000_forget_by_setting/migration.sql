-- Records are forgotten by the retention that is set when the job runs, not by the one that was set when they were written.
-- The column stays while an instance of the version before may still write it.
ALTER TABLE "enrolment_record" ALTER COLUMN "keep_until" DROP NOT NULL;
DROP INDEX "enrolment_record_keep_until_idx";
CREATE INDEX "enrolment_record_outcome_created_at_idx" ON "enrolment_record" ("outcome", "created_at");
