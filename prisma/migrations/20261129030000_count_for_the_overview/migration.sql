-- What the overview counts is read from indexes alone, without a look at the rows, which are wide and lie all over their tables.

-- In place of the index over the same columns: the same order, and what makes a status and a period beside it.
CREATE INDEX "certificate_counted_idx" ON "certificate" ("issued_at", "id")
    INCLUDE ("not_before", "not_after", "revoked_at", "revocation_reason", "authority_id", "group_id", "renews_certificate_id")
    WHERE "kind" = 'leaf' AND "state" = 'issued';
DROP INDEX "certificate_issued_leaf_idx";

-- Devices that went without a certificate: few beside the others, unless something is wrong.
CREATE INDEX "enrolment_transaction_unsuccessful_idx" ON "enrolment_transaction" ("created_at" DESC, "id")
    INCLUDE ("endpoint_id", "state", "reason", "message_type") WHERE "state" IN ('refused', 'failed');

-- Challenges that wait, by endpoint.
CREATE INDEX "challenge_waiting_idx" ON "challenge" ("endpoint_id", "expires_at") INCLUDE ("origin") WHERE "state" = 'pending';
