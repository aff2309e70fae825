-- An operator, or an operator's API key, may be limited to some groups. Without rows beside it, to none.
ALTER TABLE "user" ADD COLUMN "limited_to_groups" BOOLEAN NOT NULL DEFAULT false,
  ADD CONSTRAINT "user_limited_is_operator" CHECK (NOT "limited_to_groups" OR "role" = 'operator');
ALTER TABLE "api_key" ADD COLUMN "limited_to_groups" BOOLEAN NOT NULL DEFAULT false,
  ADD CONSTRAINT "api_key_limited_is_operator" CHECK (NOT "limited_to_groups" OR ("role" = 'operator' AND NOT "scoped"));
CREATE TABLE "user_group" (
  "user_id" UUID NOT NULL,
  "group_id" UUID NOT NULL,
  CONSTRAINT "user_group_pkey" PRIMARY KEY ("user_id", "group_id"),
  CONSTRAINT "user_group_user_id_fkey" FOREIGN KEY ("user_id") REFERENCES "user"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "user_group_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
CREATE TABLE "api_key_group" (
  "api_key_id" UUID NOT NULL,
  "group_id" UUID NOT NULL,
  CONSTRAINT "api_key_group_pkey" PRIMARY KEY ("api_key_id", "group_id"),
  CONSTRAINT "api_key_group_api_key_id_fkey" FOREIGN KEY ("api_key_id") REFERENCES "api_key"("id") ON DELETE RESTRICT ON UPDATE CASCADE,
  CONSTRAINT "api_key_group_group_id_fkey" FOREIGN KEY ("group_id") REFERENCES "group"("id") ON DELETE RESTRICT ON UPDATE CASCADE
);
