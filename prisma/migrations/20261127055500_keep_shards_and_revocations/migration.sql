-- Whoever gets code to run in a process that may write must not take a revocation back by way of these: off the list that a
-- certificate names, or by calling a revoked issuer active. As in certificate_is_a_fact(), the database says so itself.

-- Which list a certificate names is part of what it says.
CREATE FUNCTION certificate_shard_is_a_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'which revocation list a certificate names never changes';
END $$;
CREATE TRIGGER "certificate_shard_is_a_fact" BEFORE UPDATE OF "crl_shard" ON "certificate" FOR EACH ROW
  WHEN (OLD.state <> 'intent' AND NEW.crl_shard IS DISTINCT FROM OLD.crl_shard)
  EXECUTE FUNCTION certificate_shard_is_a_fact();

-- Certificates name it byte for byte.
CREATE FUNCTION crl_shard_is_a_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the address of a shard never changes';
END $$;
CREATE TRIGGER "crl_shard_is_a_fact" BEFORE UPDATE OF "authority_id", "number", "url" ON "crl_shard" FOR EACH ROW
  WHEN (NEW.authority_id <> OLD.authority_id OR NEW.number <> OLD.number OR NEW.url <> OLD.url)
  EXECUTE FUNCTION crl_shard_is_a_fact();

CREATE FUNCTION authority_revocation_is_final() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'an authority that is revoked stays so';
END $$;
CREATE TRIGGER "authority_revocation_is_final" BEFORE UPDATE OF "status", "certificate_id" ON "authority" FOR EACH ROW
  WHEN (OLD.status = 'revoked' AND (NEW.status <> 'revoked' OR NEW.certificate_id <> OLD.certificate_id))
  EXECUTE FUNCTION authority_revocation_is_final();
