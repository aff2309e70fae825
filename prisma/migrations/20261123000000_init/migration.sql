-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "public";

-- CreateEnum
CREATE TYPE "Role" AS ENUM ('admin', 'operator', 'auditor');

-- CreateEnum
CREATE TYPE "AuthorityKind" AS ENUM ('root', 'issuer');

-- CreateEnum
CREATE TYPE "ChallengePolicy" AS ENUM ('dynamic', 'static', 'approval', 'delegated');

-- CreateEnum
CREATE TYPE "ChallengeState" AS ENUM ('pending', 'reserved', 'consumed', 'expired', 'revoked');

-- CreateEnum
CREATE TYPE "TransactionState" AS ENUM ('received', 'issued', 'refused', 'failed');

-- CreateEnum
CREATE TYPE "CertificateKind" AS ENUM ('root', 'issuer', 'ra', 'leaf');

-- CreateEnum
CREATE TYPE "CertificateState" AS ENUM ('intent', 'issued', 'abandoned');

-- CreateEnum
CREATE TYPE "RevocationReason" AS ENUM ('unspecified', 'keyCompromise', 'cACompromise', 'affiliationChanged', 'superseded', 'cessationOfOperation', 'certificateHold', 'privilegeWithdrawn', 'aACompromise');

-- CreateTable
CREATE TABLE "organisation" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "name" TEXT NOT NULL,
    "root_id" UUID,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "organisation_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "installation_value" (
    "name" TEXT NOT NULL,
    "value" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "installation_value_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "setup_link" (
    "id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "used_at" TIMESTAMPTZ(3),

    CONSTRAINT "setup_link_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "user" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "email" TEXT NOT NULL,
    "email_normalised" TEXT NOT NULL,
    "password_hash" TEXT NOT NULL,
    "role" "Role" NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "password_changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_sign_in_at" TIMESTAMPTZ(3),
    "disabled_at" TIMESTAMPTZ(3),

    CONSTRAINT "user_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "session" (
    "id" UUID NOT NULL,
    "token_hash" BYTEA NOT NULL,
    "user_id" UUID NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "last_seen_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "ended_at" TIMESTAMPTZ(3),
    "ended_reason" TEXT,
    "source_ip" TEXT,
    "user_agent" TEXT,

    CONSTRAINT "session_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "rate_limit" (
    "key" TEXT NOT NULL,
    "count" INTEGER NOT NULL DEFAULT 0,
    "window_start" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "blocked_until" TIMESTAMPTZ(3),

    CONSTRAINT "rate_limit_pkey" PRIMARY KEY ("key")
);

-- CreateTable
CREATE TABLE "api_key" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "role" "Role" NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "hint" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "created_by" TEXT,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "last_used_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "idempotent_request" (
    "api_key_id" UUID NOT NULL,
    "key_hash" BYTEA NOT NULL,
    "request_hash" BYTEA NOT NULL,
    "status" INTEGER,
    "sealed_body" BYTEA,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "idempotent_request_pkey" PRIMARY KEY ("api_key_id","key_hash")
);

-- CreateTable
CREATE TABLE "key" (
    "id" UUID NOT NULL,
    "purpose" TEXT NOT NULL,
    "algorithm" TEXT NOT NULL,
    "owner_id" UUID NOT NULL,
    "public_key" BYTEA NOT NULL,
    "spki_sha256" BYTEA NOT NULL,
    "kek_id" TEXT NOT NULL,
    "wrapped_dek" BYTEA NOT NULL,
    "ciphertext" BYTEA NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "key_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "authority" (
    "id" UUID NOT NULL,
    "kind" "AuthorityKind" NOT NULL,
    "slug" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "parent_id" UUID,
    "group_id" UUID,
    "key_id" UUID NOT NULL,
    "key_algorithm" TEXT NOT NULL,
    "subject_der" BYTEA NOT NULL,
    "subject_key_id" BYTEA NOT NULL,
    "certificate_id" UUID NOT NULL,
    "certificate_der" BYTEA,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "next_crl_number" BIGINT NOT NULL DEFAULT 1,
    "crl_due_since" TIMESTAMPTZ(3),
    "crl_claimed_until" TIMESTAMPTZ(3),

    CONSTRAINT "authority_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "crl" (
    "authority_id" UUID NOT NULL,
    "number" BIGINT NOT NULL,
    "this_update" TIMESTAMPTZ(3) NOT NULL,
    "next_update" TIMESTAMPTZ(3) NOT NULL,
    "entries" INTEGER NOT NULL,
    "der" BYTEA NOT NULL,
    "sha256" BYTEA NOT NULL,

    CONSTRAINT "crl_pkey" PRIMARY KEY ("authority_id","number")
);

-- CreateTable
CREATE TABLE "group" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "group_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "profile" (
    "id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "validity_days" INTEGER NOT NULL DEFAULT 365,
    "backdate_minutes" INTEGER NOT NULL DEFAULT 60,
    "extended_key_usage" TEXT[],
    "min_rsa_bits" INTEGER NOT NULL DEFAULT 2048,
    "elliptic_curves" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "profile_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "endpoint" (
    "id" UUID NOT NULL,
    "group_id" UUID NOT NULL,
    "authority_id" UUID NOT NULL,
    "profile_id" UUID NOT NULL,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "protocol" TEXT NOT NULL DEFAULT 'scep',
    "policy" "ChallengePolicy" NOT NULL DEFAULT 'dynamic',
    "enabled" BOOLEAN NOT NULL DEFAULT true,
    "challenge_ttl_minutes" INTEGER NOT NULL DEFAULT 60,
    "include_root" BOOLEAN NOT NULL DEFAULT true,
    "allow_sha1" BOOLEAN NOT NULL DEFAULT true,
    "allow_3des" BOOLEAN NOT NULL DEFAULT true,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "endpoint_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "registration_authority" (
    "id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "certificate_id" UUID NOT NULL,
    "certificate_der" BYTEA,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "retired_at" TIMESTAMPTZ(3),

    CONSTRAINT "registration_authority_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "challenge" (
    "id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "format" TEXT NOT NULL DEFAULT 'hex32',
    "handle_hash" BYTEA NOT NULL,
    "state" "ChallengeState" NOT NULL DEFAULT 'pending',
    "not_before" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "constraints" JSONB NOT NULL,
    "subject" TEXT NOT NULL,
    "device_name" TEXT,
    "minted_by" TEXT NOT NULL,
    "minted_via" TEXT NOT NULL,
    "minted_from" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "reserved_by" UUID,
    "reserved_csr_sha256" BYTEA,
    "reserved_spki_sha256" BYTEA,
    "reserved_at" TIMESTAMPTZ(3),
    "consumed_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "revoked_reason" TEXT,
    "failed_attempts" INTEGER NOT NULL DEFAULT 0,
    "last_failure_at" TIMESTAMPTZ(3),

    CONSTRAINT "challenge_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "enrolment_transaction" (
    "id" UUID NOT NULL,
    "endpoint_id" UUID NOT NULL,
    "transaction_id" BYTEA NOT NULL,
    "message_type" INTEGER,
    "csr_sha256" BYTEA,
    "spki_sha256" BYTEA,
    "signer_spki_sha256" BYTEA,
    "state" "TransactionState" NOT NULL DEFAULT 'received',
    "reason" TEXT,
    "detail" TEXT,
    "fail_info" INTEGER,
    "subject" TEXT,
    "challenge_id" UUID,
    "certificate_id" UUID,
    "source_ip" TEXT,
    "user_agent" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "claimed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "finished_at" TIMESTAMPTZ(3),
    "superseded_at" TIMESTAMPTZ(3),

    CONSTRAINT "enrolment_transaction_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "certificate" (
    "id" UUID NOT NULL,
    "kind" "CertificateKind" NOT NULL,
    "state" "CertificateState" NOT NULL DEFAULT 'intent',
    "authority_id" UUID NOT NULL,
    "group_id" UUID,
    "endpoint_id" UUID,
    "challenge_id" UUID,
    "enrolment_transaction_id" UUID,
    "serial" TEXT NOT NULL,
    "tbs" BYTEA,
    "tbs_sha256" BYTEA NOT NULL,
    "der" BYTEA,
    "fingerprint_sha256" BYTEA,
    "subject" TEXT NOT NULL,
    "subject_der" BYTEA NOT NULL,
    "common_name" TEXT,
    "sans" JSONB NOT NULL DEFAULT '[]',
    "key_algorithm" TEXT NOT NULL,
    "spki_sha256" BYTEA NOT NULL,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "issued_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),
    "revocation_reason" "RevocationReason",
    "revoked_by" TEXT,
    "revocation_comment" TEXT,

    CONSTRAINT "certificate_pkey" PRIMARY KEY ("id")
);

-- CreateTable
CREATE TABLE "job" (
    "name" TEXT NOT NULL,
    "next_run_at" TIMESTAMPTZ(3) NOT NULL,
    "claimed_by" TEXT,
    "claimed_until" TIMESTAMPTZ(3),
    "last_run_at" TIMESTAMPTZ(3),
    "last_error" TEXT,

    CONSTRAINT "job_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "audit_event" (
    "seq" BIGINT NOT NULL,
    "id" UUID NOT NULL,
    "time" TIMESTAMPTZ(3) NOT NULL,
    "type" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "severity" TEXT NOT NULL,
    "actor_id" TEXT,
    "actor_name" TEXT,
    "object_type" TEXT,
    "object_id" TEXT,
    "source_ip" TEXT,
    "payload" BYTEA NOT NULL,
    "leaf" BYTEA NOT NULL,
    "chain" BYTEA NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("seq")
);

-- CreateTable
CREATE TABLE "audit_head" (
    "id" INTEGER NOT NULL DEFAULT 1,
    "seq" BIGINT NOT NULL DEFAULT 0,
    "chain" BYTEA NOT NULL,

    CONSTRAINT "audit_head_pkey" PRIMARY KEY ("id")
);

-- CreateIndex
CREATE UNIQUE INDEX "organisation_root_id_key" ON "organisation"("root_id");

-- CreateIndex
CREATE UNIQUE INDEX "setup_link_token_hash_key" ON "setup_link"("token_hash");

-- CreateIndex
CREATE UNIQUE INDEX "user_email_normalised_key" ON "user"("email_normalised");

-- CreateIndex
CREATE UNIQUE INDEX "session_token_hash_key" ON "session"("token_hash");

-- CreateIndex
CREATE INDEX "session_user_id_created_at_idx" ON "session"("user_id", "created_at");

-- CreateIndex
CREATE INDEX "rate_limit_window_start_idx" ON "rate_limit"("window_start");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_key_hash_key" ON "api_key"("key_hash");

-- CreateIndex
CREATE INDEX "idempotent_request_created_at_idx" ON "idempotent_request"("created_at");

-- CreateIndex
CREATE UNIQUE INDEX "key_spki_sha256_key" ON "key"("spki_sha256");

-- CreateIndex
CREATE UNIQUE INDEX "authority_slug_key" ON "authority"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "authority_key_id_key" ON "authority"("key_id");

-- CreateIndex
CREATE UNIQUE INDEX "authority_certificate_id_key" ON "authority"("certificate_id");

-- CreateIndex
CREATE INDEX "authority_group_id_idx" ON "authority"("group_id");

-- CreateIndex
CREATE UNIQUE INDEX "group_slug_key" ON "group"("slug");

-- CreateIndex
CREATE UNIQUE INDEX "endpoint_slug_key" ON "endpoint"("slug");

-- CreateIndex
CREATE INDEX "endpoint_group_id_idx" ON "endpoint"("group_id");

-- CreateIndex
CREATE UNIQUE INDEX "registration_authority_key_id_key" ON "registration_authority"("key_id");

-- CreateIndex
CREATE UNIQUE INDEX "registration_authority_certificate_id_key" ON "registration_authority"("certificate_id");

-- CreateIndex
CREATE INDEX "registration_authority_endpoint_id_idx" ON "registration_authority"("endpoint_id");

-- CreateIndex
CREATE UNIQUE INDEX "challenge_handle_hash_key" ON "challenge"("handle_hash");

-- CreateIndex
CREATE INDEX "challenge_endpoint_id_created_at_idx" ON "challenge"("endpoint_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "challenge_state_expires_at_idx" ON "challenge"("state", "expires_at");

-- CreateIndex
CREATE INDEX "enrolment_transaction_endpoint_id_created_at_idx" ON "enrolment_transaction"("endpoint_id", "created_at" DESC);

-- CreateIndex
CREATE UNIQUE INDEX "certificate_challenge_id_key" ON "certificate"("challenge_id");

-- CreateIndex
CREATE UNIQUE INDEX "certificate_fingerprint_sha256_key" ON "certificate"("fingerprint_sha256");

-- CreateIndex
CREATE INDEX "certificate_kind_created_at_id_idx" ON "certificate"("kind", "created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "certificate_group_id_created_at_idx" ON "certificate"("group_id", "created_at" DESC);

-- CreateIndex
CREATE INDEX "certificate_not_after_id_idx" ON "certificate"("not_after", "id");

-- CreateIndex
CREATE UNIQUE INDEX "certificate_authority_id_serial_key" ON "certificate"("authority_id", "serial");

-- CreateIndex
CREATE UNIQUE INDEX "audit_event_id_key" ON "audit_event"("id");

-- CreateIndex
CREATE INDEX "audit_event_time_idx" ON "audit_event"("time");

-- CreateIndex
CREATE INDEX "audit_event_type_seq_idx" ON "audit_event"("type", "seq");

-- CreateIndex
CREATE INDEX "audit_event_actor_id_seq_idx" ON "audit_event"("actor_id", "seq");

-- CreateIndex
CREATE INDEX "audit_event_object_type_object_id_seq_idx" ON "audit_event"("object_type", "object_id", "seq");

-- AddForeignKey
ALTER TABLE "organisation" ADD CONSTRAINT "organisation_root_id_fkey" FOREIGN KEY ("root_id") REFERENCES "authority"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "session" ADD CONSTRAINT "session_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "idempotent_request" ADD CONSTRAINT "idempotent_request_api_key_id_fkey" FOREIGN KEY ("api_key_id") REFERENCES "api_key"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "authority" ADD CONSTRAINT "authority_parent_id_fkey" FOREIGN KEY ("parent_id") REFERENCES "authority"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "authority" ADD CONSTRAINT "authority_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "crl" ADD CONSTRAINT "crl_authority_id_fkey" FOREIGN KEY ("authority_id") REFERENCES "authority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "endpoint" ADD CONSTRAINT "endpoint_profile_id_fkey" FOREIGN KEY ("profile_id") REFERENCES "profile"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "registration_authority" ADD CONSTRAINT "registration_authority_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "enrolment_transaction" ADD CONSTRAINT "enrolment_transaction_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_authority_id_fkey" FOREIGN KEY ("authority_id") REFERENCES "authority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE SET NULL ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_challenge_id_fkey" FOREIGN KEY ("challenge_id") REFERENCES "challenge"("id") ON DELETE SET NULL ON UPDATE CASCADE;


-- What Prisma's schema language cannot say, by hand from here on. ---------------------------------------------------

-- One row each.
ALTER TABLE "organisation" ADD CONSTRAINT "organisation_single" CHECK ("id" = 1);
ALTER TABLE "audit_head" ADD CONSTRAINT "audit_head_single" CHECK ("id" = 1);

-- One root, and one active issuer per group; at most one setup link is open.
CREATE UNIQUE INDEX "authority_one_root" ON "authority" ("kind") WHERE "kind" = 'root';
CREATE UNIQUE INDEX "authority_one_issuer_per_group" ON "authority" ("group_id") WHERE "kind" = 'issuer';
CREATE UNIQUE INDEX "setup_link_one_open" ON "setup_link" ((1)) WHERE "used_at" IS NULL;

-- Two groups never share a name, however it is written.
CREATE UNIQUE INDEX "group_name_once" ON "group" (lower("name"));

-- One RA answers for an endpoint, and at most one successor is being made.
CREATE UNIQUE INDEX "registration_authority_one_answers" ON "registration_authority" ("endpoint_id") WHERE "certificate_der" IS NOT NULL AND "retired_at" IS NULL;
CREATE UNIQUE INDEX "registration_authority_one_to_come" ON "registration_authority" ("endpoint_id") WHERE "certificate_der" IS NULL;

-- A challenge is where its columns say it is.
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_reserved" CHECK ("state" <> 'reserved' OR ("reserved_by" IS NOT NULL AND "reserved_csr_sha256" IS NOT NULL AND "reserved_spki_sha256" IS NOT NULL AND "reserved_at" IS NOT NULL));
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_consumed" CHECK ("state" <> 'consumed' OR "consumed_at" IS NOT NULL);
ALTER TABLE "challenge" ADD CONSTRAINT "challenge_lifetime" CHECK ("expires_at" > "not_before");

-- RFC 8894 lets a client repeat a transactionID; one live row per (endpoint, transactionID, CSR).
CREATE UNIQUE INDEX "enrolment_transaction_live" ON "enrolment_transaction" ("endpoint_id", "transaction_id", "csr_sha256") WHERE "superseded_at" IS NULL;

-- Only what was refused before its CSR could be read lacks one; everything else has an identity to be found by.
ALTER TABLE "enrolment_transaction" ADD CONSTRAINT "enrolment_transaction_identity" CHECK ("state" = 'refused' OR ("message_type" IS NOT NULL AND "csr_sha256" IS NOT NULL AND "spki_sha256" IS NOT NULL AND "signer_spki_sha256" IS NOT NULL));

CREATE INDEX "enrolment_transaction_received" ON "enrolment_transaction" ("claimed_at") WHERE "state" = 'received';

-- A certificate is a fact: an intent becomes issued or abandoned once, and then only its revocation may change.
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_serial" CHECK ("serial" ~ '^[0-9A-F]{2,40}$');
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_issued" CHECK (("state" = 'issued') = ("der" IS NOT NULL AND "fingerprint_sha256" IS NOT NULL AND "issued_at" IS NOT NULL));
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_intent" CHECK ("state" <> 'intent' OR "tbs" IS NOT NULL);
ALTER TABLE "certificate" ADD CONSTRAINT "certificate_revoked" CHECK (("revoked_at" IS NULL) = ("revocation_reason" IS NULL) AND ("revoked_at" IS NULL OR "state" = 'issued'));

CREATE FUNCTION certificate_is_a_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'certificates are never deleted';
  END IF;
  IF NEW.id <> OLD.id OR NEW.kind <> OLD.kind OR NEW.authority_id <> OLD.authority_id OR NEW.serial <> OLD.serial
     OR NEW.tbs_sha256 <> OLD.tbs_sha256 OR NEW.not_before <> OLD.not_before OR NEW.not_after <> OLD.not_after
     OR NEW.spki_sha256 <> OLD.spki_sha256 OR NEW.subject_der <> OLD.subject_der THEN
    RAISE EXCEPTION 'what a certificate says never changes';
  END IF;
  IF OLD.state <> 'intent' AND (NEW.state <> OLD.state OR NEW.der IS DISTINCT FROM OLD.der) THEN
    RAISE EXCEPTION 'a certificate that is % stays so', OLD.state;
  END IF;
  IF OLD.revoked_at IS NOT NULL AND OLD.revocation_reason <> 'certificateHold'
     AND (NEW.revoked_at IS DISTINCT FROM OLD.revoked_at OR NEW.revocation_reason IS DISTINCT FROM OLD.revocation_reason) THEN
    RAISE EXCEPTION 'a revocation is final';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "certificate_is_a_fact" BEFORE UPDATE OR DELETE ON "certificate" FOR EACH ROW EXECUTE FUNCTION certificate_is_a_fact();

-- For searching the list by serial, name and subject alternative name.
CREATE INDEX "certificate_serial_idx" ON "certificate" ("serial");

-- For building CRLs, and for finding what a crash left behind.
CREATE INDEX "certificate_revoked_idx" ON "certificate" ("authority_id", "serial") WHERE "revoked_at" IS NOT NULL;
CREATE INDEX "certificate_intent_idx" ON "certificate" ("created_at") WHERE "state" = 'intent';

-- The audit chain: append-only, and appended by audit_append() alone.
INSERT INTO "audit_head" ("id", "seq", "chain") VALUES (1, 0, decode(repeat('00', 32), 'hex'));

-- Appends one event as the last statement of a transaction. The canonical JSON arrives in two pieces, before and after
-- the value of "time", so that the database's clock orders all events and the bytes hashed are the bytes stored.
-- leaf = SHA-256(0x00 || payload), chain = SHA-256(0x02 || chain of the row before || leaf).
-- It runs with its owner's rights, for nobody else may write to the trail, and with a search path of its own, for its
-- caller's could put other tables and functions in front. Who may call it is granted after the migrations.
CREATE FUNCTION audit_append(before_time text, after_time text) RETURNS bigint LANGUAGE plpgsql
  SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
  head audit_head%ROWTYPE;
  moment timestamptz(3);
  stamp text;
  field text;
  event jsonb;
  payload bytea;
  leaf bytea;
  next_chain bytea;
BEGIN
  SELECT * INTO STRICT head FROM audit_head WHERE id = 1 FOR UPDATE;
  moment := date_trunc('milliseconds', clock_timestamp());
  stamp := to_char(moment AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"');
  payload := convert_to(before_time || stamp || after_time, 'UTF8');
  event := convert_from(payload, 'UTF8')::jsonb;
  FOREACH field IN ARRAY ARRAY['id', 'type', 'outcome', 'severity'] LOOP
    IF jsonb_typeof(event->field) IS DISTINCT FROM 'string' OR event->>field = '' THEN
      RAISE EXCEPTION 'an audit event says its %', field;
    END IF;
  END LOOP;
  IF event->>'time' IS DISTINCT FROM stamp THEN
    RAISE EXCEPTION 'the time of an audit event is the database''s';
  END IF;
  leaf := sha256('\x00'::bytea || payload);
  next_chain := sha256('\x02'::bytea || head.chain || leaf);
  INSERT INTO audit_event (seq, id, time, type, outcome, severity, actor_id, actor_name, object_type, object_id, source_ip, payload, leaf, chain)
  VALUES (head.seq + 1, (event->>'id')::uuid, moment, event->>'type', event->>'outcome', event->>'severity',
          event->'actor'->>'id', event->'actor'->>'name', event->'object'->>'type', event->'object'->>'id',
          event->'source'->>'ip', payload, leaf, next_chain);
  UPDATE audit_head SET seq = head.seq + 1, chain = next_chain WHERE id = 1;
  RETURN head.seq + 1;
END $$;
REVOKE EXECUTE ON FUNCTION audit_append(text, text) FROM PUBLIC;

CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail is append-only';
END $$;
CREATE TRIGGER "audit_event_append_only" BEFORE UPDATE OR DELETE OR TRUNCATE ON "audit_event" FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
CREATE TRIGGER "audit_head_stays" BEFORE DELETE OR TRUNCATE ON "audit_head" FOR EACH STATEMENT EXECUTE FUNCTION audit_is_append_only();
