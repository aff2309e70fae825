-- Apart from what built the indexes that take their place: nobody can even read certificates while this runs, which is a moment, and
-- a transaction that has read one and waits to write another would wait for this for ever.
DROP INDEX "certificate_group_id_created_at_idx", "certificate_not_after_id_idx", "certificate_authority_id_not_after_idx",
    "certificate_spki_sha256_idx", "certificate_subject_idx", "certificate_fingerprint_sha256_key", "certificate_serial_idx",
    "certificate_authority_id_serial_key";
