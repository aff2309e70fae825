-- Apart from what built the indexes that take their place: nobody can even read challenges while this runs, which is a moment, and
-- a transaction that has read one and waits to write another would wait for this for ever.
DROP INDEX "challenge_names_idx", "challenge_index_state_expires_at_idx", "challenge_waiting_idx", "challenge_page_account_pending_idx",
    "challenge_device_serial_idx", "challenge_device_udid_idx";
ALTER INDEX "challenge_names_new_idx" RENAME TO "challenge_names_idx";
ALTER INDEX "challenge_device_serial_new_idx" RENAME TO "challenge_device_serial_idx";
ALTER INDEX "challenge_device_udid_new_idx" RENAME TO "challenge_device_udid_idx";
