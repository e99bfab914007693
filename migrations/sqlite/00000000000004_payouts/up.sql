-- Payouts: who is paid, by what, what they scored and what they are owed, and what was paid when.
--
-- Amounts are minor units of `units`, percentages units of 10^-10. What a trigger must never do
-- twice, unique indexes refuse: a trigger date of a distributor, a second open distribution, a
-- second live allocation of an obligation.

CREATE TABLE collaborators (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    full_name TEXT NOT NULL,
    email TEXT,
    comparable_email TEXT,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

CREATE UNIQUE INDEX collaborators_email_once
    ON collaborators (organization_id, comparable_email);
CREATE INDEX collaborators_by_email ON collaborators (organization_id, email, id);
CREATE INDEX collaborators_by_name ON collaborators (organization_id, full_name, id);
CREATE INDEX collaborators_by_update ON collaborators (organization_id, updated_at, id);

CREATE TABLE distributors (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    name TEXT NOT NULL,
    description TEXT,
    units TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('active', 'inactive', 'deleted')),
    pool_resolver TEXT NOT NULL,
    distribution_resolver TEXT NOT NULL,
    pool_amount INTEGER CHECK (pool_amount >= 0),
    revenue_percentage_e10 INTEGER CHECK (revenue_percentage_e10 > 0),
    revenue_scope TEXT NOT NULL CHECK (revenue_scope IN ('all', 'deals')),
    minimum_value INTEGER CHECK (minimum_value >= 0),
    requires_approval INTEGER NOT NULL CHECK (requires_approval IN (0, 1)),
    carry_over INTEGER NOT NULL CHECK (carry_over IN (0, 1)),
    schedule TEXT NOT NULL,
    anchor_at TEXT NOT NULL,
    starts_on TEXT,
    time_zone TEXT NOT NULL,
    metric_types TEXT NOT NULL,
    collaborator_count INTEGER NOT NULL DEFAULT 0,
    accumulated_value INTEGER NOT NULL DEFAULT 0,
    name_version INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id)
) STRICT;

CREATE INDEX distributors_by_status ON distributors (organization_id, status, id);
CREATE INDEX distributors_by_name ON distributors (organization_id, name, id);

CREATE TABLE distributor_collaborators (
    organization_id INTEGER NOT NULL,
    distributor_id INTEGER NOT NULL,
    collaborator_id INTEGER NOT NULL,
    PRIMARY KEY (organization_id, distributor_id, collaborator_id),
    FOREIGN KEY (organization_id, distributor_id) REFERENCES distributors (organization_id, id),
    FOREIGN KEY (organization_id, collaborator_id) REFERENCES collaborators (organization_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX distributor_collaborators_by_collaborator
    ON distributor_collaborators (organization_id, collaborator_id, distributor_id);

CREATE TABLE distributor_deals (
    organization_id INTEGER NOT NULL,
    distributor_id INTEGER NOT NULL,
    deal_id INTEGER NOT NULL,
    PRIMARY KEY (organization_id, distributor_id, deal_id),
    FOREIGN KEY (organization_id, distributor_id) REFERENCES distributors (organization_id, id),
    FOREIGN KEY (organization_id, deal_id) REFERENCES deals (organization_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX distributor_deals_by_deal
    ON distributor_deals (organization_id, deal_id, distributor_id);

CREATE TABLE distributions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    distributor_id INTEGER NOT NULL,
    status TEXT NOT NULL CHECK (
        status IN ('pending', 'processing', 'complete', 'failed', 'cancelled')
    ),
    value INTEGER NOT NULL,
    units TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    period_from TEXT NOT NULL,
    period_until TEXT,
    trigger_date TEXT NOT NULL,
    carried INTEGER NOT NULL,
    carried_on INTEGER NOT NULL DEFAULT 0,
    allocation_count INTEGER NOT NULL DEFAULT 0,
    shared_pool TEXT,
    explanation TEXT,
    forecast_version INTEGER NOT NULL DEFAULT 0,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, distributor_id) REFERENCES distributors (organization_id, id)
) STRICT;

CREATE UNIQUE INDEX distributions_once
    ON distributions (organization_id, distributor_id, trigger_date)
    WHERE status <> 'cancelled';
CREATE UNIQUE INDEX distributions_open
    ON distributions (organization_id, distributor_id)
    WHERE status = 'pending';
CREATE INDEX distributions_due
    ON distributions (trigger_date)
    WHERE status = 'pending';
CREATE INDEX distributions_by_distributor ON distributions (organization_id, distributor_id, id);
CREATE INDEX distributions_by_status ON distributions (organization_id, status, id);
CREATE INDEX distributions_by_trigger ON distributions (organization_id, trigger_date, id);
CREATE INDEX distributions_by_update ON distributions (organization_id, updated_at, id);

CREATE TABLE metrics (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    distributor_id INTEGER NOT NULL,
    collaborator_id INTEGER NOT NULL,
    distribution_id INTEGER NOT NULL,
    metric_type TEXT NOT NULL,
    score INTEGER NOT NULL CHECK (score >= 0),
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, distributor_id) REFERENCES distributors (organization_id, id),
    FOREIGN KEY (organization_id, collaborator_id) REFERENCES collaborators (organization_id, id),
    FOREIGN KEY (organization_id, distribution_id) REFERENCES distributions (organization_id, id)
) STRICT;

CREATE UNIQUE INDEX metrics_once
    ON metrics (organization_id, distribution_id, collaborator_id, metric_type);
CREATE INDEX metrics_by_distributor ON metrics (organization_id, distributor_id, id);
CREATE INDEX metrics_by_collaborator ON metrics (organization_id, collaborator_id, id);
CREATE INDEX metrics_by_update ON metrics (organization_id, updated_at, id);

CREATE TABLE metric_credits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    distributor_id INTEGER NOT NULL,
    collaborator_id INTEGER NOT NULL,
    metric_id INTEGER NOT NULL,
    creator_id INTEGER,
    points INTEGER NOT NULL CHECK (points > 0),
    reason TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, distributor_id) REFERENCES distributors (organization_id, id),
    FOREIGN KEY (organization_id, collaborator_id) REFERENCES collaborators (organization_id, id),
    FOREIGN KEY (organization_id, metric_id) REFERENCES metrics (organization_id, id),
    FOREIGN KEY (organization_id, creator_id) REFERENCES people (organization_id, id)
) STRICT;

CREATE INDEX metric_credits_by_metric ON metric_credits (organization_id, metric_id, id);
CREATE INDEX metric_credits_by_distributor ON metric_credits (organization_id, distributor_id, id);
CREATE INDEX metric_credits_by_collaborator
    ON metric_credits (organization_id, collaborator_id, id);
CREATE INDEX metric_credits_by_creator ON metric_credits (organization_id, creator_id, id);
CREATE INDEX metric_credits_by_creation ON metric_credits (organization_id, created_at, id);

CREATE TABLE distribution_refunds (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    distribution_id INTEGER NOT NULL,
    amount INTEGER NOT NULL CHECK (amount > 0),
    reason TEXT,
    created_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, distribution_id) REFERENCES distributions (organization_id, id)
) STRICT;

CREATE INDEX distribution_refunds_by_distribution
    ON distribution_refunds (organization_id, distribution_id, id);

CREATE TABLE settlements (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    distribution_id INTEGER,
    reference TEXT,
    settled_on TEXT NOT NULL,
    created_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, distribution_id) REFERENCES distributions (organization_id, id)
) STRICT;

CREATE INDEX settlements_by_distribution ON settlements (organization_id, distribution_id, id);

CREATE TABLE obligations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    distributor_id INTEGER NOT NULL,
    collaborator_id INTEGER NOT NULL,
    allocation_id INTEGER,
    reverses_id INTEGER,
    refund_id INTEGER,
    shared_in_id INTEGER,
    weight INTEGER,
    rank INTEGER,
    status TEXT NOT NULL CHECK (
        status IN ('pending', 'approved', 'fulfilled', 'rejected', 'cancelled')
    ),
    award_type TEXT,
    value INTEGER NOT NULL CHECK (value <> 0),
    units TEXT NOT NULL,
    reason TEXT,
    reference TEXT,
    due_on TEXT,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, distributor_id) REFERENCES distributors (organization_id, id),
    FOREIGN KEY (organization_id, collaborator_id) REFERENCES collaborators (organization_id, id),
    -- Both rows are made in one transaction, this one first.
    FOREIGN KEY (organization_id, allocation_id) REFERENCES allocations (organization_id, id)
        DEFERRABLE INITIALLY DEFERRED,
    FOREIGN KEY (organization_id, reverses_id) REFERENCES obligations (organization_id, id),
    FOREIGN KEY (organization_id, refund_id) REFERENCES distribution_refunds (organization_id, id),
    FOREIGN KEY (organization_id, shared_in_id) REFERENCES distributions (organization_id, id)
) STRICT;

CREATE INDEX obligations_by_reversed ON obligations (organization_id, reverses_id, id);
CREATE INDEX obligations_by_refund
    ON obligations (organization_id, refund_id, id)
    WHERE refund_id IS NOT NULL;
CREATE INDEX obligations_by_pool
    ON obligations (organization_id, shared_in_id, collaborator_id)
    WHERE shared_in_id IS NOT NULL;
CREATE INDEX obligations_to_collect
    ON obligations (organization_id, distributor_id, collaborator_id, id)
    WHERE status IN ('pending', 'approved') AND allocation_id IS NULL;
CREATE INDEX obligations_by_distributor ON obligations (organization_id, distributor_id, id);
CREATE INDEX obligations_by_collaborator ON obligations (organization_id, collaborator_id, id);
CREATE INDEX obligations_by_allocation
    ON obligations (organization_id, allocation_id, id)
    WHERE allocation_id IS NOT NULL;
CREATE INDEX obligations_by_status ON obligations (organization_id, status, id);
CREATE INDEX obligations_by_due ON obligations (organization_id, due_on, id);
CREATE INDEX obligations_by_update ON obligations (organization_id, updated_at, id);

CREATE TABLE allocations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    distribution_id INTEGER NOT NULL,
    obligation_id INTEGER NOT NULL,
    collaborator_id INTEGER NOT NULL,
    settlement_id INTEGER,
    status TEXT NOT NULL CHECK (status IN ('pending', 'complete', 'cancelled', 'returned')),
    value INTEGER NOT NULL,
    net_value INTEGER,
    net_parts INTEGER,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, distribution_id) REFERENCES distributions (organization_id, id),
    FOREIGN KEY (organization_id, obligation_id) REFERENCES obligations (organization_id, id),
    FOREIGN KEY (organization_id, collaborator_id) REFERENCES collaborators (organization_id, id),
    FOREIGN KEY (organization_id, settlement_id) REFERENCES settlements (organization_id, id)
) STRICT;

CREATE UNIQUE INDEX allocations_live_once
    ON allocations (organization_id, obligation_id)
    WHERE status IN ('pending', 'complete');
CREATE INDEX allocations_by_settlement
    ON allocations (organization_id, settlement_id, id)
    WHERE settlement_id IS NOT NULL;
CREATE INDEX allocations_to_settle
    ON allocations (organization_id, distribution_id, id)
    WHERE status = 'pending';
CREATE INDEX allocations_by_distribution ON allocations (organization_id, distribution_id, id);
CREATE INDEX allocations_by_obligation ON allocations (organization_id, obligation_id, id);
CREATE INDEX allocations_by_collaborator ON allocations (organization_id, collaborator_id, id);
CREATE INDEX allocations_by_update ON allocations (organization_id, updated_at, id);

-- As in the step before: what the planner is to think of.
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('collaborators', 'sqlite_autoindex_collaborators_1', '4000 1000 1'),
    ('collaborators', 'collaborators_by_email', '4000 1000 1 1'),
    ('collaborators', 'collaborators_email_once', '4000 1000 1'),
    ('collaborators', 'collaborators_by_name', '4000 1000 1 1'),
    ('collaborators', 'collaborators_by_update', '4000 1000 2 1'),
    ('distributors', 'sqlite_autoindex_distributors_1', '400 100 1'),
    ('distributors', 'distributors_by_status', '400 100 33 1'),
    ('distributors', 'distributors_by_name', '400 100 1 1'),
    ('distributions', 'sqlite_autoindex_distributions_1', '4000 1000 1'),
    ('distributions', 'distributions_once', '4000 1000 12 1'),
    ('distributions', 'distributions_open', '4000 1000 1'),
    ('distributions', 'distributions_by_distributor', '4000 1000 12 1'),
    ('distributions', 'distributions_by_status', '4000 1000 333 1'),
    ('distributions', 'distributions_by_trigger', '4000 1000 2 1'),
    ('distributions', 'distributions_by_update', '4000 1000 2 1'),
    ('metrics', 'sqlite_autoindex_metrics_1', '200000 50000 1'),
    ('metrics', 'metrics_once', '200000 50000 50 50 1'),
    ('metrics', 'metrics_by_distributor', '200000 50000 50 1'),
    ('metrics', 'metrics_by_collaborator', '200000 50000 50 1'),
    ('metrics', 'metrics_by_update', '200000 50000 2 1'),
    ('metric_credits', 'sqlite_autoindex_metric_credits_1', '200000 50000 1'),
    ('metric_credits', 'metric_credits_by_metric', '200000 50000 2 1'),
    ('metric_credits', 'metric_credits_by_distributor', '200000 50000 50 1'),
    ('metric_credits', 'metric_credits_by_collaborator', '200000 50000 50 1'),
    ('metric_credits', 'metric_credits_by_creator', '200000 50000 2500 1'),
    ('metric_credits', 'metric_credits_by_creation', '200000 50000 2 1'),
    ('distribution_refunds', 'sqlite_autoindex_distribution_refunds_1', '400 100 1'),
    ('distribution_refunds', 'distribution_refunds_by_distribution', '400 100 2 1'),
    ('settlements', 'sqlite_autoindex_settlements_1', '4000 1000 1'),
    ('settlements', 'settlements_by_distribution', '4000 1000 2 1'),
    ('obligations', 'sqlite_autoindex_obligations_1', '200000 50000 1'),
    ('obligations', 'obligations_by_reversed', '200000 50000 2 1'),
    ('obligations', 'obligations_by_refund', '2000 500 50 1'),
    ('obligations', 'obligations_by_pool', '200000 50000 50 1 1'),
    ('obligations', 'obligations_to_collect', '200000 50000 50 50 1'),
    ('obligations', 'obligations_by_distributor', '200000 50000 50 1'),
    ('obligations', 'obligations_by_collaborator', '200000 50000 50 1'),
    ('obligations', 'obligations_by_allocation', '200000 50000 1 1'),
    ('obligations', 'obligations_by_status', '200000 50000 16666 1'),
    ('obligations', 'obligations_by_due', '200000 50000 50 1'),
    ('obligations', 'obligations_by_update', '200000 50000 50 1'),
    ('allocations', 'sqlite_autoindex_allocations_1', '200000 50000 1'),
    ('allocations', 'allocations_live_once', '200000 50000 1'),
    ('allocations', 'allocations_by_settlement', '200000 50000 50 1'),
    ('allocations', 'allocations_to_settle', '200000 50000 50 1'),
    ('allocations', 'allocations_by_distribution', '200000 50000 50 1'),
    ('allocations', 'allocations_by_obligation', '200000 50000 1 1'),
    ('allocations', 'allocations_by_collaborator', '200000 50000 50 1'),
    ('allocations', 'allocations_by_update', '200000 50000 50 1');
