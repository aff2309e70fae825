-- A request that a certificate of ours signed and that people decide about leads to that certificate's successor.
-- Requests that wait already say nothing of it, and stay what they are.
ALTER TABLE "approval_request" ADD COLUMN "renews_certificate_id" UUID, ADD COLUMN "rules" JSONB NOT NULL DEFAULT '{}';
ALTER TABLE "approval_request" ADD CONSTRAINT "approval_request_renews_certificate_id_fkey" FOREIGN KEY ("renews_certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
