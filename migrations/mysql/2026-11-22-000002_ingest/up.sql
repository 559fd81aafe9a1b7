-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Notifications and failures that were recorded, so that the same one is not recorded again.
CREATE TABLE IF NOT EXISTS ingest_keys (
    digest     BINARY(16) NOT NULL PRIMARY KEY,
    expires_at BIGINT     NOT NULL,
    KEY ingest_keys_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Whose a resource is: some notifications name only the resource. Its UUID, or a digest of its type and name.
CREATE TABLE IF NOT EXISTS resource_owners (
    resource   BINARY(16)   NOT NULL PRIMARY KEY,
    project_id VARCHAR(255) NOT NULL,
    expires_at BIGINT       NOT NULL,
    KEY resource_owners_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
