-- Segments: groups of hosts that stand in for one another. Lists are paged by the numeric ids, as clients expect.
CREATE TABLE failover_segments (
    id              INTEGER NOT NULL PRIMARY KEY,
    uuid            BLOB NOT NULL UNIQUE CHECK (length(uuid) = 16),
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER,
    name            TEXT NOT NULL,
    service_type    TEXT NOT NULL,
    enabled         INTEGER NOT NULL,
    description     TEXT,
    recovery_method TEXT NOT NULL
) STRICT;

CREATE UNIQUE INDEX failover_segments_name ON failover_segments (name);
CREATE INDEX failover_segments_created_at ON failover_segments (created_at, id);

-- The hosts of segments.
CREATE TABLE failover_hosts (
    id                 INTEGER NOT NULL PRIMARY KEY,
    uuid               BLOB NOT NULL CHECK (length(uuid) = 16),
    created_at         INTEGER NOT NULL,
    updated_at         INTEGER,
    name               TEXT NOT NULL,
    kind               TEXT NOT NULL,
    control_attributes TEXT NOT NULL,
    reserved           INTEGER NOT NULL,
    on_maintenance     INTEGER NOT NULL,
    segment_uuid       BLOB NOT NULL CHECK (length(segment_uuid) = 16),
    -- Counts the reports. Each one writes it, so that those of one host come one after the other, also on different nodes of Galera.
    reports            INTEGER NOT NULL,
    FOREIGN KEY (segment_uuid) REFERENCES failover_segments (uuid) ON DELETE CASCADE
) STRICT;

CREATE UNIQUE INDEX failover_hosts_uuid ON failover_hosts (uuid);
CREATE UNIQUE INDEX failover_hosts_name ON failover_hosts (name);
CREATE INDEX failover_hosts_segment ON failover_hosts (segment_uuid, created_at, id);

-- Monitors' reports that something failed, and what became of them.
CREATE TABLE failure_notifications (
    id               INTEGER NOT NULL PRIMARY KEY,
    uuid             BLOB NOT NULL CHECK (length(uuid) = 16),
    created_at       INTEGER NOT NULL,
    updated_at       INTEGER,
    generated_time   INTEGER NOT NULL,
    source_host_uuid BLOB NOT NULL CHECK (length(source_host_uuid) = 16),
    segment_uuid     BLOB CHECK (length(segment_uuid) = 16),
    kind             TEXT NOT NULL,
    payload          TEXT NOT NULL,
    -- A digest of host, kind and payload: equal reports are found by it.
    fingerprint      BLOB NOT NULL CHECK (length(fingerprint) = 32),
    status           TEXT NOT NULL,
    message          TEXT,
    -- Who acts next, and when: none once the notification is final.
    turn             TEXT,
    due              INTEGER,
    -- The lease: its holder, its number, its end, and the host as long as it is held.
    engine           TEXT,
    term             INTEGER NOT NULL,
    lease_until      INTEGER,
    leased_host      BLOB CHECK (length(leased_host) = 16),
    retries          INTEGER NOT NULL,
    -- The affected tenants, as JSON.
    tenants          TEXT
) STRICT;

CREATE UNIQUE INDEX failure_notifications_uuid ON failure_notifications (uuid);
CREATE UNIQUE INDEX failure_notifications_leased_host ON failure_notifications (leased_host) WHERE leased_host IS NOT NULL;
CREATE INDEX failure_notifications_equal ON failure_notifications (fingerprint, generated_time);
CREATE INDEX failure_notifications_created_at ON failure_notifications (created_at, id);
CREATE INDEX failure_notifications_status ON failure_notifications (status, created_at, id);
CREATE INDEX failure_notifications_host ON failure_notifications (source_host_uuid, created_at, id);
CREATE INDEX failure_notifications_due ON failure_notifications (turn, due, id) WHERE turn IS NOT NULL;

-- The changes of their statuses.
CREATE TABLE failure_updates (
    notification_uuid BLOB NOT NULL CHECK (length(notification_uuid) = 16),
    id                BLOB NOT NULL CHECK (length(id) = 16),
    at                INTEGER NOT NULL,
    from_status       TEXT NOT NULL,
    to_status         TEXT NOT NULL,
    cause             TEXT NOT NULL,
    PRIMARY KEY (notification_uuid, id)
) STRICT, WITHOUT ROWID;

-- What engines report about their work.
CREATE TABLE failure_steps (
    notification_uuid BLOB NOT NULL CHECK (length(notification_uuid) = 16),
    id                BLOB NOT NULL CHECK (length(id) = 16),
    at                INTEGER NOT NULL,
    step              TEXT NOT NULL,
    state             TEXT NOT NULL,
    -- In millionths.
    progress          INTEGER NOT NULL,
    message           TEXT NOT NULL,
    PRIMARY KEY (notification_uuid, id)
) STRICT, WITHOUT ROWID;

-- The virtual machines that were moved: one row for each, however often it is reported.
CREATE TABLE failure_vmoves (
    id                INTEGER NOT NULL PRIMARY KEY,
    uuid              BLOB NOT NULL CHECK (length(uuid) = 16),
    created_at        INTEGER NOT NULL,
    updated_at        INTEGER,
    notification_uuid BLOB NOT NULL CHECK (length(notification_uuid) = 16),
    instance_uuid     TEXT NOT NULL,
    instance_name     TEXT,
    source_host       TEXT,
    dest_host         TEXT,
    start_time        INTEGER,
    end_time          INTEGER,
    kind              TEXT,
    status            TEXT NOT NULL,
    message           TEXT
) STRICT;

CREATE UNIQUE INDEX failure_vmoves_uuid ON failure_vmoves (uuid);
CREATE UNIQUE INDEX failure_vmoves_instance ON failure_vmoves (notification_uuid, instance_uuid);
