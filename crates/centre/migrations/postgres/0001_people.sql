-- What is not in any ledger: people, their sessions, failed logins, who lodged which notification.
CREATE TABLE people (
    name TEXT PRIMARY KEY NOT NULL,
    officer TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    agency TEXT,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE sessions (
    token_hash BYTEA PRIMARY KEY NOT NULL,
    name TEXT NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    seen_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_name ON sessions (name);

CREATE TABLE failed_logins (
    who TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX failed_logins_who ON failed_logins (who, at);

CREATE TABLE lodged (
    notification TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL
);
