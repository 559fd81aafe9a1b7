-- Each of these statements commits by itself, so all can be repeated after a failure in between.
--
-- Listeners: subscriptions to events. `settings` is JSON; secrets are sealed, apart from it. No project stands for the whole cloud.
CREATE TABLE IF NOT EXISTS listeners (
    id              BINARY(16)   NOT NULL PRIMARY KEY,
    -- The name of its deliveries.
    target          VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    project_id      VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    name            VARCHAR(255),
    notifier_type   VARCHAR(16)  NOT NULL,
    is_enabled      BOOLEAN      NOT NULL,
    settings        MEDIUMTEXT   NOT NULL,
    secrets         MEDIUMBLOB,
    created_at      BIGINT       NOT NULL,
    updated_at      BIGINT       NOT NULL,
    failing_since   BIGINT,
    disabled_reason TEXT,
    -- Before then, e-mails are gathered.
    digest_due      BIGINT,
    -- A name makes creation idempotent.
    UNIQUE KEY listeners_name (project_id, name)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Which listener gets which event: a row for each type that an enabled listener's globs match.
CREATE TABLE IF NOT EXISTS subscriptions (
    event_type  VARCHAR(255) NOT NULL,
    project_id  VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    listener_id BINARY(16)   NOT NULL,
    is_ordered  BOOLEAN      NOT NULL,
    -- Too many deliveries wait: further ones become dead letters.
    is_full     BOOLEAN      NOT NULL DEFAULT FALSE,
    PRIMARY KEY (event_type, project_id, listener_id),
    KEY subscriptions_listener_id (listener_id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- One row. Servers read the version in every transaction that may report an event, and so notice new subscriptions at once.
CREATE TABLE IF NOT EXISTS subscription_version (
    id      INTEGER     NOT NULL PRIMARY KEY,
    version BIGINT      NOT NULL,
    -- The catalog that the globs were expanded by.
    catalog VARCHAR(64) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
INSERT IGNORE INTO subscription_version (id, version, catalog) VALUES (1, 0, '');

-- The deliveries of listeners, beside those of drivers, which use none of these columns. `due` is when a delivery is next tried
-- or, while it is claimed, when the claim ends; the greatest number for a dead letter, and none once it is finished.
ALTER TABLE deliveries
    ADD COLUMN IF NOT EXISTS state SMALLINT NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS due BIGINT,
    ADD COLUMN IF NOT EXISTS attempts INTEGER NOT NULL DEFAULT 0,
    ADD COLUMN IF NOT EXISTS claimed_by BINARY(16),
    -- Of unfinished deliveries that must stay in order: the resource.
    ADD COLUMN IF NOT EXISTS order_key BIGINT,
    -- Why it is a dead letter, or was dismissed.
    ADD COLUMN IF NOT EXISTS reason TEXT,
    ADD INDEX IF NOT EXISTS deliveries_due (target, due, event_id),
    ADD INDEX IF NOT EXISTS deliveries_order (target, order_key, event_id);

CREATE TABLE IF NOT EXISTS attempts (
    target       VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    event_id     BINARY(16) NOT NULL,
    id           BINARY(16) NOT NULL,
    started_at   BIGINT     NOT NULL,
    milliseconds INTEGER    NOT NULL,
    is_delivered BOOLEAN    NOT NULL,
    status       INTEGER,
    answer       TEXT       NOT NULL,
    PRIMARY KEY (target, event_id, id)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
