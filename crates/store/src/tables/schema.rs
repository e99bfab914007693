//! The declarations that let diesel use several tables in one query.

use super::links::{distributor_collaborators, distributor_deals};
use super::payouts::distribution::distributions;
use super::payouts::distributor::distributors;
use super::revenue::deal::deals;
use super::revenue::revenue_distribution::revenue_distributions;

diesel::allow_tables_to_appear_in_same_query!(
    distributions,
    distributor_collaborators,
    distributors,
);
diesel::allow_tables_to_appear_in_same_query!(deals, distributor_deals, revenue_distributions);
