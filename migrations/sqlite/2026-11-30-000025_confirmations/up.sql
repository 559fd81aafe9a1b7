-- Whether e-mail addresses may be sent the events of a project: their owners confirm it by a link.
CREATE TABLE confirmations (
    project_id TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    -- The address without what leads to the same mailbox: too many requests must not fill it.
    mailbox    TEXT    NOT NULL,
    state      INTEGER NOT NULL,
    -- When the request is next mailed or, while that is tried, when the next try begins; none once it was mailed.
    due        INTEGER,
    -- Tries since the request became due.
    tries      INTEGER NOT NULL DEFAULT 0,
    -- Requests mailed.
    mails      INTEGER NOT NULL DEFAULT 0,
    -- SHA-256 of the token in the link of the last mail.
    token      BLOB CHECK (length(token) = 32),
    asked_at   INTEGER,
    decided_at INTEGER,
    -- None once it is confirmed.
    expires_at INTEGER,
    PRIMARY KEY (project_id, address)
) STRICT, WITHOUT ROWID;

CREATE UNIQUE INDEX confirmations_token ON confirmations (token);
CREATE INDEX confirmations_due ON confirmations (due) WHERE due IS NOT NULL;
CREATE INDEX confirmations_mailbox ON confirmations (mailbox, asked_at);
CREATE INDEX confirmations_expires_at ON confirmations (expires_at);
