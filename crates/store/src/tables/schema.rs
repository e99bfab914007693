//! The tables of which no row is ever shown: links between two tables, and the keys of requests;
//! and which tables meet in one query. Every other table is in the file of its rows.

use super::payouts::distribution::distributions;
use super::payouts::distributor::distributors;
use super::revenue::revenue_distribution::revenue_distributions;

diesel::table! {
    distributor_collaborators (organization_id, distributor_id, collaborator_id) {
        organization_id -> BigInt,
        distributor_id -> BigInt,
        collaborator_id -> BigInt,
    }
}

diesel::table! {
    distributor_deals (organization_id, distributor_id, deal_id) {
        organization_id -> BigInt,
        distributor_id -> BigInt,
        deal_id -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> BigInt,
        organization_id -> BigInt,
        method -> Text,
        path -> Text,
        idempotency_key -> Text,
        request_hash -> Binary,
        status -> Nullable<BigInt>,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Nullable<Binary>,
        created_at -> Timestamp,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    distributions,
    distributor_collaborators,
    distributors,
);
diesel::allow_tables_to_appear_in_same_query!(distributor_deals, revenue_distributions);
