//! What the service serves: one file a type, each the only place where its type is declared.

pub(crate) mod administration;
pub(crate) mod payouts;
pub(crate) mod revenue;

use std::sync::{LazyLock, OnceLock};

use apportion_jsonapi::{Attribute, Bounds, Kind, Registry, Relationship};
use apportion_store::Field;

use crate::catalog::computed::Computed;
use crate::catalog::served::Served;
use crate::endpoints::openapi;

pub use crate::payouts::explanation::write_shared_pool;

/// The path under which all types are served.
pub const ROOT: &str = "/api/v2";

/// The resource types of a service.
pub struct Resources {
    served: Vec<Box<dyn Served>>,
    registry: Registry<Field>,
    reports: Registry<Field>,
    previews: Registry<Field>,
    description: OnceLock<String>,
}

static REPORT: LazyLock<Computed> =
    LazyLock::new(|| Computed(crate::revenue::report_row::resource()));

static PREVIEWS: LazyLock<[Computed; 2]> =
    LazyLock::new(|| crate::payouts::preview_types::types().map(Computed));

static OWN: LazyLock<Resources> = LazyLock::new(|| Resources::of(own_types()));

fn own_types() -> Vec<Box<dyn Served>> {
    vec![
        Box::new(administration::organization::resource()),
        Box::new(administration::person::resource()),
        Box::new(revenue::deal::resource()),
        Box::new(revenue::revenue_distribution::resource()),
        Box::new(revenue::revenue_item::RevenueItems::new()),
        Box::new(payouts::collaborator::resource()),
        Box::new(payouts::distributor::resource()),
        Box::new(payouts::metric::resource()),
        Box::new(payouts::metric_credit::resource()),
        Box::new(payouts::obligation::resource()),
        Box::new(payouts::distribution::resource()),
        Box::new(payouts::allocation::resource()),
        Box::new(administration::check::Checks::new()),
        Box::new(administration::event::resource()),
    ]
}

impl Resources {
    /// The types that Apportion serves.
    pub fn own() -> &'static Self {
        &OWN
    }

    /// Those, and others of the program that embeds the server. They are kept until the process
    /// ends, as declarations are.
    pub fn with(others: Vec<Box<dyn Served>>) -> &'static Self {
        Box::leak(Box::new(Self::of(own_types().into_iter().chain(others).collect())))
    }

    fn of(served: Vec<Box<dyn Served>>) -> Self {
        let types: Vec<_> = served.iter().map(|served| served.resource().clone()).collect();
        let reports =
            types.iter().cloned().chain([crate::revenue::report_row::resource()]).collect();
        let planned = PREVIEWS.iter().map(|it| it.0.clone());
        let previews = Registry::new(types.iter().cloned().chain(planned).collect());
        let (registry, reports) = (Registry::new(types), Registry::new(reports));
        Self { served, registry, reports, previews, description: OnceLock::new() }
    }

    /// The declarations.
    pub fn registry(&self) -> &Registry<Field> {
        &self.registry
    }

    /// The declarations as reports know them: with the type of their rows, which is the last.
    pub(crate) fn reports(&self) -> &Registry<Field> {
        &self.reports
    }

    /// The type of the rows of reports.
    pub(crate) fn report(&'static self) -> Type {
        Type { position: self.served.len(), served: &*REPORT, resources: self }
    }

    /// The declarations as previews know them: with their types, which are the last.
    pub(crate) fn preview_registry(&self) -> &Registry<Field> {
        &self.previews
    }

    /// The types of a preview: of a distribution, and of an allocation.
    pub(crate) fn previews(&'static self) -> [Type; 2] {
        let [whole, part] = &*PREVIEWS;
        let at = |served, position| Type { position, served, resources: self };
        [at(whole, self.served.len()), at(part, self.served.len().saturating_add(1))]
    }

    /// The OpenAPI description of the service as JSON text, made once.
    pub fn description(&self) -> &str {
        self.description.get_or_init(|| format!("{:#}\n", openapi::document(&self.registry)))
    }

    /// A type by its name.
    pub(crate) fn find(&'static self, name: &str) -> Option<Type> {
        self.registry.find(name).and_then(|(position, _)| self.at(position))
    }

    /// A type by its position in the registry.
    pub(crate) fn at(&'static self, position: usize) -> Option<Type> {
        let served = self.served.get(position)?.as_ref();
        Some(Type { position, served, resources: self })
    }
}

/// A type that is served, with its position among all of them.
#[derive(Clone, Copy)]
pub(crate) struct Type {
    pub(crate) position: usize,
    pub(crate) served: &'static dyn Served,
    pub(crate) resources: &'static Resources,
}

impl Type {
    /// The declarations of all types.
    pub(crate) fn registry(self) -> &'static Registry<Field> {
        self.resources.registry()
    }
}

/// The declarations of the types that Apportion serves.
pub fn registry() -> &'static Registry<Field> {
    OWN.registry()
}

/// Percents, exact to ten decimals.
const PERCENT: Kind = Kind::Decimal { scale: 10, read: |text| units(text, 10) };
/// Rates, exact to twelve decimals.
const RATE: Kind = Kind::Decimal { scale: 12, read: |text| units(text, 12) };

fn units(text: &str, scale: u32) -> Result<i64, String> {
    apportion_core::decimal::parse_units(text, scale).map_err(|error| error.to_string())
}

/// One line, as names are.
const LINE: Bounds = Bounds::Line(255);
/// From 1900-01-01 to 2199-12-31.
const DATES: Bounds = Bounds::Dates("^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$");

const fn text(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Text).bounded(LINE)
}

/// A longer text, lines and all.
const fn long_text(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Text).bounded(Bounds::Text { max: 10_000, lines: true })
}

/// One line, or none.
const fn remark(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Text).bounded(Bounds::Text { max: 255, lines: false })
}

const fn word(name: &'static str, words: &'static [&'static str]) -> Attribute<Field> {
    Attribute::new(name, Kind::Enumeration(words))
}

const fn boolean(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Boolean)
}

const fn integer(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Integer).bounded(Bounds::Between(i64::MIN, i64::MAX))
}

const fn date(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Date).bounded(DATES)
}

const fn instant(name: &'static str) -> Attribute<Field> {
    Attribute::new(name, Kind::Instant)
}

/// A relationship to one that is always there and not the client's to set.
const fn fixed(name: &'static str, target: &'static str) -> Relationship<Field> {
    Relationship::to_one(name, target)
}

const fn decimal(name: &'static str, kind: Kind) -> Attribute<Field> {
    Attribute::new(name, kind)
}
