-- Listeners: subscriptions to events. `settings` is JSON; secrets are sealed, apart from it. No project stands for the whole cloud.
CREATE TABLE listeners (
    id              bytea NOT NULL PRIMARY KEY CHECK (octet_length(id) = 16),
    -- The name of its deliveries.
    target          text COLLATE "C" NOT NULL,
    project_id      text COLLATE "C" NOT NULL,
    name            text COLLATE "C",
    notifier_type   text COLLATE "C" NOT NULL,
    is_enabled      boolean NOT NULL,
    settings        text COLLATE "C" NOT NULL,
    secrets         bytea,
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    failing_since   bigint,
    disabled_reason text COLLATE "C",
    -- Before then, e-mails are gathered.
    digest_due      bigint
);

-- A name makes creation idempotent.
CREATE UNIQUE INDEX listeners_name ON listeners (project_id, name);

-- Which listener gets which event: a row for each type that an enabled listener's globs match.
CREATE TABLE subscriptions (
    event_type  text COLLATE "C" NOT NULL,
    project_id  text COLLATE "C" NOT NULL,
    listener_id bytea NOT NULL CHECK (octet_length(listener_id) = 16),
    is_ordered  boolean NOT NULL,
    -- Too many deliveries wait: further ones become dead letters.
    is_full     boolean NOT NULL DEFAULT false,
    PRIMARY KEY (event_type, project_id, listener_id)
);

CREATE INDEX subscriptions_listener_id ON subscriptions (listener_id);

-- One row. Servers read the version in every transaction that may report an event, and so notice new subscriptions at once.
CREATE TABLE subscription_version (
    id      integer NOT NULL PRIMARY KEY,
    version bigint NOT NULL,
    -- The catalog that the globs were expanded by.
    catalog text COLLATE "C" NOT NULL
);
INSERT INTO subscription_version (id, version, catalog) VALUES (1, 0, '');

-- The deliveries of listeners, beside those of drivers, which use none of these columns. `due` is when a delivery is next tried
-- or, while it is claimed, when the claim ends; the greatest number for a dead letter, and none once it is finished.
ALTER TABLE deliveries ADD COLUMN state smallint NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN due bigint;
ALTER TABLE deliveries ADD COLUMN attempts integer NOT NULL DEFAULT 0;
ALTER TABLE deliveries ADD COLUMN claimed_by bytea;
-- Of unfinished deliveries that must stay in order: the resource.
ALTER TABLE deliveries ADD COLUMN order_key bigint;
-- Why it is a dead letter, or was dismissed.
ALTER TABLE deliveries ADD COLUMN reason text COLLATE "C";

CREATE INDEX deliveries_due ON deliveries (target, due, event_id) WHERE due IS NOT NULL;
CREATE INDEX deliveries_order ON deliveries (target, order_key, event_id) WHERE order_key IS NOT NULL;

CREATE TABLE attempts (
    target       text COLLATE "C" NOT NULL,
    event_id     bytea NOT NULL CHECK (octet_length(event_id) = 16),
    id           bytea NOT NULL CHECK (octet_length(id) = 16),
    started_at   bigint NOT NULL,
    milliseconds integer NOT NULL,
    is_delivered boolean NOT NULL,
    status       integer,
    answer       text COLLATE "C" NOT NULL,
    PRIMARY KEY (target, event_id, id)
);
