-- The names that rows have in the systems that they come from, each once in its type and tenant.

ALTER TABLE deals ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX deals_external_id_once
    ON deals (organization_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE revenue_distributions ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX revenue_distributions_external_id_once
    ON revenue_distributions (organization_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE people ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX people_external_id_once
    ON people (organization_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE collaborators ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX collaborators_external_id_once
    ON collaborators (organization_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE distributors ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX distributors_external_id_once
    ON distributors (organization_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE obligations ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX obligations_external_id_once
    ON obligations (organization_id, external_id) WHERE external_id IS NOT NULL;

ALTER TABLE metric_credits ADD COLUMN external_id TEXT COLLATE "C";
CREATE UNIQUE INDEX metric_credits_external_id_once
    ON metric_credits (organization_id, external_id) WHERE external_id IS NOT NULL;
