//! The type `distributions`, which can only be read. Distributions are opened with their
//! distributor (`payouts::opening`) and triggered by the engine (`engine`).

use std::borrow::Cow;

use apportion_core::distribution::DistributionStatus;
use apportion_jsonapi::{Attribute, Decimals, Declaration, Kind, Relationship, Scalar};
use apportion_store::allocation;
use apportion_store::distribution::{self, DistributionRow};

use crate::catalog::Resource;
use crate::catalog::attributes::{
    date, decimals, fixed, instant, integer, organization, text, word,
};

pub(crate) fn resource() -> Resource<DistributionRow> {
    let declaration = Declaration::new(
        "distributions",
        (|row: &DistributionRow| row.stored.id.0, distribution::ID),
        // A forecast and the distributor's name are shown too, so their versions are part of its
        // own. None of the three ever decreases.
        |row| {
            let shown = row.stored.forecast_version.saturating_add(row.name_version);
            row.stored.version.saturating_add(shown)
        },
    )
    .attribute(word("status", DistributionStatus::NAMES).field(distribution::STATUS), |row| {
        Scalar::Text(row.stored.status.name())
    })
    .attribute(integer("value").field(distribution::VALUE), |row| Scalar::Integer(row.stored.value))
    .attribute(instant("trigger_date").field(distribution::TRIGGER_DATE), |row| {
        Scalar::Instant(row.stored.trigger_date)
    })
    .attribute(date("period_from").field(distribution::PERIOD_FROM), |row| {
        Scalar::Date(row.stored.period_from)
    })
    .attribute(date("period_until").nullable().field(distribution::PERIOD_UNTIL), |row| {
        row.stored.period_until.into()
    })
    .attribute(instant("created_at").field(distribution::CREATED_AT), |row| {
        Scalar::Instant(row.stored.created_at)
    })
    .attribute(instant("updated_at").field(distribution::UPDATED_AT), |row| {
        Scalar::Instant(row.stored.updated_at)
    })
    .attribute(text("distributor_name").on_request().field(distribution::DISTRIBUTOR_NAME), |row| {
        Scalar::Text(&row.distributor_name)
    })
    .attribute(text("distributor_units").on_request().field(distribution::UNITS), |row| {
        Scalar::Text(&row.stored.units)
    })
    .attribute(
        integer("allocation_count").on_request().field(distribution::ALLOCATION_COUNT),
        |row| Scalar::Integer(row.stored.allocation_count),
    )
    .attribute(
        Attribute::new("explanation", Kind::Json(crate::payouts::explanation::OBJECT))
            .nullable()
            .on_request(),
        |row| {
            let text = row.stored.explanation.as_deref();
            text.map_or(Scalar::Null, |text| Scalar::Json(Cow::Borrowed(text)))
        },
    )
    .to_one(organization(distribution::ORGANIZATION_ID), |row| Some(row.stored.organization_id.0))
    .to_one(fixed("distributor", "distributors").field(distribution::DISTRIBUTOR_ID), |row| {
        Some(row.stored.distributor_id.0)
    })
    .to_many(Relationship::to_many("allocations", "allocations", allocation::DISTRIBUTION_ID))
    .amounts(&["value"], Decimals::Own(|row| decimals(&row.stored.units)));
    Resource { declaration, writes: None }
}
