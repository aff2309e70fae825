-- A registration authority of a staged issuer is ready before it answers: one answers, one waits beside it.
DROP INDEX "registration_authority_one_answers";
CREATE UNIQUE INDEX "registration_authority_one_answers" ON "registration_authority" ("endpoint_id") WHERE "certificate_der" IS NOT NULL AND "retired_at" IS NULL AND "authority_id" IS NULL;
CREATE UNIQUE INDEX "registration_authority_one_staged" ON "registration_authority" ("endpoint_id") WHERE "retired_at" IS NULL AND "authority_id" IS NOT NULL;
ALTER TABLE "registration_authority" ADD CONSTRAINT "registration_authority_authority_id_fkey" FOREIGN KEY ("authority_id") REFERENCES "authority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
DROP INDEX "registration_authority_one_to_come";
CREATE UNIQUE INDEX "registration_authority_one_to_come" ON "registration_authority" ("endpoint_id") WHERE "certificate_der" IS NULL AND "retired_at" IS NULL AND "authority_id" IS NULL;
