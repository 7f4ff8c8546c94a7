-- Folds of the ledgers: may be deleted at any time and are rebuilt.
CREATE TABLE view_cursors (
    origin TEXT PRIMARY KEY NOT NULL,
    epoch BIGINT NOT NULL,
    sequence BIGINT NOT NULL
);

CREATE TABLE view_passages (
    passage TEXT PRIMARY KEY NOT NULL,
    checkpoint TEXT NOT NULL,
    lane BIGINT NOT NULL,
    direction TEXT NOT NULL,
    plate TEXT,
    arrived_at BIGINT NOT NULL,
    ended_at BIGINT,
    ended_how TEXT
);
CREATE INDEX view_passages_arrived ON view_passages (arrived_at);

CREATE TABLE view_marks (
    passage TEXT NOT NULL,
    kind TEXT NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (passage, kind, mark)
);
CREATE INDEX view_marks_mark ON view_marks (mark);
