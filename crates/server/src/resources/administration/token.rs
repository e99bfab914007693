//! The type `tokens`, which only administrators can read and write. A token is shown once, in the
//! answer to the request that makes it. `DELETE` revokes one: its row stays, since events name it.
//! Not here: what a token looks like, and what its scope allows (`access`).

use apportion_core::id::{PersonId, TokenId};
use apportion_core::refusal::Locked;
use apportion_core::text::one_line;
use apportion_core::token::{DEFAULT_OVERLAP, MAX_OVERLAP, TokenScope, replaced_end};
use apportion_jsonapi::value::parse_instant;
use apportion_jsonapi::{Bounds, Code, Declaration, Error, Input, Relationship, Scalar, Source};
use apportion_store::token::{self, NewToken, TokenRow};
use apportion_store::{self as store, Tenant};
use chrono::{NaiveDateTime, TimeDelta};

use crate::access::token::Token;
use crate::catalog::attributes::{instant, integer, organization, text, word};
use crate::catalog::{Resource, Secret, Work, Writes};
use crate::failure::{Failure, Result};

pub(crate) fn resource() -> Resource<TokenRow> {
    let declaration =
        Declaration::new("tokens", (|row: &TokenRow| row.id.0, token::ID), shown_version)
            .writable()
            .restricted()
            .attribute(word("scope", TokenScope::NAMES).writable().field(token::SCOPE), |row| {
                Scalar::Text(&row.scope)
            })
            .attribute(text("label").nullable().writable().field(token::LABEL), |row| {
                row.label.as_deref().into()
            })
            .attribute(
                instant("expires_at").nullable().writable().field(token::EXPIRES_AT),
                |row| optional(row.expires_at),
            )
            .attribute(
                integer("overlap")
                    .bounded(Bounds::Between(0, MAX_OVERLAP))
                    .nullable()
                    .writable()
                    .field(token::OVERLAP),
                |row| row.overlap.map_or(Scalar::Null, Scalar::Integer),
            )
            .attribute(instant("revoked_at").nullable().field(token::REVOKED_AT), |row| {
                optional(row.revoked_at)
            })
            // A client that sends a resource back need not know that it was used meanwhile.
            .attribute(
                instant("last_used_at").nullable().on_request().field(token::LAST_USED_AT),
                |row| optional(row.last_used_at),
            )
            .attribute(instant("created_at").field(token::CREATED_AT), |row| {
                Scalar::Instant(row.created_at)
            })
            .attribute(instant("updated_at").field(token::UPDATED_AT), |row| {
                Scalar::Instant(row.updated_at)
            })
            .to_one(organization(token::ORGANIZATION_ID), |row| Some(row.organization_id.0))
            .to_one(
                Relationship::to_one("person", "people").set_once().field(token::PERSON_ID),
                |row| row.person_id.map(|id| id.0),
            )
            .to_one(
                Relationship::to_one("replaces", "tokens").set_once().field(token::REPLACES_ID),
                |row| row.replaces_id.map(|id| id.0),
            );
    Resource { declaration, writes: Some(Writes { lock, create, update, delete }) }
}

/// Returns the version of what is shown of a token. Its last use is shown too, and does not raise
/// the version of the row.
fn shown_version(row: &TokenRow) -> i64 {
    let used = row.last_used_at.map_or(0, |used| used.and_utc().timestamp_millis());
    row.version.saturating_add(used)
}

fn optional(instant: Option<NaiveDateTime>) -> Scalar<'static> {
    instant.map_or(Scalar::Null, Scalar::Instant)
}

fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<TokenRow>> {
    token::lock(tenant, TokenId(id))
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    if work.secret.is_none() {
        let detail = "A token is shown once, and an answer under an Idempotency-Key is kept: leave \
                      the key out";
        let error = Error::new(Code::InvalidAttribute, detail);
        return Err(error.at(Source::Header("Idempotency-Key")).into());
    }
    let replaced = replaced(work, input)?;
    let person = work.linked(input, "person", "people")?;
    let label = read_label(input, replaced.as_ref().and_then(|row| row.label.clone()));
    let expires_at = read_end(input, None, work.now);
    let replaces = replaced.as_ref().map(|row| (row.id, read_overlap(input)));
    if replaced.is_none() && input.gives("overlap") && read_overlap_given(input).is_some() {
        input.refuse("overlap", "is for a token that replaces another; name it in 'replaces'");
    }
    let known = replaced.as_ref().map(|row| row.scope.clone());
    let scope = read_scope(input, known.as_deref().unwrap_or(TokenScope::Write.name()));
    refuse_faulty(input)?;
    let token = Token::random()
        .map_err(|error| Failure::Broken(format!("there are no random bytes: {error}")))?;
    let bound = replaced.as_ref().and_then(|row| row.person_id);
    let new = NewToken {
        organization: work.tenant.organization(),
        person: person.map_or(bound, |person| person.map(PersonId)),
        hash: token.hash(),
        scope: scope.name(),
        label,
        expires_at,
        replaces,
    };
    let id = token::create(&mut work.tenant, &new, work.now)?;
    if let (Some(row), Some((_, overlap))) = (&replaced, replaces) {
        let overlap = TimeDelta::seconds(overlap);
        let end = replaced_end(row.expires_at, work.now, overlap);
        token::update(&mut work.tenant, row.id, row.label.as_deref(), Some(end), work.now)?;
    }
    if let Some(secret) = work.secret.as_deref_mut() {
        *secret = Some(Secret { name: "token", text: token.reveal().to_owned() });
    }
    Ok(id.0)
}

fn update(work: &mut Work<'_>, row: &TokenRow, input: &mut Input) -> Result<()> {
    if row.revoked_at.is_some() {
        let locked = Locked { noun: "the token", state: "revoked", what: "it", done: "changed" };
        return Err(locked.into());
    }
    if input.gives("scope") && read_scope(input, &row.scope).name() != row.scope {
        input.refuse("scope", "cannot be changed; make a token that replaces this one");
    }
    if input.gives("overlap") && read_overlap_given(input) != row.overlap {
        input.refuse("overlap", "cannot be changed");
    }
    let person = work.linked(input, "person", "people")?;
    let replaces = work.linked(input, "replaces", "tokens")?;
    for (name, given, stored) in [
        ("person", person, row.person_id.map(|id| id.0)),
        ("replaces", replaces, row.replaces_id.map(|id| id.0)),
    ] {
        // One that does not exist is an error already.
        if given.is_some_and(|given| given != stored) && input.errors.is_empty() {
            input.refuse_relationship(name, "cannot be changed");
        }
    }
    let label = read_label(input, row.label.clone());
    let expires_at = read_end(input, row.expires_at, work.now);
    refuse_faulty(input)?;
    let label = label.as_deref();
    Ok(token::update(&mut work.tenant, row.id, label, expires_at, work.now)?)
}

/// Revokes a token. One that is revoked already stays as it is.
fn delete(work: &mut Work<'_>, row: &TokenRow) -> Result<()> {
    if row.revoked_at.is_some() {
        return Ok(());
    }
    Ok(token::end(&mut work.tenant, row.id, work.now)?)
}

/// Returns the token that a new one is to replace, and locks it. One that does not exist, or that
/// is not in force, is an error of the input.
fn replaced(work: &mut Work<'_>, input: &mut Input) -> Result<Option<TokenRow>> {
    let Some(id) = work.linked(input, "replaces", "tokens")?.flatten() else { return Ok(None) };
    let Some(row) = token::lock(&mut work.tenant, TokenId(id))? else { return Ok(None) };
    let has_ended = row.expires_at.is_some_and(|end| end <= work.now);
    if row.revoked_at.is_some() || has_ended {
        input.refuse_relationship("replaces", "must be a token that is in force");
    }
    Ok(Some(row))
}

/// Returns the scope that the input gives, or else another one. The kind of the attribute refuses
/// all other words.
fn read_scope(input: &Input, otherwise: &str) -> TokenScope {
    let mut scope: Option<String> = None;
    input.set("scope", &mut scope);
    scope.as_deref().unwrap_or(otherwise).parse().unwrap_or(TokenScope::Read)
}

fn read_label(input: &mut Input, otherwise: Option<String>) -> Option<String> {
    if !input.gives("label") {
        return otherwise;
    }
    let mut label: Option<String> = None;
    input.set("label", &mut label);
    // A label that a command has given may have several lines, and may be sent back.
    if let Some(Err(rule)) =
        label.as_deref().filter(|it| Some(*it) != otherwise.as_deref()).map(one_line)
    {
        input.refuse("label", &rule);
    }
    label
}

fn read_overlap_given(input: &Input) -> Option<i64> {
    let mut overlap: Option<i64> = None;
    input.set("overlap", &mut overlap);
    overlap
}

/// Returns the seconds for which a token that is replaced stays in force.
fn read_overlap(input: &mut Input) -> i64 {
    let overlap = read_overlap_given(input).unwrap_or(DEFAULT_OVERLAP);
    if !(0..=MAX_OVERLAP).contains(&overlap) {
        input.refuse("overlap", &format!("must be from 0 to {MAX_OVERLAP}, in seconds"));
    }
    overlap
}

/// Returns the end of a token after the input is applied. A new one must lie ahead.
fn read_end(
    input: &mut Input,
    stored: Option<NaiveDateTime>,
    now: NaiveDateTime,
) -> Option<NaiveDateTime> {
    if !input.gives("expires_at") {
        return stored;
    }
    let mut text: Option<String> = None;
    input.set("expires_at", &mut text);
    let text = text?;
    match parse_instant(&text) {
        Some(end) if Some(end) == stored || end > now => Some(end),
        Some(_) => {
            input.refuse("expires_at", "must lie ahead; DELETE ends a token at once");
            stored
        }
        None => {
            let expected = "must be an instant of RFC 3339 such as 2030-01-31T12:00:00Z";
            input.refuse("expires_at", expected);
            stored
        }
    }
}

fn refuse_faulty(input: &mut Input) -> Result<()> {
    if input.errors.is_empty() {
        return Ok(());
    }
    Err(Failure::Refused(std::mem::take(&mut input.errors)))
}
