-- A delivery is changed twice: when it is claimed and when it is settled. Each change is a new row beside the old one, and a new entry in
-- every index; room for them saves splitting nearly every page of deliveries that were written in order.
ALTER TABLE deliveries SET (fillfactor = 50);
ALTER INDEX deliveries_pkey SET (fillfactor = 50);
ALTER INDEX deliveries_event_id SET (fillfactor = 50);
