//! Allocations on the wire, to be read: the engine makes them, and settling their obligations
//! settles them.

use std::borrow::Cow;

use apportion_core::allocation::AllocationStatus;
use apportion_jsonapi::{Attribute, Declaration, Kind, Relationship, Scalar};
use apportion_store::allocation::{self as stored, Row};

use crate::catalog::Resource;
use crate::catalog::attributes::{integer, word};
use crate::payouts::explanation;

pub(crate) fn resource() -> Resource<Row> {
    let declaration =
        Declaration::new("allocations", (|row: &Row| row.kept.id, stored::ID), |row| {
            row.kept.version
        })
        .attribute(word("status", AllocationStatus::NAMES).field(stored::STATUS), |row| {
            Scalar::Text(&row.kept.status)
        })
        .attribute(integer("value").field(stored::VALUE), |row| Scalar::Integer(row.kept.value))
        .attribute(
            Attribute::new("explanation", Kind::Json(explanation::OBJECT)).nullable().on_request(),
            |row| {
                let text = explanation::of_allocation(row);
                text.map_or(Scalar::Null, |text| Scalar::Json(Cow::Owned(text)))
            },
        )
        .to_one(Relationship::to_one("organization", "organizations"), |row| {
            Some(row.kept.organization_id)
        })
        .to_one(
            crate::catalog::attributes::fixed("distribution", "distributions")
                .field(stored::DISTRIBUTION_ID),
            |row| Some(row.kept.distribution_id),
        )
        .to_one(
            crate::catalog::attributes::fixed("obligation", "obligations")
                .field(stored::OBLIGATION_ID),
            |row| Some(row.kept.obligation_id),
        )
        .to_one(
            crate::catalog::attributes::fixed("collaborator", "collaborators")
                .field(stored::COLLABORATOR_ID),
            |row| Some(row.kept.collaborator_id),
        );
    Resource { declaration, writes: None }
}
