-- A renewal whose answer never reached its device: an operator revokes that certificate as "unspecified", and the one
-- before it may be renewed once more. Every other revocation leaves the line closed.
DROP INDEX "certificate_one_successor";
CREATE UNIQUE INDEX "certificate_one_successor" ON "certificate" ("renews_certificate_id")
  WHERE "renews_certificate_id" IS NOT NULL AND "state" <> 'abandoned' AND "revocation_reason" IS DISTINCT FROM 'unspecified';

-- Whose successor a certificate is belongs to what never changes about it.
CREATE FUNCTION certificate_line_is_a_fact() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.renews_certificate_id IS DISTINCT FROM OLD.renews_certificate_id OR NEW.lineage_id IS DISTINCT FROM OLD.lineage_id THEN
    RAISE EXCEPTION 'the line of a certificate never changes';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER "certificate_line_is_a_fact" BEFORE UPDATE OF "renews_certificate_id", "lineage_id" ON "certificate"
  FOR EACH ROW EXECUTE FUNCTION certificate_line_is_a_fact();
