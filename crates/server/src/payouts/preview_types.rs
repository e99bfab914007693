//! The types of a preview: the distribution that a trigger would produce, and its allocations. Both
//! are computed for one response. They are not stored, and have no address of their own. Not here:
//! the computation (`engine::snapshot`).

use apportion_core::distribution::DistributionStatus;
use apportion_jsonapi::resource::{Ids, Relationship, ResourceType};
use apportion_jsonapi::{Attribute, Kind};
use apportion_store::{Field, FieldKind};

/// The name of the type of a previewed distribution.
pub(crate) const DISTRIBUTION: &str = "distribution_previews";
/// The name of the type of a previewed allocation.
pub(crate) const ALLOCATION: &str = "allocation_previews";

const ID: Field = Field::computed("id", FieldKind::Integer, false);

/// The position of the relationship `allocation_previews` among those of a previewed distribution,
/// from 0.
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

/// Returns the type of a previewed distribution.
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

/// Returns the type of a previewed allocation.
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
