-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Segments: groups of hosts that stand in for one another. Lists are paged by the numeric ids, as clients expect.
CREATE TABLE IF NOT EXISTS failover_segments (
    id              BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid            BINARY(16) NOT NULL,
    created_at      BIGINT NOT NULL,
    updated_at      BIGINT,
    name            VARCHAR(255) NOT NULL,
    service_type    VARCHAR(255) NOT NULL,
    enabled         BOOLEAN NOT NULL,
    description     MEDIUMTEXT,
    recovery_method VARCHAR(32) NOT NULL,
    UNIQUE KEY failover_segments_uuid (uuid),
    UNIQUE KEY failover_segments_name (name),
    KEY failover_segments_created_at (created_at, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The hosts of segments.
CREATE TABLE IF NOT EXISTS failover_hosts (
    id                 BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid               BINARY(16) NOT NULL,
    created_at         BIGINT NOT NULL,
    updated_at         BIGINT,
    name               VARCHAR(255) NOT NULL,
    kind               VARCHAR(255) NOT NULL,
    control_attributes MEDIUMTEXT NOT NULL,
    reserved           BOOLEAN NOT NULL,
    on_maintenance     BOOLEAN NOT NULL,
    segment_uuid       BINARY(16) NOT NULL,
    -- Counts the reports. Each one writes it, so that those of one host come one after the other, also on different nodes of Galera.
    reports            BIGINT NOT NULL,
    UNIQUE KEY failover_hosts_uuid (uuid),
    UNIQUE KEY failover_hosts_name (name),
    KEY failover_hosts_segment (segment_uuid, created_at, id),
    FOREIGN KEY (segment_uuid) REFERENCES failover_segments (uuid) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Monitors' reports that something failed, and what became of them.
CREATE TABLE IF NOT EXISTS failure_notifications (
    id               BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid             BINARY(16) NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT,
    generated_time   BIGINT NOT NULL,
    source_host_uuid BINARY(16) NOT NULL,
    segment_uuid     BINARY(16),
    kind             VARCHAR(32) NOT NULL,
    payload          MEDIUMTEXT NOT NULL,
    -- A digest of host, kind and payload: equal reports are found by it.
    fingerprint      BINARY(32) NOT NULL,
    status           VARCHAR(32) NOT NULL,
    message          MEDIUMTEXT,
    -- Who acts next, and when: none once the notification is final.
    turn             VARCHAR(32),
    due              BIGINT,
    -- The lease: its holder, its number, its end, and the host as long as it is held.
    engine           VARCHAR(255),
    term             BIGINT NOT NULL,
    lease_until      BIGINT,
    leased_host      BINARY(16),
    retries          INTEGER NOT NULL,
    -- The affected tenants, as JSON.
    tenants          MEDIUMTEXT,
    UNIQUE KEY failure_notifications_uuid (uuid),
    UNIQUE KEY failure_notifications_leased_host (leased_host),
    KEY failure_notifications_equal (fingerprint, generated_time),
    KEY failure_notifications_created_at (created_at, id),
    KEY failure_notifications_status (status, created_at, id),
    KEY failure_notifications_host (source_host_uuid, created_at, id),
    KEY failure_notifications_due (turn, due, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The changes of their statuses.
CREATE TABLE IF NOT EXISTS failure_updates (
    notification_uuid BINARY(16) NOT NULL,
    id                BINARY(16) NOT NULL,
    at                BIGINT NOT NULL,
    from_status       VARCHAR(32) NOT NULL,
    to_status         VARCHAR(32) NOT NULL,
    cause             MEDIUMTEXT NOT NULL,
    PRIMARY KEY (notification_uuid, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- What engines report about their work.
CREATE TABLE IF NOT EXISTS failure_steps (
    notification_uuid BINARY(16) NOT NULL,
    id                BINARY(16) NOT NULL,
    at                BIGINT NOT NULL,
    step              VARCHAR(255) NOT NULL,
    state             VARCHAR(32) NOT NULL,
    -- In millionths.
    progress          INTEGER NOT NULL,
    message           MEDIUMTEXT NOT NULL,
    PRIMARY KEY (notification_uuid, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The virtual machines that were moved: one row for each, however often it is reported.
CREATE TABLE IF NOT EXISTS failure_vmoves (
    id                BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    uuid              BINARY(16) NOT NULL,
    created_at        BIGINT NOT NULL,
    updated_at        BIGINT,
    notification_uuid BINARY(16) NOT NULL,
    instance_uuid     VARCHAR(255) NOT NULL,
    instance_name     VARCHAR(255),
    source_host       VARCHAR(255),
    dest_host         VARCHAR(255),
    start_time        BIGINT,
    end_time          BIGINT,
    kind              VARCHAR(32),
    status            VARCHAR(32) NOT NULL,
    message           MEDIUMTEXT,
    UNIQUE KEY failure_vmoves_uuid (uuid),
    UNIQUE KEY failure_vmoves_instance (notification_uuid, instance_uuid)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
