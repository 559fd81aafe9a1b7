ALTER INDEX deliveries_event_id RESET (fillfactor);
ALTER INDEX deliveries_pkey RESET (fillfactor);
ALTER TABLE deliveries RESET (fillfactor);
