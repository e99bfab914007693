//! What the service serves: one file a type, each the only place where its type is declared.

pub(crate) mod deal;
pub(crate) mod organization;
pub(crate) mod person;
pub(crate) mod revenue_distribution;

use std::sync::LazyLock;

use apportion_jsonapi::{Attribute, Kind, Registry};
use apportion_store::Field;

use crate::served::Served;

/// The path under which all types are served.
pub const ROOT: &str = "/api/v2";

static SERVED: LazyLock<Vec<Box<dyn Served>>> = LazyLock::new(|| {
    vec![
        Box::new(organization::resource()),
        Box::new(person::resource()),
        Box::new(deal::resource()),
        Box::new(revenue_distribution::resource()),
    ]
});

static REGISTRY: LazyLock<Registry<Field>> = LazyLock::new(|| {
    Registry::new(SERVED.iter().map(|served| served.resource().clone()).collect())
});

/// The declarations of all types.
pub fn registry() -> &'static Registry<Field> {
    &REGISTRY
}

/// A type by its name, with its position in the registry.
pub(crate) fn find(name: &str) -> Option<(usize, &'static dyn Served)> {
    registry().find(name).and_then(|(at, _)| Some((at, served(at)?)))
}

/// A type by its position in the registry.
pub(crate) fn served(position: usize) -> Option<&'static dyn Served> {
    SERVED.get(position).map(AsRef::as_ref)
}

/// Percents, exact to ten decimals.
const PERCENT: Kind = Kind::Decimal { scale: 10, read: |text| units(text, 10) };
/// Rates, exact to twelve decimals.
const RATE: Kind = Kind::Decimal { scale: 12, read: |text| units(text, 12) };

fn units(text: &str, scale: u32) -> Result<i64, String> {
    apportion_core::decimal::parse_units(text, scale).map_err(|error| error.to_string())
}

const fn text(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Text)
}

const fn integer(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Integer)
}

const fn date(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Date)
}

const fn instant(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Instant)
}

const fn decimal(name: &'static str, kind: Kind) -> Attribute<Field> {
    Attribute::new(name, kind)
}
