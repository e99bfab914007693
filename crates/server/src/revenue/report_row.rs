//! The type of a report's rows: what can be filtered, sorted and shown. Rows are computed: none has
//! an address, and none is in a table.

use apportion_core::report::{Figure, Group};
use apportion_jsonapi::query::Fieldsets;
use apportion_jsonapi::resource::{FilterKey, Ids, Relationship, ResourceType, SortKey, Takes};
use apportion_jsonapi::{Attribute, Kind};
use apportion_store::{Field, FieldKind};

/// The type.
pub(crate) const NAME: &str = "financial_item_reports";

pub(crate) const DATE: Field = Field::computed("date", FieldKind::Date, false);
pub(crate) const AS_OF: Field = Field::computed("as_of", FieldKind::Date, false);
pub(crate) const DEAL_ID: Field = Field::computed("deal_id", FieldKind::Integer, false);
pub(crate) const CREATOR_ID: Field = Field::computed("creator_id", FieldKind::Integer, true);
pub(crate) const CURRENCY: Field = Field::computed("currency", FieldKind::Text, false);
pub(crate) const PROBABILITY: Field = Field::computed("probability", FieldKind::Integer, false);
pub(crate) const REVENUE_DISTRIBUTION_ID: Field =
    Field::computed("revenue_distribution_id", FieldKind::Integer, false);
const ID: Field = Field::computed("id", FieldKind::Integer, false);

/// What each group that is asked for comes to in a row.
const GROUP: &str = r#"{"type": "object", "properties": {
    "date": {"type": "string"},
    "organization": {"type": "string"},
    "deal": {"type": "string"},
    "creator": {"type": ["string", "null"]},
    "currency": {"type": "string"},
    "revenue_distribution": {"type": "string"}
}, "additionalProperties": false}"#;

/// The attributes before the figures, in the order in which `rows` reads them.
const ATTRIBUTES: [Attribute<Field>; 5] = [
    Attribute::new("group", Kind::Json(GROUP)),
    Attribute::new("date_period", Kind::Text).nullable(),
    Attribute::new("count", Kind::Integer),
    Attribute::new("currency", Kind::Text).nullable(),
    Attribute::new("currency_default", Kind::Text),
];

/// The groups that are entities, and the types of these.
pub(crate) const ENTITIES: [(Group, &str, &str); 4] = [
    (Group::Organization, "organization", "organizations"),
    (Group::Deal, "deal", "deals"),
    (Group::Creator, "creator", "people"),
    (Group::RevenueDistribution, "revenue_distribution", "revenue_distributions"),
];

/// What sorts go by, apart from figures.
const KEYS: [&str; 7] =
    ["date", "organization", "deal", "creator", "currency", "revenue_distribution", "count"];

/// The type as clients see it.
pub(crate) fn resource() -> ResourceType<Field> {
    let figures = Figure::ALL.into_iter().map(|figure| {
        let attribute = Attribute::new(figure.name(), Kind::Integer);
        if matches!(figure, Figure::Revenue | Figure::Recognised | Figure::Projected) {
            attribute.nullable()
        } else {
            attribute
        }
    });
    let filter = |name: &str, kind, takes, field: Field| FilterKey {
        name: name.to_owned(),
        kind,
        nullable: field == CREATOR_ID,
        takes,
        field,
    };
    let names = KEYS.into_iter().chain(Figure::ALL.into_iter().map(Figure::name));
    ResourceType {
        name: NAME,
        id: ID,
        ids: Ids::DECIMAL,
        attributes: ATTRIBUTES.into_iter().chain(figures).collect(),
        relationships: ENTITIES.map(|(_, name, target)| Relationship::to_one(name, target)).into(),
        filters: vec![
            filter("date", Kind::Date, Takes::Range, DATE),
            filter("as_of", Kind::Date, Takes::One, AS_OF),
            filter("deal_id", Kind::Id, Takes::All, DEAL_ID),
            filter("creator_id", Kind::Id, Takes::All, CREATOR_ID),
            filter("currency", Kind::Text, Takes::All, CURRENCY),
            filter("probability", Kind::Integer, Takes::All, PROBABILITY),
        ],
        sorts: names
            .map(|name| SortKey { name: name.to_owned(), field: sorted_by(name) })
            .collect(),
        writable: false,
        append_only: false,
        hidden_rows: None,
        restricted: false,
        addressed: false,
    }
}

/// What a sort of that name goes by.
const fn sorted_by(name: &'static str) -> Field {
    Field::computed(name, FieldKind::Integer, false)
}

/// The name of what a sort goes by.
pub(crate) fn sort_name(field: Field) -> Option<&'static str> {
    let names = KEYS.into_iter().chain(Figure::ALL.into_iter().map(Figure::name));
    names.into_iter().find(|name| sorted_by(name) == field)
}

/// Shows only those relationships that are grouped by.
pub(crate) fn narrow(fields: &mut Fieldsets, position: usize, groups: &[Group]) {
    fields.keep_relationships(position, |at| {
        ENTITIES.get(at).is_some_and(|(group, ..)| groups.contains(group))
    });
}
