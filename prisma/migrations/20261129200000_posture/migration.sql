-- How the checks of the posture stood, and when.
CREATE TABLE "posture_reading" (
    "at" TIMESTAMPTZ(3) NOT NULL,
    "score" INTEGER NOT NULL,
    "verdicts" JSONB NOT NULL,
    CONSTRAINT "posture_reading_pkey" PRIMARY KEY ("at"),
    CONSTRAINT "posture_reading_score" CHECK ("score" BETWEEN 0 AND 100)
);

-- Risks that somebody took upon themselves, for a while.
CREATE TABLE "accepted_risk" (
    "id" UUID NOT NULL,
    "check_id" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "accepted_by" TEXT NOT NULL,
    "accepted_at" TIMESTAMPTZ(3) NOT NULL,
    "until" TIMESTAMPTZ(3) NOT NULL,
    "withdrawn_at" TIMESTAMPTZ(3),
    "withdrawn_by" TEXT,
    CONSTRAINT "accepted_risk_pkey" PRIMARY KEY ("id"),
    CONSTRAINT "accepted_risk_ends" CHECK ("until" > "accepted_at")
);

CREATE INDEX "accepted_risk_check_id_until_idx" ON "accepted_risk"("check_id", "until");

-- That a copy of the KEK lies elsewhere.
CREATE TABLE "kek_copy" (
    "id" UUID NOT NULL,
    "at" TIMESTAMPTZ(3) NOT NULL,
    "by" TEXT NOT NULL,
    "place" TEXT NOT NULL,
    "proved" BOOLEAN NOT NULL,
    "kek_id" TEXT,
    CONSTRAINT "kek_copy_pkey" PRIMARY KEY ("id")
);

CREATE INDEX "kek_copy_at_idx" ON "kek_copy"("at" DESC);
