-- What is not in any ledger: people, their sessions, failed logins, who lodged which notification.
CREATE TABLE people (
    name TEXT PRIMARY KEY NOT NULL,
    officer TEXT NOT NULL UNIQUE,
    display_name TEXT NOT NULL,
    role TEXT NOT NULL,
    agency TEXT,
    password_hash TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT;

CREATE TABLE sessions (
    token_hash BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL REFERENCES people (name) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX sessions_name ON sessions (name);

CREATE TABLE failed_logins (
    who TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX failed_logins_who ON failed_logins (who, at);

CREATE TABLE lodged (
    notification TEXT PRIMARY KEY NOT NULL,
    name TEXT NOT NULL
) STRICT;
