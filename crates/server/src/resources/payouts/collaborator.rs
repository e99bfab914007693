//! The type `collaborators`. Not here: the amounts that they are owed (`obligation`).

use apportion_core::collaborator::{
    CollaboratorDraft, CollaboratorStatus, CollaboratorTerms, comparable_email,
};
use apportion_core::id::CollaboratorId;
use apportion_jsonapi::{Bounds, Declaration, Input, Relationship, Scalar};
use apportion_store::collaborator::{self, CollaboratorRow, WrittenCollaborator};
use apportion_store::{self as store, Tenant, metric, obligation};

use crate::catalog::attributes::{external_id, instant, organization, text, word};
use crate::catalog::draft::draft;
use crate::catalog::{Resource, Work, Writes};
use crate::failure::{Failure, Result, judged};

pub(crate) fn resource() -> Resource<CollaboratorRow> {
    let declaration = Declaration::new(
        "collaborators",
        (|row: &CollaboratorRow| row.id.0, collaborator::ID),
        |row| row.version,
    )
    .writable()
    .attribute(text("full_name").required().field(collaborator::FULL_NAME), |row| {
        Scalar::Text(&row.full_name)
    })
    .attribute(
        text("email").bounded(Bounds::Email(255)).nullable().writable().field(collaborator::EMAIL),
        |row| row.email.as_deref().into(),
    )
    .attribute(
        word("status", CollaboratorStatus::NAMES).writable().field(collaborator::STATUS),
        |row| Scalar::Text(row.status.name()),
    )
    .attribute(external_id(collaborator::EXTERNAL_ID), |row| row.external_id.as_deref().into())
    .attribute(instant("created_at").field(collaborator::CREATED_AT), |row| {
        Scalar::Instant(row.created_at)
    })
    .attribute(instant("updated_at").field(collaborator::UPDATED_AT), |row| {
        Scalar::Instant(row.updated_at)
    })
    .to_one(organization(collaborator::ORGANIZATION_ID), |row| Some(row.organization_id.0))
    .to_many(Relationship::to_many("obligations", "obligations", obligation::COLLABORATOR_ID))
    .to_many(Relationship::to_many("metrics", "metrics", metric::COLLABORATOR_ID));
    let writes = Writes { lock, create, update, delete };
    Resource { declaration, writes: Some(writes) }
}

draft! {
    CollaboratorDraft of row: &CollaboratorRow;
    WrittenCollaborator of terms: CollaboratorTerms;
    {
        full_name: Some(row.full_name.clone()) => full_name: terms.full_name,
        email: row.email.clone() => email: terms.email,
        status: Some(row.status.name().to_owned()) => status: terms.status,
    }
    written { comparable_email: terms.comparable_email }
}

fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<CollaboratorRow>> {
    collaborator::lock(tenant, CollaboratorId(id))
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let written = accepted(work, CollaboratorDraft::default(), None, input)?;
    Ok(collaborator::insert(&mut work.tenant, &written, work.now)?.0)
}

fn update(work: &mut Work<'_>, row: &CollaboratorRow, input: &mut Input) -> Result<()> {
    let written = accepted(work, draft(row), Some(row.id), input)?;
    Ok(collaborator::update(&mut work.tenant, row.id, &written, work.now)?)
}

fn delete(work: &mut Work<'_>, row: &CollaboratorRow) -> Result<()> {
    collaborator::delete(&mut work.tenant, row.id, work.now).map_err(Failure::from)
}

/// Returns the columns of a collaborator after the input is applied, or refuses the input. `id` is
/// the id of the collaborator, or `None` for a new one.
fn accepted(
    work: &mut Work<'_>,
    mut draft: CollaboratorDraft,
    id: Option<CollaboratorId>,
    input: &mut Input,
) -> Result<WrittenCollaborator> {
    read(input, &mut draft);
    if let Some(email) = draft.email.as_deref().map(comparable_email)
        && collaborator::id_by_email(&mut work.tenant, &email, id)?.is_some()
    {
        input.refuse("email", TAKEN);
    }
    Ok(written(judged(input, draft.check())?))
}

/// Returns the columns of a new collaborator, or refuses the input. Whether the e-mail address is
/// another's is for the caller to say.
pub(crate) fn new_row(input: &mut Input) -> Result<WrittenCollaborator> {
    let mut draft = CollaboratorDraft::default();
    read(input, &mut draft);
    Ok(written(judged(input, draft.check())?))
}

pub(crate) const TAKEN: &str = "is another collaborator's";
