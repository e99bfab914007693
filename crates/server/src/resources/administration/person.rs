//! The type `people`. Not here: the rules for a person (`apportion-core`).

use apportion_core::person::PersonDraft;
use apportion_jsonapi::{Bounds, Declaration, Input, Scalar};
use apportion_store::person::{self, PersonRow, WrittenPerson};
use apportion_store::{self as store, PersonId, Tenant};

use crate::catalog::attributes::{external_id, instant, organization, text};
use crate::catalog::draft::draft;
use crate::catalog::{Resource, Work, Writes};
use crate::failure::{Failure, Result, judged};

pub(crate) fn resource() -> Resource<PersonRow> {
    let declaration =
        Declaration::new("people", (|row: &PersonRow| row.id.0, person::ID), |row| row.version)
            .writable()
            .attribute(text("first_name").required().field(person::FIRST_NAME), |row| {
                Scalar::Text(&row.first_name)
            })
            .attribute(text("last_name").required().field(person::LAST_NAME), |row| {
                Scalar::Text(&row.last_name)
            })
            .attribute(
                text("email")
                    .bounded(Bounds::Email(255))
                    .nullable()
                    .writable()
                    .field(person::EMAIL),
                |row| row.email.as_deref().into(),
            )
            .attribute(external_id(person::EXTERNAL_ID), |row| row.external_id.as_deref().into())
            .attribute(instant("created_at").field(person::CREATED_AT), |row| {
                Scalar::Instant(row.created_at)
            })
            .attribute(instant("updated_at").field(person::UPDATED_AT), |row| {
                Scalar::Instant(row.updated_at)
            })
            .to_one(organization(person::ORGANIZATION_ID), |row| Some(row.organization_id.0));
    Resource { declaration, writes: Some(Writes { lock, create, update, delete }) }
}

draft! {
    PersonDraft of row: &PersonRow;
    WrittenPerson of draft: PersonDraft;
    {
        first_name: Some(row.first_name.clone())
            => first_name: draft.first_name.unwrap_or_default(),
        last_name: Some(row.last_name.clone()) => last_name: draft.last_name.unwrap_or_default(),
        email: row.email.clone() => email: draft.email,
    }
}

fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<PersonRow>> {
    person::lock(tenant, PersonId(id))
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let written = new_row(input)?;
    Ok(person::insert(&mut work.tenant, &written, work.now)?.0)
}

fn update(work: &mut Work<'_>, row: &PersonRow, input: &mut Input) -> Result<()> {
    let written = accepted(draft(row), input)?;
    person::update(&mut work.tenant, row.id, &written, work.now).map_err(Failure::from)
}

fn delete(work: &mut Work<'_>, row: &PersonRow) -> Result<()> {
    person::delete(&mut work.tenant, row.id, work.now).map_err(Failure::from)
}

/// Returns the columns of a new person, or refuses the input.
pub(crate) fn new_row(input: &mut Input) -> Result<WrittenPerson> {
    accepted(PersonDraft::default(), input)
}

/// Returns the columns of a person after the input is applied, or refuses the input.
fn accepted(mut draft: PersonDraft, input: &mut Input) -> Result<WrittenPerson> {
    read(input, &mut draft);
    judged(input, draft.check())?;
    Ok(written(draft))
}
