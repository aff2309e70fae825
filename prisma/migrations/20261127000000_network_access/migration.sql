-- Keys of RADIUS servers may ask about a certificate and nothing else. A type of its own: no person can hold that role.
CREATE TYPE "KeyRole" AS ENUM ('admin', 'operator', 'auditor', 'radius');
ALTER TABLE "api_key" ALTER COLUMN "role" TYPE "KeyRole" USING "role"::text::"KeyRole";

-- What the network grants to the certificates of a group. A group without a row is let in nowhere.
CREATE TABLE "network_access" (
  "group_id" UUID NOT NULL,
  "enabled" BOOLEAN NOT NULL DEFAULT false,
  "vlan" TEXT,
  "filter_id" TEXT,
  "class" TEXT,
  "session_timeout_seconds" INTEGER,
  "ssids" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "network_servers" TEXT[] NOT NULL DEFAULT ARRAY[]::TEXT[],
  "time_zone" TEXT NOT NULL DEFAULT 'UTC',
  "windows" JSONB NOT NULL DEFAULT '[]',
  "updated_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
  CONSTRAINT "network_access_pkey" PRIMARY KEY ("group_id"),
  CONSTRAINT "network_access_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  -- A RADIUS server may execute %{...} in what it is told.
  CONSTRAINT "network_access_plain" CHECK (
    coalesce("vlan", '') || coalesce("filter_id", '') || coalesce("class", '') !~ '[%\\`]'
  )
);

-- When the network last saw a certificate: one row each, however often it comes.
CREATE TABLE "network_sighting" (
  "certificate_id" UUID NOT NULL,
  "accepted" BIGINT NOT NULL DEFAULT 0,
  "first_accepted_at" TIMESTAMPTZ(3) NOT NULL,
  "last_accepted_at" TIMESTAMPTZ(3) NOT NULL,
  "vlan" TEXT,
  "ssid" TEXT,
  "network_server" TEXT,
  "station" TEXT,
  CONSTRAINT "network_sighting_pkey" PRIMARY KEY ("certificate_id"),
  CONSTRAINT "network_sighting_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);

-- Who was not let in, and why: one row for the same certificate, reason and network server, however often it comes.
CREATE TABLE "network_refusal" (
  "id" BYTEA NOT NULL,
  "reason" TEXT NOT NULL,
  "group_id" UUID,
  "certificate_id" UUID,
  "serial" TEXT,
  "issuer" TEXT,
  "ssid" TEXT,
  "network_server" TEXT,
  "station" TEXT,
  "first_at" TIMESTAMPTZ(3) NOT NULL,
  "last_at" TIMESTAMPTZ(3) NOT NULL,
  "count" BIGINT NOT NULL DEFAULT 0,
  CONSTRAINT "network_refusal_pkey" PRIMARY KEY ("id"),
  CONSTRAINT "network_refusal_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "network_refusal_certificate_id_fkey" FOREIGN KEY ("certificate_id") REFERENCES "certificate"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE INDEX "network_refusal_last_at_idx" ON "network_refusal" ("last_at" DESC);
CREATE INDEX "network_refusal_group_id_last_at_idx" ON "network_refusal" ("group_id", "last_at" DESC);
CREATE INDEX "network_refusal_certificate_id_last_at_idx" ON "network_refusal" ("certificate_id", "last_at" DESC);
