-- What was written, when, by whom and on whose request. Rows are added and never written again.

-- The token and the person are no links: they may be gone one day, and what they did is not.
CREATE TABLE events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    token_id INTEGER,
    person_id INTEGER,
    action TEXT NOT NULL
        CHECK (action IN ('create', 'update', 'delete', 'trigger', 'allocate')),
    subject_type TEXT NOT NULL,
    subject_id INTEGER NOT NULL,
    version_before INTEGER,
    version_after INTEGER,
    request_id TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

CREATE INDEX events_by_subject ON events (organization_id, subject_type, subject_id, id);
CREATE INDEX events_by_time ON events (organization_id, created_at, id);

CREATE TRIGGER events_are_not_changed BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are not changed');
END;

CREATE TRIGGER events_are_not_removed BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are not removed');
END;
