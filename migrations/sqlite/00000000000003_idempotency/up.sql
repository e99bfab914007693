-- What was answered to requests that carry a key, so that the same request has its effect once.

CREATE TABLE idempotency_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    method TEXT NOT NULL,
    path TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER,
    location TEXT,
    etag TEXT,
    body BLOB,
    created_at TEXT NOT NULL,
    UNIQUE (organization_id, method, path, idempotency_key)
) STRICT;

CREATE INDEX idempotency_keys_by_creation ON idempotency_keys (created_at);
