-- Deals, and the revenue that is spread from them over days.
--
-- Percents are units of 10^-10, rates units of 10^-12: exact, and sorted as numbers. Amounts are
-- minor units. What a deal has distributed is kept on its row, and so is what a distribution
-- inherits from its deal, so that lists need no join.

CREATE TABLE deals (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    creator_id INTEGER,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    value INTEGER NOT NULL,
    exchange_rate_e12 INTEGER CHECK (exchange_rate_e12 > 0),
    exchange_date TEXT,
    probability INTEGER NOT NULL CHECK (probability BETWEEN 0 AND 100),
    status TEXT NOT NULL CHECK (status IN ('open', 'won', 'lost')),
    date TEXT,
    end_date TEXT,
    value_default INTEGER NOT NULL,
    distributed_percent_e10 INTEGER NOT NULL,
    distributed_amount INTEGER NOT NULL,
    undistributed_amount INTEGER NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, creator_id) REFERENCES people (organization_id, id)
) STRICT;

CREATE INDEX deals_by_name ON deals (organization_id, name, id);
CREATE INDEX deals_by_creator ON deals (organization_id, creator_id, id);
CREATE INDEX deals_by_update ON deals (organization_id, updated_at, id);

CREATE TABLE revenue_distributions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    organization_id INTEGER NOT NULL REFERENCES organizations (id),
    deal_id INTEGER NOT NULL,
    creator_id INTEGER,
    start_on TEXT NOT NULL,
    end_on TEXT NOT NULL CHECK (end_on >= start_on),
    amount_percent_e10 INTEGER NOT NULL CHECK (amount_percent_e10 > 0),
    amount INTEGER NOT NULL,
    amount_default INTEGER NOT NULL,
    currency TEXT NOT NULL,
    currency_default TEXT NOT NULL,
    version INTEGER NOT NULL DEFAULT 1,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    UNIQUE (organization_id, id),
    FOREIGN KEY (organization_id, deal_id) REFERENCES deals (organization_id, id),
    FOREIGN KEY (organization_id, creator_id) REFERENCES people (organization_id, id)
) STRICT;

CREATE INDEX revenue_distributions_by_deal ON revenue_distributions (organization_id, deal_id, id);
CREATE INDEX revenue_distributions_by_creator
    ON revenue_distributions (organization_id, creator_id, id);
CREATE INDEX revenue_distributions_by_start ON revenue_distributions (organization_id, start_on, id);
CREATE INDEX revenue_distributions_by_end ON revenue_distributions (organization_id, end_on, id);
CREATE INDEX revenue_distributions_by_creation
    ON revenue_distributions (organization_id, created_at, id);
CREATE INDEX revenue_distributions_by_update
    ON revenue_distributions (organization_id, updated_at, id);
CREATE INDEX revenue_distributions_by_percent
    ON revenue_distributions (organization_id, amount_percent_e10, id);
CREATE INDEX revenue_distributions_by_amount ON revenue_distributions (organization_id, amount, id);

-- What the planner is to think of: few tenants with many rows each. Without it, it takes a tenant
-- to have ten rows, and walks all of them in the order of the list instead of using a filter's
-- index. Statistics are never gathered, so that plans do not change by themselves.
ANALYZE organizations;
INSERT INTO sqlite_stat1 (tbl, idx, stat) VALUES
    ('people', 'sqlite_autoindex_people_1', '400 100 1'),
    ('deals', 'sqlite_autoindex_deals_1', '4000 1000 1'),
    ('deals', 'deals_by_name', '4000 1000 1 1'),
    ('deals', 'deals_by_creator', '4000 1000 50 1'),
    ('deals', 'deals_by_update', '4000 1000 2 1'),
    ('revenue_distributions', 'sqlite_autoindex_revenue_distributions_1', '200000 50000 1'),
    ('revenue_distributions', 'revenue_distributions_by_deal', '200000 50000 50 1'),
    ('revenue_distributions', 'revenue_distributions_by_creator', '200000 50000 2500 1'),
    ('revenue_distributions', 'revenue_distributions_by_start', '200000 50000 50 1'),
    ('revenue_distributions', 'revenue_distributions_by_end', '200000 50000 50 1'),
    ('revenue_distributions', 'revenue_distributions_by_creation', '200000 50000 2 1'),
    ('revenue_distributions', 'revenue_distributions_by_update', '200000 50000 10 1'),
    ('revenue_distributions', 'revenue_distributions_by_percent', '200000 50000 100 1'),
    ('revenue_distributions', 'revenue_distributions_by_amount', '200000 50000 10 1');
