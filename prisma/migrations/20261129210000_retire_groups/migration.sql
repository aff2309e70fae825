-- A group that nobody enrols into any more; what it issued keeps its status until it ends.
ALTER TABLE "group" ADD COLUMN "retired_at" TIMESTAMPTZ(3), ADD COLUMN "retired_by" TEXT;
