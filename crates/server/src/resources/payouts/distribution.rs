//! Distributions on the wire, to be read: the engine makes them.

use std::borrow::Cow;

use apportion_core::distribution::DistributionStatus;
use apportion_jsonapi::{Attribute, Declaration, Kind, Relationship, Scalar};
use apportion_store::allocation;
use apportion_store::distribution::{self as stored, Row};

use crate::catalog::Resource;
use crate::catalog::attributes::{instant, integer, text, word};

pub(crate) fn resource() -> Resource<Row> {
    let declaration =
        Declaration::new("distributions", (|row: &Row| row.kept.id, stored::ID), |row| {
            row.kept.version.saturating_add(row.name_version)
        })
        .attribute(word("status", DistributionStatus::NAMES).field(stored::STATUS), |row| {
            Scalar::Text(&row.kept.status)
        })
        .attribute(integer("value").field(stored::VALUE), |row| Scalar::Integer(row.kept.value))
        .attribute(instant("trigger_date").field(stored::TRIGGER_DATE), |row| {
            Scalar::Instant(row.kept.trigger_date)
        })
        .attribute(instant("created_at").field(stored::CREATED_AT), |row| {
            Scalar::Instant(row.kept.created_at)
        })
        .attribute(instant("updated_at").field(stored::UPDATED_AT), |row| {
            Scalar::Instant(row.kept.updated_at)
        })
        .attribute(text("distributor_name").on_request().field(stored::DISTRIBUTOR_NAME), |row| {
            Scalar::Text(&row.distributor_name)
        })
        .attribute(text("distributor_units").on_request().field(stored::UNITS), |row| {
            Scalar::Text(&row.kept.units)
        })
        .attribute(
            integer("allocation_count").on_request().field(stored::ALLOCATION_COUNT),
            |row| Scalar::Integer(row.kept.allocation_count),
        )
        .attribute(
            Attribute::new("explanation", Kind::Json(crate::payouts::explanation::OBJECT))
                .nullable()
                .on_request(),
            |row| {
                let text = row.kept.explanation.as_deref();
                text.map_or(Scalar::Null, |text| Scalar::Json(Cow::Borrowed(text)))
            },
        )
        .to_one(Relationship::to_one("organization", "organizations"), |row| {
            Some(row.kept.organization_id)
        })
        .to_one(
            crate::catalog::attributes::fixed("distributor", "distributors")
                .field(stored::DISTRIBUTOR_ID),
            |row| Some(row.kept.distributor_id),
        )
        .to_many(Relationship::to_many(
            "allocations",
            "allocations",
            allocation::DISTRIBUTION_ID,
        ));
    Resource { declaration, writes: None }
}
