-- Whether e-mail addresses may be sent the events of a project: their owners confirm it by a link.
CREATE TABLE IF NOT EXISTS confirmations (
    project_id VARCHAR(64) CHARACTER SET ascii COLLATE ascii_nopad_bin NOT NULL,
    address    VARCHAR(320) NOT NULL,
    -- The address without what leads to the same mailbox: too many requests must not fill it.
    mailbox    VARCHAR(320) NOT NULL,
    state      SMALLINT NOT NULL,
    -- When the request is next mailed or, while that is tried, when the next try begins; none once it was mailed.
    due        BIGINT,
    -- Tries since the request became due.
    tries      INTEGER NOT NULL DEFAULT 0,
    -- Requests mailed.
    mails      INTEGER NOT NULL DEFAULT 0,
    -- SHA-256 of the token in the link of the last mail.
    token      BINARY(32),
    asked_at   BIGINT,
    decided_at BIGINT,
    -- None once it is confirmed.
    expires_at BIGINT,
    PRIMARY KEY (project_id, address),
    UNIQUE KEY confirmations_token (token),
    KEY confirmations_due (due),
    KEY confirmations_mailbox (mailbox, asked_at),
    KEY confirmations_expires_at (expires_at)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;
