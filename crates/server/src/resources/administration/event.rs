//! The type `events`, which only administrators can read. An event says which row was written, by
//! whom, and on which request. Not here: the recording of events (`apportion-store`).

use apportion_jsonapi::{Declaration, Relationship, Scalar};
use apportion_store::event::{self, Action, EventRow};

use crate::catalog::Resource;
use crate::catalog::attributes::{instant, integer, organization, text, word};

pub(crate) fn resource() -> Resource<EventRow> {
    // An event never changes, so its version is always 1.
    let declaration = Declaration::new("events", (|row: &EventRow| row.id.0, event::ID), |_| 1)
        .restricted()
        .attribute(word("action", Action::NAMES).field(event::ACTION), |row| {
            Scalar::Text(row.action.name())
        })
        .attribute(text("subject_type").field(event::SUBJECT_TYPE), |row| {
            Scalar::Text(&row.subject_type)
        })
        .attribute(integer("subject_id").field(event::SUBJECT_ID), |row| {
            Scalar::Integer(row.subject_id)
        })
        .attribute(integer("version_before").nullable().field(event::VERSION_BEFORE), |row| {
            row.version_before.map_or(Scalar::Null, Scalar::Integer)
        })
        .attribute(integer("version_after").nullable().field(event::VERSION_AFTER), |row| {
            row.version_after.map_or(Scalar::Null, Scalar::Integer)
        })
        .attribute(text("request_id").nullable().field(event::REQUEST_ID), |row| {
            row.request_id.as_deref().into()
        })
        .attribute(integer("token_id").nullable().field(event::TOKEN_ID), |row| {
            row.token_id.map_or(Scalar::Null, |id| Scalar::Integer(id.0))
        })
        .attribute(text("actor").nullable().field(event::ACTOR), |row| row.actor.as_deref().into())
        .attribute(instant("created_at").field(event::CREATED_AT), |row| {
            Scalar::Instant(row.created_at)
        })
        .to_one(organization(event::ORGANIZATION_ID), |row| Some(row.organization_id.0))
        .to_one(Relationship::to_one("person", "people").field(event::PERSON_ID), |row| {
            row.person_id.map(|id| id.0)
        });
    Resource { declaration, writes: None }
}
