-- GetCert and GetCRL that were answered leave a row like the refused ones: of a question, which has no certificate request.
ALTER TYPE "TransactionState" ADD VALUE 'answered';
ALTER TABLE "enrolment_transaction" DROP CONSTRAINT "enrolment_transaction_identity";
ALTER TABLE "enrolment_transaction" ADD CONSTRAINT "enrolment_transaction_identity" CHECK ("state"::text IN ('refused', 'answered') OR ("message_type" IS NOT NULL AND "csr_sha256" IS NOT NULL AND "spki_sha256" IS NOT NULL AND "signer_spki_sha256" IS NOT NULL));
