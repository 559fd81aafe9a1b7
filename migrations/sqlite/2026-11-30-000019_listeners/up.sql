-- Listeners: subscriptions to events. `settings` is JSON; secrets are sealed, apart from it. No project stands for the whole cloud.
CREATE TABLE listeners (
    id              BLOB    NOT NULL PRIMARY KEY CHECK (length(id) = 16),
    -- The name of its deliveries.
    target          TEXT    NOT NULL,
    project_id      TEXT    NOT NULL,
    name            TEXT,
    notifier_type   TEXT    NOT NULL,
    is_enabled      INTEGER NOT NULL,
    settings        TEXT    NOT NULL,
    secrets         BLOB,
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    failing_since   INTEGER,
    disabled_reason TEXT,
    -- Before then, e-mails are gathered.
    digest_due      INTEGER
) STRICT;

-- A name makes creation idempotent.
CREATE UNIQUE INDEX listeners_name ON listeners (project_id, name);

-- Which listener gets which event: a row for each type that an enabled listener's globs match.
CREATE TABLE subscriptions (
    event_type  TEXT    NOT NULL,
    project_id  TEXT    NOT NULL,
    listener_id BLOB    NOT NULL CHECK (length(listener_id) = 16),
    is_ordered  INTEGER NOT NULL,
    -- Too many deliveries wait: further ones become dead letters.
    is_full     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (event_type, project_id, listener_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX subscriptions_listener_id ON subscriptions (listener_id);

-- One row. Servers read the version in every transaction that may report an event, and so notice new subscriptions at once.
CREATE TABLE subscription_version (
    id      INTEGER NOT NULL PRIMARY KEY,
    version INTEGER NOT NULL,
    -- The catalog that the globs were expanded by.
    catalog TEXT    NOT NULL
) STRICT;
INSERT INTO subscription_version (id, version, catalog) VALUES (1, 0, '');

-- The deliveries of listeners, beside those of drivers, which use none of these columns. `due` is when a delivery is next tried
-- or, while it is claimed, when the claim ends; the greatest number for a dead letter, and none once it is finished.
ALTER TABLE deliveries ADD COLUMN state INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN due INTEGER;
ALTER TABLE deliveries ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN claimed_by BLOB;
-- Of unfinished deliveries that must stay in order: the resource.
ALTER TABLE deliveries ADD COLUMN order_key INTEGER;
-- Why it is a dead letter, or was dismissed.
ALTER TABLE deliveries ADD COLUMN reason TEXT;

CREATE INDEX deliveries_due ON deliveries (target, due, event_id) WHERE due IS NOT NULL;
CREATE INDEX deliveries_order ON deliveries (target, order_key, event_id) WHERE order_key IS NOT NULL;

CREATE TABLE attempts (
    target       TEXT    NOT NULL,
    event_id     BLOB    NOT NULL CHECK (length(event_id) = 16),
    id           BLOB    NOT NULL CHECK (length(id) = 16),
    started_at   INTEGER NOT NULL,
    milliseconds INTEGER NOT NULL,
    is_delivered INTEGER NOT NULL,
    status       INTEGER,
    answer       TEXT    NOT NULL,
    PRIMARY KEY (target, event_id, id)
) STRICT, WITHOUT ROWID;
