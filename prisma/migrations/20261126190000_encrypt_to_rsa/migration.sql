-- Signed challenges may be encrypted to an RSA key too. Widens only: an endpoint has one once a minter of it is saved.
ALTER TABLE "endpoint" ADD COLUMN "rsa_encryption_key_id" UUID;
