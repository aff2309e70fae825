-- OCSP: responder certificates of their own kind, and word of every change that an answer kept in memory must not outlive.

ALTER TYPE "CertificateKind" ADD VALUE 'ocsp' BEFORE 'leaf';

CREATE TABLE "ocsp_responder" (
    "id" UUID NOT NULL,
    "authority_id" UUID NOT NULL,
    "key_id" UUID NOT NULL,
    "certificate_id" UUID NOT NULL,
    "certificate_der" BYTEA,
    "not_before" TIMESTAMPTZ(3) NOT NULL,
    "not_after" TIMESTAMPTZ(3) NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "ocsp_responder_pkey" PRIMARY KEY ("id")
);

CREATE UNIQUE INDEX "ocsp_responder_key_id_key" ON "ocsp_responder"("key_id");
CREATE UNIQUE INDEX "ocsp_responder_certificate_id_key" ON "ocsp_responder"("certificate_id");
CREATE INDEX "ocsp_responder_authority_id_not_after_idx" ON "ocsp_responder"("authority_id", "not_after" DESC);
ALTER TABLE "ocsp_responder" ADD CONSTRAINT "ocsp_responder_authority_id_fkey" FOREIGN KEY ("authority_id") REFERENCES "authority"("id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- Two instances that renew at once: the second one finds the first one's.
CREATE UNIQUE INDEX "ocsp_responder_one_to_come" ON "ocsp_responder" ("authority_id") WHERE "certificate_der" IS NULL;

CREATE TABLE "status_change" (
    "id" UUID NOT NULL DEFAULT gen_random_uuid(),
    "xid" BIGINT NOT NULL DEFAULT pg_current_xact_id()::text::bigint,
    "authority_id" UUID NOT NULL,
    "serial" TEXT,
    "changed_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "status_change_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "status_change_xid_idx" ON "status_change"("xid");
CREATE INDEX "status_change_changed_at_idx" ON "status_change"("changed_at");

-- The word is sent when the transaction commits, once for each transaction; what it says is in the table.
CREATE FUNCTION certificate_status_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO status_change (authority_id, serial) VALUES (NEW.authority_id, NEW.serial);
  PERFORM pg_notify('latchkey_status', '');
  RETURN NULL;
END $$;

CREATE TRIGGER "certificate_status_changed" AFTER UPDATE ON "certificate" FOR EACH ROW
  WHEN (NEW.revoked_at IS DISTINCT FROM OLD.revoked_at OR NEW.revocation_reason IS DISTINCT FROM OLD.revocation_reason)
  EXECUTE FUNCTION certificate_status_changed();

CREATE FUNCTION authority_status_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO status_change (authority_id) VALUES (NEW.id);
  PERFORM pg_notify('latchkey_status', '');
  RETURN NULL;
END $$;

CREATE TRIGGER "authority_status_changed" AFTER UPDATE ON "authority" FOR EACH ROW
  WHEN (NEW.certificate_der IS DISTINCT FROM OLD.certificate_der OR NEW.status IS DISTINCT FROM OLD.status)
  EXECUTE FUNCTION authority_status_changed();

CREATE FUNCTION ocsp_responder_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO status_change (authority_id) VALUES (NEW.authority_id);
  PERFORM pg_notify('latchkey_status', '');
  RETURN NULL;
END $$;

CREATE TRIGGER "ocsp_responder_changed" AFTER UPDATE ON "ocsp_responder" FOR EACH ROW
  WHEN (NEW.certificate_der IS DISTINCT FROM OLD.certificate_der)
  EXECUTE FUNCTION ocsp_responder_changed();

-- Whether a retired authority still has certificates that somebody may ask about.
CREATE INDEX "certificate_authority_id_not_after_idx" ON "certificate"("authority_id", "not_after");
