-- Whether e-mail addresses may be sent the events of a project: their owners confirm it by a link.
CREATE TABLE confirmations (
    project_id text COLLATE "C" NOT NULL,
    address    text COLLATE "C" NOT NULL,
    -- The address without what leads to the same mailbox: too many requests must not fill it.
    mailbox    text COLLATE "C" NOT NULL,
    state      smallint NOT NULL,
    -- When the request is next mailed or, while that is tried, when the next try begins; none once it was mailed.
    due        bigint,
    -- Tries since the request became due.
    tries      integer NOT NULL DEFAULT 0,
    -- Requests mailed.
    mails      integer NOT NULL DEFAULT 0,
    -- SHA-256 of the token in the link of the last mail.
    token      bytea CHECK (octet_length(token) = 32),
    asked_at   bigint,
    decided_at bigint,
    -- None once it is confirmed.
    expires_at bigint,
    PRIMARY KEY (project_id, address)
);

CREATE UNIQUE INDEX confirmations_token ON confirmations (token);
CREATE INDEX confirmations_due ON confirmations (due) WHERE due IS NOT NULL;
CREATE INDEX confirmations_mailbox ON confirmations (mailbox, asked_at);
CREATE INDEX confirmations_expires_at ON confirmations (expires_at);
