-- Folds of the ledgers: may be deleted at any time and are rebuilt.
CREATE TABLE view_cursors (
    origin TEXT PRIMARY KEY NOT NULL,
    epoch INTEGER NOT NULL,
    sequence INTEGER NOT NULL
) STRICT;

CREATE TABLE view_passages (
    passage TEXT PRIMARY KEY NOT NULL,
    checkpoint TEXT NOT NULL,
    lane INTEGER NOT NULL,
    direction TEXT NOT NULL,
    plate TEXT,
    arrived_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_how TEXT
) STRICT;
CREATE INDEX view_passages_arrived ON view_passages (arrived_at);

CREATE TABLE view_marks (
    passage TEXT NOT NULL,
    kind TEXT NOT NULL,
    mark TEXT NOT NULL,
    PRIMARY KEY (passage, kind, mark)
) STRICT;
CREATE INDEX view_marks_mark ON view_marks (mark);
