-- People look a transaction up by the id its device chose, as it stands in the device's log.
CREATE INDEX "enrolment_transaction_transaction_id_idx" ON "enrolment_transaction" ("transaction_id");
