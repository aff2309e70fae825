-- Every way to authorise an enrolment, renewal and rollover. Widens only: what ran before this runs on it.

-- Settings of an endpoint (scep.md, "Endpoint settings and defaults").
ALTER TABLE "endpoint"
  ADD COLUMN "scep_identity" TEXT NOT NULL DEFAULT 'ra',
  ADD COLUMN "ca_certificates" TEXT NOT NULL DEFAULT 'chain',
  ADD COLUMN "reply_certificates" TEXT NOT NULL DEFAULT 'leaf',
  ADD COLUMN "allow_des" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "signer_key_policy" TEXT NOT NULL DEFAULT 'allow_with_challenge',
  ADD COLUMN "trusted_proxy_signers" TEXT[] NOT NULL DEFAULT '{}',
  ADD COLUMN "renewal" BOOLEAN NOT NULL DEFAULT true,
  ADD COLUMN "renewal_by_pkcs_req" BOOLEAN NOT NULL DEFAULT true,
  ADD COLUMN "renewal_window_days" INTEGER,
  ADD COLUMN "renewal_challenge" TEXT NOT NULL DEFAULT 'optional',
  ADD COLUMN "supersede_after_hours" INTEGER,
  ADD COLUMN "challenge_format" TEXT NOT NULL DEFAULT 'hex32',
  ADD COLUMN "revoke_on_second_key" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "approvals_required" INTEGER NOT NULL DEFAULT 1,
  ADD COLUMN "pending_ttl_hours" INTEGER NOT NULL DEFAULT 168,
  ADD COLUMN "approve_wrong_challenge" BOOLEAN NOT NULL DEFAULT false,
  ADD COLUMN "validator_id" UUID,
  ADD COLUMN "encryption_key_id" UUID;
ALTER TABLE "endpoint"
  ADD CONSTRAINT "endpoint_scep_identity" CHECK ("scep_identity" IN ('ra', 'ca')),
  ADD CONSTRAINT "endpoint_ca_certificates" CHECK ("ca_certificates" IN ('single', 'chain')),
  ADD CONSTRAINT "endpoint_reply_certificates" CHECK ("reply_certificates" IN ('leaf', 'leaf_issuer', 'leaf_chain')),
  ADD CONSTRAINT "endpoint_signer_key_policy" CHECK ("signer_key_policy" IN ('must_match_csr', 'allow_with_challenge')),
  ADD CONSTRAINT "endpoint_renewal_challenge" CHECK ("renewal_challenge" IN ('required', 'optional', 'ignored')),
  ADD CONSTRAINT "endpoint_challenge_format" CHECK ("challenge_format" IN ('hex32', 'hex16', 'base62', 'sealed')),
  ADD CONSTRAINT "endpoint_approvals_required" CHECK ("approvals_required" BETWEEN 1 AND 10),
  ADD CONSTRAINT "endpoint_pending_ttl" CHECK ("pending_ttl_hours" BETWEEN 1 AND 720),
  ADD CONSTRAINT "endpoint_renewal_window" CHECK ("renewal_window_days" BETWEEN 1 AND 3650),
  ADD CONSTRAINT "endpoint_supersede_after" CHECK ("supersede_after_hours" BETWEEN 0 AND 8760);

-- Whatever authorises an enrolment is a row of challenge that one request holds: a password that was minted, or an
-- authorisation made as the request came in. Each leads to one certificate at most.
CREATE TYPE "ChallengeOrigin" AS ENUM ('minted', 'signed', 'static', 'approval', 'delegated', 'renewal');
ALTER TABLE "challenge"
  ADD COLUMN "origin" "ChallengeOrigin" NOT NULL DEFAULT 'minted',
  ADD COLUMN "evidence" JSONB NOT NULL DEFAULT '{}',
  ADD COLUMN "renews_certificate_id" UUID;
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_renews_certificate_id_fkey" FOREIGN KEY ("renews_certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_renewal" CHECK (("origin" = 'renewal') = ("renews_certificate_id" IS NOT NULL));
CREATE INDEX "challenge_subject_idx" ON "challenge" ("subject");
CREATE INDEX "challenge_renews_idx" ON "challenge" ("renews_certificate_id") WHERE "renews_certificate_id" IS NOT NULL;

-- Lineage: the first certificate of a device, and those that renewed it.
ALTER TABLE "certificate"
  ADD COLUMN "renews_certificate_id" UUID,
  ADD COLUMN "lineage_id" UUID,
  ADD COLUMN "supersede_at" TIMESTAMPTZ(3);
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_renews_certificate_id_fkey" FOREIGN KEY ("renews_certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
CREATE INDEX "certificate_lineage_idx" ON "certificate" ("lineage_id") WHERE "lineage_id" IS NOT NULL;
CREATE INDEX "certificate_supersede_idx" ON "certificate" ("supersede_at") WHERE "supersede_at" IS NOT NULL AND "revoked_at" IS NULL;
CREATE INDEX "certificate_subject_idx" ON "certificate" ("subject");
-- One successor: a second renewal of the same certificate for another key is the sign of a stolen key.
CREATE UNIQUE INDEX "certificate_one_successor" ON "certificate" ("renews_certificate_id") WHERE "renews_certificate_id" IS NOT NULL AND "state" <> 'abandoned';

-- A transaction may wait for people, and remembers what asked.
ALTER TYPE "TransactionState" ADD VALUE 'pending';
ALTER TABLE "enrolment_transaction"
  ADD COLUMN "client" TEXT,
  ADD COLUMN "expires_at" TIMESTAMPTZ(3);
CREATE INDEX "enrolment_transaction_subject_idx" ON "enrolment_transaction" ("subject");
CREATE INDEX "enrolment_transaction_created_idx" ON "enrolment_transaction" ("created_at" DESC, "id");

-- The flight recorder: the steps of one exchange, kept for a while. Secrets are masked before they get here.
CREATE TABLE "enrolment_record" (
  "id" UUID NOT NULL,
  "enrolment_transaction_id" UUID,
  "endpoint_id" UUID NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "keep_until" TIMESTAMPTZ(3) NOT NULL,
  "operation" TEXT NOT NULL,
  "outcome" TEXT NOT NULL,
  "client" TEXT,
  "source_ip" TEXT,
  "steps" JSONB NOT NULL,
  CONSTRAINT "enrolment_record_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "enrolment_record_enrolment_transaction_id_idx" ON "enrolment_record" ("enrolment_transaction_id");
CREATE INDEX "enrolment_record_keep_until_idx" ON "enrolment_record" ("keep_until");
ALTER TABLE "enrolment_record" ADD CONSTRAINT "enrolment_record_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Static secrets: weak by nature, so bounded in every way there is.
CREATE TABLE "static_secret" (
  "id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "secret_hash" TEXT NOT NULL,
  "hint" TEXT NOT NULL,
  "subject_template" TEXT NOT NULL,
  "allowed_addresses" TEXT[] NOT NULL,
  "max_uses" INTEGER NOT NULL,
  "uses" INTEGER NOT NULL DEFAULT 0,
  "per_hour" INTEGER NOT NULL,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "revoked_at" TIMESTAMPTZ(3),
  "last_used_at" TIMESTAMPTZ(3),
  CONSTRAINT "static_secret_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "static_secret_uses" CHECK ("uses" >= 0 AND "uses" <= "max_uses")
);
CREATE INDEX "static_secret_endpoint_id_idx" ON "static_secret" ("endpoint_id");
ALTER TABLE "static_secret" ADD CONSTRAINT "static_secret_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- A request that waits for approval. No challenge is in it: proof of possession was verified when it came in.
CREATE TABLE "approval_request" (
  "enrolment_transaction_id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "spki" BYTEA NOT NULL,
  "subject_der" BYTEA NOT NULL,
  "sans" JSONB NOT NULL DEFAULT '[]',
  "requested" JSONB NOT NULL DEFAULT '{}',
  "state" TEXT NOT NULL DEFAULT 'open',
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "expires_at" TIMESTAMPTZ(3) NOT NULL,
  "decided_at" TIMESTAMPTZ(3),
  CONSTRAINT "approval_request_pkey" PRIMARY KEY ("enrolment_transaction_id"),
  CONSTRAINT "approval_request_state" CHECK ("state" IN ('open', 'approved', 'denied', 'expired'))
);
CREATE INDEX "approval_request_open_idx" ON "approval_request" ("expires_at") WHERE "state" = 'open';
ALTER TABLE "approval_request" ADD CONSTRAINT "approval_request_enrolment_transaction_id_fkey" FOREIGN KEY ("enrolment_transaction_id") REFERENCES "enrolment_transaction"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "approval_request" ADD CONSTRAINT "approval_request_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- One word of one person about one request.
CREATE TABLE "approval_decision" (
  "enrolment_transaction_id" UUID NOT NULL,
  "decided_by" TEXT NOT NULL,
  "name" TEXT NOT NULL,
  "approves" BOOLEAN NOT NULL,
  "comment" TEXT,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "approval_decision_pkey" PRIMARY KEY ("enrolment_transaction_id", "decided_by")
);
ALTER TABLE "approval_decision" ADD CONSTRAINT "approval_decision_enrolment_transaction_id_fkey" FOREIGN KEY ("enrolment_transaction_id") REFERENCES "approval_request"("enrolment_transaction_id") ON DELETE CASCADE ON UPDATE CASCADE;

-- Somebody else who mints signed challenges, with the keys that were registered for them.
CREATE TABLE "minter" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "issuer" TEXT NOT NULL,
  "jwks" JSONB NOT NULL,
  "jwks_url" TEXT,
  "subject_template" TEXT,
  "san_types" TEXT[] NOT NULL DEFAULT '{}',
  "max_ttl_minutes" INTEGER NOT NULL DEFAULT 60,
  "per_hour" INTEGER NOT NULL DEFAULT 1000,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "disabled_at" TIMESTAMPTZ(3),
  CONSTRAINT "minter_pkey" PRIMARY KEY ("id")
);
CREATE UNIQUE INDEX "minter_issuer_key" ON "minter" ("issuer");
CREATE TABLE "minter_endpoint" (
  "minter_id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  CONSTRAINT "minter_endpoint_pkey" PRIMARY KEY ("minter_id", "endpoint_id")
);
ALTER TABLE "minter_endpoint" ADD CONSTRAINT "minter_endpoint_minter_id_fkey" FOREIGN KEY ("minter_id") REFERENCES "minter"("id") ON DELETE CASCADE ON UPDATE CASCADE;
ALTER TABLE "minter_endpoint" ADD CONSTRAINT "minter_endpoint_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE CASCADE ON UPDATE CASCADE;

-- A validator: somebody else whom we ask whether a request may have its certificate. Credentials are sealed by the signer.
CREATE TABLE "validator" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "kind" TEXT NOT NULL DEFAULT 'webhook',
  "dialect" TEXT NOT NULL,
  "url" TEXT NOT NULL,
  "secret_sealed" BYTEA NOT NULL,
  "authorization_kind" TEXT NOT NULL DEFAULT 'none',
  "authorization_sealed" BYTEA,
  "timeout_ms" INTEGER NOT NULL DEFAULT 5000,
  "send_csr" TEXT NOT NULL DEFAULT 'masked',
  "ask_on_renewal" BOOLEAN NOT NULL DEFAULT false,
  "notify" BOOLEAN NOT NULL DEFAULT true,
  "notify_before_answer" BOOLEAN NOT NULL DEFAULT false,
  "allowed_hosts" TEXT[] NOT NULL DEFAULT '{}',
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "disabled_at" TIMESTAMPTZ(3),
  "failures" INTEGER NOT NULL DEFAULT 0,
  "open_until" TIMESTAMPTZ(3),
  "last_success_at" TIMESTAMPTZ(3),
  "last_failure_at" TIMESTAMPTZ(3),
  "last_error" TEXT,
  CONSTRAINT "validator_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "validator_dialect" CHECK ("dialect" IN ('standard', 'smallstep')),
  CONSTRAINT "validator_send_csr" CHECK ("send_csr" IN ('full', 'masked', 'fields'))
);
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_validator_id_fkey" FOREIGN KEY ("validator_id") REFERENCES "validator"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- What somebody must still be told, at least once.
CREATE TABLE "notification" (
  "id" UUID NOT NULL,
  "validator_id" UUID NOT NULL,
  "enrolment_transaction_id" UUID,
  "event" TEXT NOT NULL,
  "body" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "attempts" INTEGER NOT NULL DEFAULT 0,
  "next_attempt_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "claimed_until" TIMESTAMPTZ(3),
  "delivered_at" TIMESTAMPTZ(3),
  "given_up_at" TIMESTAMPTZ(3),
  "last_error" TEXT,
  CONSTRAINT "notification_pkey" PRIMARY KEY ("id")
);
CREATE INDEX "notification_due_idx" ON "notification" ("next_attempt_at") WHERE "delivered_at" IS NULL AND "given_up_at" IS NULL;
ALTER TABLE "notification" ADD CONSTRAINT "notification_validator_id_fkey" FOREIGN KEY ("validator_id") REFERENCES "validator"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Somebody else's SCEP server that asks us. Their secret is sealed by the signer.
CREATE TABLE "receiver" (
  "id" UUID NOT NULL,
  "name" TEXT NOT NULL,
  "endpoint_id" UUID NOT NULL,
  "secret_sealed" BYTEA NOT NULL,
  "previous_secret_sealed" BYTEA,
  "previous_secret_until" TIMESTAMPTZ(3),
  "renew_by_subject" BOOLEAN NOT NULL DEFAULT false,
  "created_by" TEXT NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  "disabled_at" TIMESTAMPTZ(3),
  "last_used_at" TIMESTAMPTZ(3),
  CONSTRAINT "receiver_pkey" PRIMARY KEY ("id")
);
ALTER TABLE "receiver" ADD CONSTRAINT "receiver_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- The answer to one signed question, given again when the same bytes come again.
CREATE TABLE "received_validation" (
  "receiver_id" UUID NOT NULL,
  "request_sha256" BYTEA NOT NULL,
  "challenge_id" UUID,
  "scep_transaction_id" TEXT,
  "csr_sha256" BYTEA,
  "answer" JSONB NOT NULL,
  "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "received_validation_pkey" PRIMARY KEY ("receiver_id", "request_sha256")
);
CREATE INDEX "received_validation_created_at_idx" ON "received_validation" ("created_at");
ALTER TABLE "received_validation" ADD CONSTRAINT "received_validation_receiver_id_fkey" FOREIGN KEY ("receiver_id") REFERENCES "receiver"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Rollover: a group may have one issuer that issues, one that is staged, and those that retired.
ALTER TABLE "authority"
  ADD COLUMN "status" TEXT NOT NULL DEFAULT 'active',
  ADD COLUMN "activates_at" TIMESTAMPTZ(3),
  ADD COLUMN "retired_at" TIMESTAMPTZ(3),
  ADD COLUMN "replaces_id" UUID;
ALTER TABLE "authority"
  ADD CONSTRAINT "authority_status" CHECK ("status" IN ('active', 'staged', 'retired')),
  ADD CONSTRAINT "authority_replaces_id_fkey" FOREIGN KEY ("replaces_id") REFERENCES "authority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;
DROP INDEX "authority_one_issuer_per_group";
CREATE UNIQUE INDEX "authority_one_issuer_per_group" ON "authority" ("group_id") WHERE "kind" = 'issuer' AND "status" = 'active';
CREATE UNIQUE INDEX "authority_one_staged_per_group" ON "authority" ("group_id") WHERE "kind" = 'issuer' AND "status" = 'staged';
ALTER TABLE "registration_authority" ADD COLUMN "authority_id" UUID;
