//! The type `organizations`, which can only be read. The only organization that a client sees is
//! the tenant of its token.

use apportion_jsonapi::{Declaration, Scalar};
use apportion_store::organization::{self, OrganizationRow};

use crate::catalog::Resource;
use crate::catalog::attributes::{instant, text};

pub(crate) fn resource() -> Resource<OrganizationRow> {
    let declaration = Declaration::new(
        "organizations",
        (|row: &OrganizationRow| row.id.0, organization::ID),
        |row| row.version,
    )
    .attribute(text("name").field(organization::NAME), |row| Scalar::Text(&row.name))
    .attribute(text("currency"), |row| Scalar::Text(row.currency.code()))
    .attribute(text("time_zone"), |row| Scalar::Text(&row.time_zone))
    .attribute(instant("created_at").field(organization::CREATED_AT), |row| {
        Scalar::Instant(row.created_at)
    })
    .attribute(instant("updated_at").field(organization::UPDATED_AT), |row| {
        Scalar::Instant(row.updated_at)
    });
    Resource { declaration, writes: None }
}
