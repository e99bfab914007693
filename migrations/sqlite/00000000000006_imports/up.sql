-- The files that were imported, so that none is imported twice by accident.

-- `repetition` is 0, and counts on where the same bytes were imported again on purpose.
CREATE TABLE imports (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    subject_type TEXT NOT NULL,
    digest BLOB NOT NULL,
    repetition INTEGER NOT NULL CHECK (repetition >= 0),
    row_count INTEGER NOT NULL CHECK (row_count >= 0),
    created_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    UNIQUE (organization_id, subject_type, digest, repetition)
) STRICT;
