-- A key may be limited to some endpoints: it can then do nothing but what concerns their challenges. Without rows, nothing.
ALTER TABLE "api_key" ADD COLUMN "scoped" BOOLEAN NOT NULL DEFAULT false;
CREATE TABLE "api_key_endpoint" (
  "api_key_id" UUID NOT NULL,
  "endpoint_id" UUID NOT NULL,
  CONSTRAINT "api_key_endpoint_pkey" PRIMARY KEY ("api_key_id", "endpoint_id"),
  CONSTRAINT "api_key_endpoint_api_key_id_fkey" FOREIGN KEY ("api_key_id") REFERENCES "api_key"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "api_key_endpoint_endpoint_id_fkey" FOREIGN KEY ("endpoint_id") REFERENCES "endpoint"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
