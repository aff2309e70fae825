-- Whatever the trail is filtered by leads to its rows by number. Few events are no success, so that two partial indexes
-- over those cost an enrolment nothing.
CREATE INDEX "audit_event_source_ip_seq_idx" ON "audit_event"("source_ip", "seq");
CREATE INDEX "audit_event_unsuccessful_seq_idx" ON "audit_event"("outcome", "seq") WHERE "outcome" <> 'success';
CREATE INDEX "audit_event_unsuccessful_type_seq_idx" ON "audit_event"("type", "outcome", "seq") WHERE "outcome" <> 'success';
