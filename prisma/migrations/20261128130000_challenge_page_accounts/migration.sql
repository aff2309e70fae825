-- Device managements that fetch challenges on the page that looks like Microsoft's NDES.
CREATE TABLE "challenge_page_account" (
  "id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "user" TEXT NOT NULL CHECK ("user" ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
  "secret_hash" BYTEA NOT NULL CHECK (octet_length("secret_hash") = 32),
  "secret_since" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "previous_secret_hash" BYTEA,
  "previous_secret_until" TIMESTAMPTZ(3),
  "allowed_addresses" TEXT[],
  "encoding" TEXT NOT NULL DEFAULT 'utf-16le' CHECK ("encoding" IN ('utf-16le', 'utf-8')),
  "format" TEXT NOT NULL DEFAULT 'hex32' CHECK ("format" IN ('hex32', 'hex16')),
  "ttl_minutes" INTEGER NOT NULL DEFAULT 60 CHECK ("ttl_minutes" BETWEEN 5 AND 1440),
  "most_pending" INTEGER NOT NULL DEFAULT 1000 CHECK ("most_pending" > 0),
  "subject_template" TEXT NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT now(),
  "disabled_at" TIMESTAMPTZ(3),
  "last_used_at" TIMESTAMPTZ(3),
  "last_refusal" TEXT,
  "last_refused_at" TIMESTAMPTZ(3),
  CONSTRAINT "challenge_page_account_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "challenge_page_account_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  -- Sixteen digits are worth guessing for an hour at most.
  CONSTRAINT "challenge_page_account_short_life" CHECK ("format" <> 'hex16' OR "ttl_minutes" <= 60)
);
CREATE UNIQUE INDEX "challenge_page_account_endpoint_id_user_key" ON "challenge_page_account"("endpoint_id", "user");

-- On whose page it was minted. Counted are those that wait.
ALTER TABLE "challenge" ADD COLUMN "page_account_id" UUID;
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_page_account_id_fkey" FOREIGN KEY ("page_account_id") REFERENCES "challenge_page_account"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "challenge_page_account_pending_idx" ON "challenge"("page_account_id", "expires_at") WHERE "page_account_id" IS NOT NULL AND "state" = 'pending';
