DROP TABLE IF EXISTS resource_owners;
DROP TABLE IF EXISTS ingest_keys;
