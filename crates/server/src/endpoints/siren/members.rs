//! The members of a recorded distribution: the declared attribute or relationship that each stands
//! for, and their JSON, which is written straight from the rows.

use apportion_jsonapi::text::{push_integer, push_str};
use apportion_jsonapi::value::push_scalar;
use apportion_jsonapi::{ResourceType, Rows};
use apportion_store::Field;
use apportion_store::allocation::FirstAllocation;

/// The recorded names in their order, and where the value of each comes from.
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

/// The source of a member's value. Names are those of the declaration.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    Id,
    Attribute(&'static str),
    /// A to-one relationship, shown as an id.
    Relationship(&'static str),
    Allocations,
}

impl Source {
    /// Whether the member is shown only on request, as its attribute is.
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

/// A member that is shown, by its place in the declaration.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member {
    name: &'static str,
    place: Place,
}

/// A [`Source`] with positions in the declaration instead of names.
#[derive(Clone, Copy, Debug)]
enum Place {
    Id,
    Attribute(usize),
    Relationship(usize),
    Allocations,
}

impl Member {
    /// Lists the members that are always shown, and those that are named, in their recorded order.
    pub(super) fn shown(resource: &ResourceType<Field>, names: &[&str]) -> Vec<Self> {
        let shown = MEMBERS
            .into_iter()
            .filter(|(name, source)| !source.is_extended(resource) || names.contains(name));
        let member = |(name, source)| {
            let place = match source {
                Source::Id => Place::Id,
                Source::Attribute(name) => Place::Attribute(resource.attribute(name)?.0),
                Source::Relationship(name) => Place::Relationship(resource.relationship(name)?.0),
                Source::Allocations => Place::Allocations,
            };
            Some(Self { name, place })
        };
        shown.filter_map(member).collect()
    }

    /// Whether the member holds the allocations.
    pub(super) fn is_of_allocations(&self) -> bool {
        matches!(self.place, Place::Allocations)
    }
}

/// Writes a distribution. `allocations` are those of all rows, sorted by distribution.
pub(super) fn push_object(
    out: &mut Vec<u8>,
    rows: &dyn Rows,
    row: usize,
    members: &[Member],
    allocations: &[FirstAllocation],
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
            Place::Allocations => push_allocations(out, allocations_of(rows.id(row), allocations)),
        }
    }
    out.push(b'}');
}

/// Returns the allocations of one distribution, from those of all.
fn allocations_of(distribution: i64, allocations: &[FirstAllocation]) -> &[FirstAllocation] {
    let start = allocations.partition_point(|it| it.distribution_id.0 < distribution);
    let end = allocations.partition_point(|it| it.distribution_id.0 <= distribution);
    allocations.get(start..end).unwrap_or_default()
}

fn push_allocations(out: &mut Vec<u8>, allocations: &[FirstAllocation]) {
    out.push(b'[');
    for (at, allocation) in allocations.iter().enumerate() {
        out.extend_from_slice(if at == 0 { b"" } else { b"," });
        out.extend_from_slice(b"{\"distributionId\":");
        push_integer(out, allocation.distribution_id.0);
        out.extend_from_slice(b",\"obligationId\":");
        push_integer(out, allocation.obligation_id.0);
        out.extend_from_slice(b",\"status\":");
        push_str(out, allocation.status.name());
        out.push(b'}');
    }
    out.push(b']');
}
