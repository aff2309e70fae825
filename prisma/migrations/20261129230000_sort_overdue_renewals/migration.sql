-- Overdue renewals in the order of their ends. What a certificate says of its end never changes, so it may stand here as well.
ALTER TABLE "overdue_renewal" ADD COLUMN "not_after" TIMESTAMPTZ(3);
UPDATE "overdue_renewal" o SET "not_after" = c."not_after" FROM "certificate" c WHERE c."id" = o."certificate_id";

-- The version before, which may still be running, does not say it.
CREATE FUNCTION "overdue_renewal_ends"() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW."not_after" := (SELECT c."not_after" FROM "certificate" c WHERE c."id" = NEW."certificate_id");
  RETURN NEW;
END $$;
CREATE TRIGGER "overdue_renewal_ends" BEFORE INSERT ON "overdue_renewal"
  FOR EACH ROW WHEN (NEW."not_after" IS NULL) EXECUTE FUNCTION "overdue_renewal_ends"();
ALTER TABLE "overdue_renewal" ALTER COLUMN "not_after" SET NOT NULL;

CREATE INDEX "overdue_renewal_ends_idx" ON "overdue_renewal"("not_after", "certificate_id") WHERE "resolved_at" IS NULL;
