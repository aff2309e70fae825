-- While an index of challenges knows their state, one that is consumed enters all of their indexes anew. What is not consumed has a
-- narrow table of its own, and those that wait are few of its rows: consuming a challenge takes its row out of that one and leaves the
-- challenge where it is. Versions before this one find the same in "index_state".

CREATE TABLE "challenge_unspent" (
    "challenge_id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "page_account_id" UUID,
    "origin" "ChallengeOrigin" NOT NULL,
    "state" "ChallengeState" NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "challenge_unspent_pkey" PRIMARY KEY ("challenge_id")
);

-- The table follows whoever writes a challenge, versions before this one too. A function keeps the plan that was made while the table
-- was as good as empty.
CREATE FUNCTION challenge_unspent_follow() RETURNS trigger LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp SET enable_seqscan = off AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND (OLD.id <> NEW.id OR OLD.endpoint_id <> NEW.endpoint_id
      OR OLD.page_account_id IS DISTINCT FROM NEW.page_account_id) THEN
    RAISE EXCEPTION 'a challenge stays where it was minted';
  END IF;
  IF NEW.state = 'consumed' THEN
    DELETE FROM challenge_unspent WHERE challenge_id = NEW.id;
  ELSE
    INSERT INTO challenge_unspent (challenge_id, endpoint_id, page_account_id, origin, state, expires_at)
    VALUES (NEW.id, NEW.endpoint_id, NEW.page_account_id, NEW.origin,
      CASE NEW.state WHEN 'reserved' THEN 'pending' ELSE NEW.state END, NEW.expires_at)
    ON CONFLICT (challenge_id) DO UPDATE SET origin = excluded.origin, state = excluded.state, expires_at = excluded.expires_at;
  END IF;
  RETURN NULL;
END $$;
-- What runs with its owner's rights is nobody's to put on a table of their own.
REVOKE EXECUTE ON FUNCTION challenge_unspent_follow(), keep_past_hold(), keep_policy_version() FROM PUBLIC;

CREATE TRIGGER challenge_unspent_begins AFTER INSERT ON "challenge"
    FOR EACH ROW WHEN (NEW.state <> 'consumed') EXECUTE FUNCTION challenge_unspent_follow();
-- A reservation changes nothing here: one that is reserved still waits.
CREATE TRIGGER challenge_unspent_changes AFTER UPDATE ON "challenge"
    FOR EACH ROW WHEN (
      CASE OLD.state WHEN 'reserved' THEN 'pending' ELSE OLD.state END <> CASE NEW.state WHEN 'reserved' THEN 'pending' ELSE NEW.state END
      OR OLD.expires_at <> NEW.expires_at OR OLD.origin <> NEW.origin OR OLD.id <> NEW.id OR OLD.endpoint_id <> NEW.endpoint_id
      OR OLD.page_account_id IS DISTINCT FROM NEW.page_account_id)
    EXECUTE FUNCTION challenge_unspent_follow();

INSERT INTO "challenge_unspent" ("challenge_id", "endpoint_id", "page_account_id", "origin", "state", "expires_at")
    SELECT "id", "endpoint_id", "page_account_id", "origin", "index_state", "expires_at" FROM "challenge" WHERE "state" <> 'consumed';

CREATE INDEX "challenge_unspent_endpoint_id_expires_at_idx" ON "challenge_unspent" ("endpoint_id", "expires_at") WHERE "state" = 'pending';
CREATE INDEX "challenge_unspent_page_account_id_expires_at_idx" ON "challenge_unspent" ("page_account_id", "expires_at")
    WHERE "page_account_id" IS NOT NULL AND "state" = 'pending';
CREATE INDEX "challenge_unspent_state_expires_at_idx" ON "challenge_unspent" ("state", "expires_at");

-- Beside those of the same names that know the state.
CREATE INDEX "challenge_device_serial_new_idx" ON "challenge" ("endpoint_id", ("constraints"->'rules'->>'deviceSerial'))
    WHERE "constraints"->'rules' ? 'deviceSerial';
CREATE INDEX "challenge_device_udid_new_idx" ON "challenge" ("endpoint_id", ("constraints"->'rules'->>'deviceUdid'))
    WHERE "constraints"->'rules' ? 'deviceUdid';

DO $$
BEGIN
    IF EXISTS (SELECT FROM "challenge_unspent") THEN ANALYZE "challenge_unspent"; END IF;
END
$$;
