//! The types of a preview: what a distribution and its allocations would be. Both are computed, and
//! neither has an address of its own.

use apportion_core::distribution::DistributionStatus;
use apportion_jsonapi::resource::{Ids, Relationship, ResourceType};
use apportion_jsonapi::{Attribute, Kind};
use apportion_store::{Field, FieldKind};

/// The type of what a distribution would be.
pub(crate) const DISTRIBUTION: &str = "distribution_previews";
/// The type of what an allocation would be.
pub(crate) const ALLOCATION: &str = "allocation_previews";

const ID: Field = Field::computed("id", FieldKind::Integer, false);

/// The position of the relationship to what is planned for each.
pub(crate) const ALLOCATION_PREVIEWS: usize = 2;

const OBJECT: Kind = Kind::Json(r#"{"type": "object"}"#);

const REASONS: Kind = Kind::Json(
    r#"{
    "type": "array", "items": {
        "type": "object", "required": ["collaborator_id", "reason"],
        "properties": {
            "collaborator_id": {"anyOf": [{"type": "string"}, {"type": "null"}]},
            "reason": {"type": "string"}
        }
    }
}"#,
);

/// What a distribution would be.
pub(crate) fn distribution_previews() -> ResourceType<Field> {
    let attributes = vec![
        Attribute::new("value", Kind::Integer),
        Attribute::new("units", Kind::Text),
        Attribute::new("status", Kind::Enumeration(DistributionStatus::NAMES)).nullable(),
        Attribute::new("trigger_date", Kind::Instant).nullable(),
        Attribute::new("pool", Kind::Integer),
        Attribute::new("reasons", REASONS),
        Attribute::new("explanation", OBJECT).nullable(),
    ];
    let relationships = vec![
        Relationship::to_one("distributor", "distributors"),
        Relationship::to_one("distribution", "distributions"),
        Relationship::to_many("allocation_previews", ALLOCATION, ID),
    ];
    computed(DISTRIBUTION, attributes, relationships)
}

/// What an allocation would be.
pub(crate) fn allocation_previews() -> ResourceType<Field> {
    let attributes =
        vec![Attribute::new("value", Kind::Integer), Attribute::new("explanation", OBJECT)];
    let relationships = vec![
        Relationship::to_one("collaborator", "collaborators"),
        Relationship::to_one("obligation", "obligations"),
    ];
    computed(ALLOCATION, attributes, relationships)
}

fn computed(
    name: &'static str,
    attributes: Vec<Attribute<Field>>,
    relationships: Vec<Relationship<Field>>,
) -> ResourceType<Field> {
    ResourceType {
        name,
        id: ID,
        ids: Ids::DECIMAL,
        attributes,
        relationships,
        filters: Vec::new(),
        sorts: Vec::new(),
        writable: false,
        append_only: false,
        hidden_rows: None,
        restricted: false,
        addressed: false,
    }
}
