-- Which rows fall into a period is read from an index alone, wherever in the chain they stand: it takes the place of the one
-- over the time, so an event is written to as many indexes as before.
CREATE INDEX "audit_event_time_seq_idx" ON "audit_event"("time", "seq");
DROP INDEX "audit_event_time_idx";
