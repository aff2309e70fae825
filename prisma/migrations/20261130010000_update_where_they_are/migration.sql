-- An enrolment changes its challenge twice and its transaction once. While an index knows a state, each change of it moves the row
-- into every index of its table anew; a state as indexes know it, which an enrolment that goes as usual does not change, leaves the
-- row where it is. A challenge that is reserved counts as one that is pending.

DROP INDEX "challenge_state_expires_at_idx", "challenge_waiting_idx", "challenge_page_account_pending_idx",
    "challenge_device_serial_idx", "challenge_device_udid_idx";
DROP INDEX "enrolment_transaction_received", "enrolment_transaction_unsuccessful_idx", "enrolment_transaction_challenge_refused";

ALTER TABLE "challenge"
    SET (fillfactor = 85),
    ADD COLUMN "index_state" "ChallengeState"
        GENERATED ALWAYS AS (CASE "state" WHEN 'reserved' THEN 'pending' ELSE "state" END) STORED;

-- Of transactions: those that ended badly, and those that are worked on and could be left behind. One that was recorded together
-- with the intent of its certificate is not among them: who finishes the intent after a crash finishes it, too.
ALTER TABLE "enrolment_transaction"
    ADD COLUMN "with_intent" BOOLEAN NOT NULL DEFAULT false,
    ADD COLUMN "index_state" "TransactionState"
        GENERATED ALWAYS AS (CASE WHEN "state" IN ('refused', 'failed') OR ("state" = 'received' AND NOT "with_intent") THEN "state" END) STORED;

CREATE INDEX "challenge_index_state_expires_at_idx" ON "challenge" ("index_state", "expires_at");
CREATE INDEX "challenge_waiting_idx" ON "challenge" ("endpoint_id", "expires_at") WHERE "index_state" = 'pending';
CREATE INDEX "challenge_page_account_pending_idx" ON "challenge" ("page_account_id", "expires_at")
    WHERE "page_account_id" IS NOT NULL AND "index_state" = 'pending';
CREATE INDEX "challenge_device_serial_idx" ON "challenge" ("endpoint_id", ("constraints"->'rules'->>'deviceSerial'))
    WHERE "index_state" = 'pending' AND "constraints"->'rules' ? 'deviceSerial';
CREATE INDEX "challenge_device_udid_idx" ON "challenge" ("endpoint_id", ("constraints"->'rules'->>'deviceUdid'))
    WHERE "index_state" = 'pending' AND "constraints"->'rules' ? 'deviceUdid';

CREATE INDEX "enrolment_transaction_received" ON "enrolment_transaction" ("claimed_at") WHERE "index_state" = 'received';
CREATE INDEX "enrolment_transaction_unsuccessful_idx" ON "enrolment_transaction" ("created_at" DESC, "id")
    INCLUDE ("endpoint_id", "index_state", "reason", "message_type") WHERE "index_state" IN ('refused', 'failed');
CREATE INDEX "enrolment_transaction_challenge_refused" ON "enrolment_transaction" ("challenge_id", "created_at" DESC)
    WHERE "challenge_id" IS NOT NULL AND "index_state" = 'refused';

-- Nothing is known of a new column until somebody looks, and both tables were written anew, which counts as no change of theirs. What is
-- empty is left alone: to be known as empty is worse than not to be known.
DO $$
BEGIN
    IF EXISTS (SELECT FROM "challenge") THEN ANALYZE "challenge"; END IF;
    IF EXISTS (SELECT FROM "enrolment_transaction") THEN ANALYZE "enrolment_transaction"; END IF;
END
$$;
