-- The public page of a group's CA certificates can be switched off. Widens only: every group has its page.
ALTER TABLE "group" ADD COLUMN "trust_page" BOOLEAN NOT NULL DEFAULT true;
