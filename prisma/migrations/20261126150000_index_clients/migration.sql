-- Which client families have asked, and what each of them asked last.
CREATE INDEX "enrolment_transaction_client_idx" ON "enrolment_transaction" ("client", "created_at" DESC) WHERE "client" IS NOT NULL;
