-- The list of devices, sorted and searched along indexes. None of them is over what every reading of an inventory writes.

-- When its newest certificate ends: written where a certificate is linked to it.
ALTER TABLE "device" ADD COLUMN "ends_at" TIMESTAMPTZ(3);
UPDATE "device" d SET "ends_at" = newest."not_after"
FROM (
  SELECT DISTINCT ON (l."device_id") l."device_id", c."not_after"
  FROM "device_certificate" l JOIN "certificate" c ON c."id" = l."certificate_id"
  WHERE c."state" = 'issued' ORDER BY l."device_id", c."created_at" DESC, c."id" DESC
) newest WHERE d."id" = newest."device_id";
CREATE INDEX "device_ends_idx" ON "device" ((coalesce("ends_at", '1970-01-01T00:00:00Z'::timestamptz)), "id");

-- To the letter what lib/adapters/store/devices.ts searches.
CREATE INDEX "device_names_idx" ON "device" USING gin (
  (coalesce("name", '') || chr(10) || coalesce("serial", '') || chr(10) ||
  coalesce("user_name", '') || chr(10) || coalesce("user_email", '') || chr(10) || coalesce("model", '')) gin_trgm_ops
);
