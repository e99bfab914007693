//! The type of a report's rows: its filters, sorts and attributes. Rows are computed, so none has
//! an address or is in a table. Not here: the values of rows (`endpoints::report`).

use apportion_core::deal::DealStatus;
use apportion_core::report::{Figure, Group};
use apportion_jsonapi::query::Fieldsets;
use apportion_jsonapi::resource::{FilterKey, Ids, Relationship, ResourceType, SortKey, Takes};
use apportion_jsonapi::{Attribute, Kind};
use apportion_store::{Field, FieldKind};

/// The name of the type.
pub(crate) const NAME: &str = "financial_item_reports";

/// The days of a report.
pub(crate) const DATE: Field = Field::computed("date", FieldKind::Date, false);
/// The day that counts as today.
pub(crate) const AS_OF: Field = Field::computed("as_of", FieldKind::Date, false);
/// The deal of a revenue distribution.
pub(crate) const DEAL_ID: Field = Field::computed("deal_id", FieldKind::Integer, false);
/// The person who created a revenue distribution.
pub(crate) const CREATOR_ID: Field = Field::computed("creator_id", FieldKind::Integer, true);
/// The currency of the deal.
pub(crate) const CURRENCY: Field = Field::computed("currency", FieldKind::Text, false);
/// The probability of the deal, in percent.
pub(crate) const PROBABILITY: Field = Field::computed("probability", FieldKind::Integer, false);
/// The status of the deal.
pub(crate) const STATUS: Field = Field::computed("status", FieldKind::Text, false);
/// The revenue distribution itself.
pub(crate) const REVENUE_DISTRIBUTION_ID: Field =
    Field::computed("revenue_distribution_id", FieldKind::Integer, false);
/// The tenant that the revenue belongs to.
pub(crate) const ORGANIZATION_ID: Field =
    Field::computed("organization_id", FieldKind::Integer, false);
const ID: Field = Field::computed("id", FieldKind::Integer, false);

/// The schema of the attribute `group`, which has the key of the row for each group.
const GROUP: &str = r#"{"type": "object", "properties": {
    "date": {"type": "string"},
    "organization": {"type": "string"},
    "deal": {"type": "string"},
    "creator": {"type": ["string", "null"]},
    "currency": {"type": "string"},
    "status": {"enum": ["open", "won", "lost"]},
    "revenue_distribution": {"type": "string"}
}, "additionalProperties": false}"#;

/// An attribute of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RowAttribute {
    Group,
    DatePeriod,
    Count,
    Currency,
    CurrencyDefault,
    Figure(Figure),
}

impl RowAttribute {
    /// The attributes before the figures, in the order of the declaration.
    const BEFORE_FIGURES: [Self; 5] =
        [Self::Group, Self::DatePeriod, Self::Count, Self::Currency, Self::CurrencyDefault];

    /// Returns all attributes in the order of the declaration.
    fn all() -> impl Iterator<Item = Self> {
        Self::BEFORE_FIGURES.into_iter().chain(Figure::ALL.map(Self::Figure))
    }

    /// Returns the attribute at a position of the declaration.
    pub(crate) fn at(position: usize) -> Option<Self> {
        Self::all().nth(position)
    }

    /// Declares the attribute. A figure in the deals' currency is null in a row that mixes
    /// currencies.
    fn declare(self) -> Attribute<Field> {
        match self {
            Self::Group => Attribute::new("group", Kind::Json(GROUP)),
            Self::DatePeriod => Attribute::new("date_period", Kind::Text).nullable(),
            Self::Count => Attribute::new("count", Kind::Integer),
            Self::Currency => Attribute::new("currency", Kind::Text).nullable(),
            Self::CurrencyDefault => Attribute::new("currency_default", Kind::Text),
            Self::Figure(figure) => {
                let attribute = Attribute::new(figure.name(), Kind::Integer);
                match figure {
                    Figure::Revenue | Figure::Recognised | Figure::Projected => {
                        attribute.nullable()
                    }
                    Figure::RevenueDefault
                    | Figure::RecognisedDefault
                    | Figure::ProjectedDefault => attribute,
                }
            }
        }
    }
}

/// A group whose keys are resources, to which a row then has a relationship.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entity {
    pub(crate) group: Group,
    /// The name of the relationship.
    pub(crate) name: &'static str,
    /// The type of the resources.
    pub(crate) target: &'static str,
}

/// The entities, in the order in which the relationships are declared.
pub(crate) const ENTITIES: [Entity; 4] = [
    Entity { group: Group::Organization, name: "organization", target: "organizations" },
    Entity { group: Group::Deal, name: "deal", target: "deals" },
    Entity { group: Group::Creator, name: "creator", target: "people" },
    Entity {
        group: Group::RevenueDistribution,
        name: "revenue_distribution",
        target: "revenue_distributions",
    },
];

/// The sort keys other than figures.
const KEYS: [&str; 8] = [
    "date",
    "organization",
    "deal",
    "creator",
    "currency",
    "status",
    "revenue_distribution",
    "count",
];

/// Returns the type as clients see it.
pub(crate) fn resource() -> ResourceType<Field> {
    let filter = |name: &str, kind, takes, field: Field| FilterKey {
        name: name.to_owned(),
        kind,
        nullable: field == CREATOR_ID,
        takes,
        field,
    };
    ResourceType {
        name: NAME,
        id: ID,
        ids: Ids::DECIMAL,
        attributes: RowAttribute::all().map(RowAttribute::declare).collect(),
        relationships: ENTITIES.map(|it| Relationship::to_one(it.name, it.target)).into(),
        filters: vec![
            filter("date", Kind::Date, Takes::Range, DATE),
            filter("as_of", Kind::Date, Takes::One, AS_OF),
            filter("deal_id", Kind::Id, Takes::All, DEAL_ID),
            filter("creator_id", Kind::Id, Takes::All, CREATOR_ID),
            filter("currency", Kind::Text, Takes::All, CURRENCY),
            filter("probability", Kind::Integer, Takes::All, PROBABILITY),
            filter("status", Kind::Enumeration(DealStatus::NAMES), Takes::All, STATUS),
        ],
        sorts: sort_names()
            .map(|name| SortKey { name: name.to_owned(), field: sort_field(name) })
            .collect(),
        writable: false,
        append_only: false,
        hidden_rows: None,
        restricted: false,
        addressed: false,
    }
}

/// Returns the names of all sort keys.
fn sort_names() -> impl Iterator<Item = &'static str> {
    KEYS.into_iter().chain(Figure::ALL.map(Figure::name))
}

/// Returns the field that stands for a sort key.
const fn sort_field(name: &'static str) -> Field {
    Field::computed(name, FieldKind::Integer, false)
}

/// Returns the name of the sort key that a field stands for; `None` if it stands for none.
pub(crate) fn sort_name(field: Field) -> Option<&'static str> {
    sort_names().find(|name| sort_field(name) == field)
}

/// Hides the relationships of rows to entities that they are not grouped by.
pub(crate) fn hide_ungrouped(fields: &mut Fieldsets, position: usize, groups: &[Group]) {
    fields.keep_relationships(position, |at| {
        ENTITIES.get(at).is_some_and(|entity| groups.contains(&entity.group))
    });
}
