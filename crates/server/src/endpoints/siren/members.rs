//! The members of a recorded distribution, each by the attribute or relationship of ours that it
//! is, and their JSON, straight from the rows.

use apportion_jsonapi::text::{push_integer, push_str};
use apportion_jsonapi::value::push_scalar;
use apportion_jsonapi::{ResourceType, Rows};
use apportion_store::Field;
use apportion_store::allocation::FirstAllocation;

/// The recorded names in their order, and what each is among the declared ones.
pub(crate) const MEMBERS: [(&str, Source); 11] = [
    ("id", Source::Id),
    ("distributorId", Source::Relationship("distributor")),
    ("status", Source::Attribute("status")),
    ("value", Source::Attribute("value")),
    ("triggerDate", Source::Attribute("trigger_date")),
    ("dateCreated", Source::Attribute("created_at")),
    ("dateModified", Source::Attribute("updated_at")),
    ("distributorName", Source::Attribute("distributor_name")),
    ("distributorUnits", Source::Attribute("distributor_units")),
    ("allocationCount", Source::Attribute("allocation_count")),
    ("allocations", Source::Allocations),
];

/// What a member is among the declared ones.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Id,
    Attribute(&'static str),
    /// To one, shown by its id.
    Relationship(&'static str),
    Allocations,
}

impl Source {
    /// Whether it is shown only where it is asked for: as its attribute is.
    pub(crate) fn is_extended(self, resource: &ResourceType<Field>) -> bool {
        match self {
            Source::Id | Source::Relationship(_) => false,
            Source::Attribute(name) => {
                resource.attribute(name).is_some_and(|(_, it)| it.on_request)
            }
            Source::Allocations => true,
        }
    }
}

/// A member that is shown, found in the declaration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    name: &'static str,
    place: Place,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Id,
    Attribute(usize),
    Relationship(usize),
    Allocations,
}

impl Member {
    /// The members of every distribution, and those that the names ask for besides.
    pub(super) fn shown(resource: &ResourceType<Field>, names: &[&str]) -> Vec<Self> {
        let shown = MEMBERS
            .into_iter()
            .filter(|(name, source)| !source.is_extended(resource) || names.contains(name));
        let member = |(name, source)| {
            let place = match source {
                Source::Id => Place::Id,
                Source::Attribute(of) => Place::Attribute(resource.attribute(of)?.0),
                Source::Relationship(of) => Place::Relationship(resource.relationship(of)?.0),
                Source::Allocations => Place::Allocations,
            };
            Some(Self { name, place })
        };
        shown.filter_map(member).collect()
    }

    pub(super) fn is_of_allocations(&self) -> bool {
        matches!(self.place, Place::Allocations)
    }
}

/// Writes a distribution. `parts` are those of all rows, by distribution.
pub(super) fn push_object(
    out: &mut Vec<u8>,
    rows: &dyn Rows,
    row: usize,
    members: &[Member],
    parts: &[FirstAllocation],
) {
    for (at, Member { name, place }) in members.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"{\"" } else { b",\"" });
        out.extend_from_slice(name.as_bytes());
        out.extend_from_slice(b"\":");
        match place {
            Place::Id => push_integer(out, rows.id(row)),
            Place::Attribute(at) => push_scalar(out, rows.attribute(row, *at)),
            Place::Relationship(at) => match rows.linkage(row, *at) {
                Some(id) => push_integer(out, id),
                None => out.extend_from_slice(b"null"),
            },
            Place::Allocations => push_parts(out, of(parts, rows.id(row))),
        }
    }
    out.push(b'}');
}

/// The parts of one distribution.
fn of(parts: &[FirstAllocation], distribution: i64) -> &[FirstAllocation] {
    let start = parts.partition_point(|part| part.distribution_id.0 < distribution);
    let end = parts.partition_point(|part| part.distribution_id.0 <= distribution);
    parts.get(start..end).unwrap_or_default()
}

fn push_parts(out: &mut Vec<u8>, parts: &[FirstAllocation]) {
    out.push(b'[');
    for (at, part) in parts.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"" } else { b"," });
        out.extend_from_slice(b"{\"distributionId\":");
        push_integer(out, part.distribution_id.0);
        out.extend_from_slice(b",\"obligationId\":");
        push_integer(out, part.obligation_id.0);
        out.extend_from_slice(b",\"status\":");
        push_str(out, part.status.name());
        out.push(b'}');
    }
    out.push(b']');
}
