-- Tenants, who may speak for them, who works in them, and how many rows each of them has.

CREATE TABLE organizations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
) STRICT;

CREATE TABLE people (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    first_name TEXT NOT NULL,
    last_name TEXT NOT NULL,
    email TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

CREATE TABLE tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    person_id INTEGER,
    hash BLOB NOT NULL UNIQUE,
    scope TEXT NOT NULL CHECK (scope IN ('read', 'write', 'admin')),
    label TEXT,
    created_at TEXT NOT NULL,
    last_used_at TEXT,
    expires_at TEXT,
    revoked_at TEXT,
    replaces_id INTEGER,
    overlap INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, replaces_id) REFERENCES tokens (organization_id, id),
    FOREIGN KEY (organization_id, person_id) REFERENCES people (organization_id, id)
) STRICT;

CREATE INDEX tokens_by_person ON tokens (organization_id, person_id);
CREATE INDEX tokens_by_replaces ON tokens (organization_id, replaces_id);

-- One row a tenant and table, kept by the writer in the transaction of the rows themselves.
CREATE TABLE row_counts (
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    table_name TEXT NOT NULL,
    row_count INTEGER NOT NULL,
    PRIMARY KEY (organization_id, table_name)
) STRICT, WITHOUT ROWID;
