//! The type `allocations`, which can only be read. The engine inserts allocations, and settling an
//! obligation settles its allocation (`payouts::settling`).

use std::borrow::Cow;

use apportion_core::allocation::AllocationStatus;
use apportion_jsonapi::{Attribute, Decimals, Declaration, Kind, Scalar};
use apportion_store::allocation::{self, AllocationRow};

use crate::catalog::Resource;
use crate::catalog::attributes::{decimals, fixed, instant, integer, organization, word};
use crate::payouts::explanation;

pub(crate) fn resource() -> Resource<AllocationRow> {
    let declaration = Declaration::new(
        "allocations",
        (|row: &AllocationRow| row.stored.id.0, allocation::ID),
        |row| row.stored.version,
    )
    .attribute(word("status", AllocationStatus::NAMES).field(allocation::STATUS), |row| {
        Scalar::Text(row.stored.status.name())
    })
    .attribute(integer("value").field(allocation::VALUE), |row| Scalar::Integer(row.stored.value))
    .attribute(instant("created_at").on_request().field(allocation::CREATED_AT), |row| {
        Scalar::Instant(row.stored.created_at)
    })
    .attribute(instant("updated_at").on_request().field(allocation::UPDATED_AT), |row| {
        Scalar::Instant(row.stored.updated_at)
    })
    .attribute(
        Attribute::new("explanation", Kind::Json(explanation::OBJECT)).nullable().on_request(),
        |row| {
            let text = explanation::of_allocation(row);
            text.map_or(Scalar::Null, |text| Scalar::Json(Cow::Owned(text)))
        },
    )
    .to_one(organization(allocation::ORGANIZATION_ID), |row| Some(row.stored.organization_id.0))
    .to_one(fixed("distribution", "distributions").field(allocation::DISTRIBUTION_ID), |row| {
        Some(row.stored.distribution_id.0)
    })
    .to_one(fixed("obligation", "obligations").field(allocation::OBLIGATION_ID), |row| {
        Some(row.stored.obligation_id.0)
    })
    .to_one(fixed("collaborator", "collaborators").field(allocation::COLLABORATOR_ID), |row| {
        Some(row.stored.collaborator_id.0)
    })
    .amounts(&["value"], Decimals::Own(|row| decimals(&row.units)));
    Resource { declaration, writes: None }
}
