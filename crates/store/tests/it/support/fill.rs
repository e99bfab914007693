//! A row of a tenant in every table.

use apportion_store::{Scope, Session, Tenant, idempotency, import, token};

use super::rows::{keyed_request, new_token};
use super::{instant, run};

/// Inserts a row of the tenant into every table; those with ids have the id `id`, except events
/// and idempotency keys.
pub fn fill(session: &mut Session, scope: Scope, id: i64) {
    let new = new_token(scope.organization, None, u8::try_from(id).unwrap());
    token::insert(session, &new, instant(0)).unwrap().unwrap();
    let mut tenant = Tenant::new(scope, session);
    let request = keyed_request("key", 1);
    idempotency::claim(&mut tenant, &request, instant(0)).unwrap();
    let file = import::NewImport { kind: "deals", digest: [1; 32], repetition: 0, rows: 1 };
    import::insert(&mut tenant, &file, instant(0)).unwrap();
    let statements = FILL
        .replace("ORG", &scope.organization.to_string())
        .replace("ID", &id.to_string())
        .replace("NOW", "'2025-01-01 00:00:00', '2025-01-01 00:00:00'");
    run(&mut tenant, &statements);
    tenant.record_insert("people", id, instant(0)).unwrap();
}

const FILL: &str = "
UPDATE tokens SET id = ID WHERE organization_id = ORG;
INSERT INTO people (id, organization_id, first_name, last_name, created_at, updated_at)
VALUES (ID, ORG, 'A', 'B', NOW);
INSERT INTO deals (id, organization_id, creator_id, name, currency, value, probability,
    status, value_default, distributed_percent_e10, distributed_amount, undistributed_amount,
    created_at, updated_at)
VALUES (ID, ORG, ID, 'D', 'EUR', 1, 50, 'won', 1, 1, 1, 0, NOW);
INSERT INTO revenue_distributions (id, organization_id, deal_id, creator_id, start_on, end_on,
    amount_percent_e10, amount, amount_default, currency, currency_default, created_at, updated_at)
VALUES (ID, ORG, ID, ID, '2025-01-01', '2025-01-31', 1, 1, 1, 'EUR', 'EUR', NOW);
INSERT INTO collaborators (id, organization_id, full_name, status, created_at, updated_at)
VALUES (ID, ORG, 'C', 'active', NOW);
INSERT INTO distributors (id, organization_id, name, units, status, pool_resolver,
    distribution_resolver, revenue_scope, requires_approval, carry_over, schedule, time_zone,
    metric_types, anchor_at, created_at, updated_at)
VALUES (ID, ORG, 'P', 'EUR', 'active', 'fixed_amount', 'evenly_shared_pool', 'all', false, false,
    '[]', 'UTC', '[]', '2025-01-01 00:00:00', NOW);
INSERT INTO distributor_collaborators VALUES (ORG, ID, ID);
INSERT INTO distributor_deals VALUES (ORG, ID, ID);
INSERT INTO distributions (id, organization_id, distributor_id, status, value, units, carried,
    period_from, opened_at, trigger_date, created_at, updated_at)
VALUES (ID, ORG, ID, 'pending', 1, 'EUR', 0, '2025-01-01', NOW, NOW);
INSERT INTO metrics (id, organization_id, distributor_id, collaborator_id, distribution_id,
    metric_type, score, created_at, updated_at)
VALUES (ID, ORG, ID, ID, ID, 'points', 1, NOW);
INSERT INTO metric_credits (id, organization_id, distributor_id, collaborator_id, metric_id,
    creator_id, points, created_at)
VALUES (ID, ORG, ID, ID, ID, ID, 1, '2025-01-01 00:00:00');
INSERT INTO settlements (id, organization_id, settled_on, created_at)
VALUES (ID, ORG, '2025-01-01', '2025-01-01 00:00:00');
INSERT INTO distribution_refunds (id, organization_id, distribution_id, amount, created_at)
VALUES (ID, ORG, ID, 1, '2025-01-01 00:00:00');
INSERT INTO obligations (id, organization_id, distributor_id, collaborator_id, status, value,
    units, created_at, updated_at)
VALUES (ID, ORG, ID, ID, 'approved', 1, 'EUR', NOW);
INSERT INTO allocations (id, organization_id, distribution_id, obligation_id, collaborator_id,
    status, value, created_at, updated_at)
VALUES (ID, ORG, ID, ID, ID, 'pending', 1, NOW);
UPDATE obligations SET allocation_id = ID WHERE id = ID;
INSERT INTO row_counts (organization_id, table_name, row_count) VALUES (ORG, 'none', 0);
";
