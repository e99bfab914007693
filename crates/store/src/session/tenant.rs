//! A tenant together with the session that works in its name and sees no other rows.

use std::hash::Hash;
use std::sync::Arc;

use apportion_core::event::Action;
use apportion_core::id::OrganizationId;
use chrono::NaiveDateTime;
use diesel::Queryable;

use crate::database::connection::AnyConnection;
use crate::error::{Error, Result};
use crate::scope::Scope;
use crate::session::books::Ledgers;
use crate::session::journal::Event;
use crate::session::{Session, totals};

/// A row of some table, in the version that it has.
#[derive(Clone, Copy, Debug, Queryable)]
pub(crate) struct RowVersion {
    pub(crate) id: i64,
    pub(crate) version: i64,
}

/// A session in the name of one tenant. Every function on a tenant's rows takes it as its first
/// argument.
pub struct Tenant<'s> {
    scope: Scope,
    session: &'s mut Session,
}

impl<'s> Tenant<'s> {
    /// Makes a session work in the name of a scope.
    pub fn new(scope: Scope, session: &'s mut Session) -> Self {
        Self { scope, session }
    }

    /// Returns the same session in the same name, borrowed for a shorter time.
    pub fn reborrow(&mut self) -> Tenant<'_> {
        Tenant { scope: self.scope, session: self.session }
    }

    /// Returns the scope in whose name rows are read and written.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// Returns the tenant.
    pub fn organization(&self) -> OrganizationId {
        self.scope.organization
    }

    /// Returns the connection. On PostgreSQL it sees the rows of this tenant only.
    pub fn connection(&mut self) -> Result<&mut AnyConnection> {
        self.session.tenant(&self.scope)
    }

    /// Runs work as one transaction: all of it is kept, or nothing.
    pub fn transaction<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Tenant<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let scope = self.scope;
        self.session.transaction(|session| work(&mut Tenant::new(scope, session)))
    }

    /// Runs work that changes nothing and sees one moment of the tenant's rows, however many
    /// statements it runs.
    pub fn snapshot<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Tenant<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let scope = self.scope;
        self.session.snapshot(&scope, |session| work(&mut Tenant::new(scope, session)))
    }

    /// Notes that a row was written. The event is inserted at the end of the transaction, or at
    /// once if there is none.
    pub fn note(&mut self, event: Event) -> Result<()> {
        self.session.note(event)
    }

    /// Counts a new row of a table, and notes its event.
    pub fn record_insert(
        &mut self,
        table: &'static str,
        id: i64,
        now: NaiveDateTime,
    ) -> Result<()> {
        totals::add(self, table, 1)?;
        self.note(Event {
            action: Action::Create,
            version_before: None,
            version_after: Some(1),
            ..self.event(table, id, now)
        })
    }

    /// Notes the event of a row that was updated and has `version` since.
    pub fn record_update(
        &mut self,
        table: &'static str,
        id: i64,
        version: i64,
        now: NaiveDateTime,
    ) -> Result<()> {
        let event = self.updated(table, id, version, now);
        self.note(event)
    }

    /// Takes a deleted row off the count of its table, and notes its event. `version` is the last
    /// one that it had.
    pub fn record_delete(
        &mut self,
        table: &'static str,
        id: i64,
        version: i64,
        now: NaiveDateTime,
    ) -> Result<()> {
        totals::add(self, table, -1)?;
        self.note(Event {
            action: Action::Delete,
            version_before: Some(version),
            version_after: None,
            ..self.event(table, id, now)
        })
    }

    /// Notes that rows of a table were updated, and have these versions since.
    pub(crate) fn record_updates(
        &mut self,
        table: &'static str,
        rows: &[RowVersion],
        now: NaiveDateTime,
    ) -> Result<()> {
        rows.iter().try_for_each(|row| self.record_update(table, row.id, row.version, now))
    }

    /// Returns the event of a row that was updated and has `version` since.
    pub(crate) fn updated(
        &self,
        table: &'static str,
        id: i64,
        version: i64,
        now: NaiveDateTime,
    ) -> Event {
        Event {
            version_before: version.checked_sub(1),
            version_after: Some(version),
            ..self.event(table, id, now)
        }
    }

    /// Returns an event of a row that says nothing yet of what was done to it.
    pub(crate) fn event(&self, table: &'static str, id: i64, now: NaiveDateTime) -> Event {
        Event {
            scope: self.scope,
            action: Action::Update,
            table,
            id,
            version_before: None,
            version_after: None,
            now,
        }
    }

    /// Notes the shape of a statement that is about to run, so that the number of prepared
    /// statements stays bounded.
    pub(crate) fn note_shape(&mut self, shape: &impl Hash) {
        self.session.note_shape(shape);
    }

    pub(crate) fn id(&self) -> i64 {
        self.scope.organization.0
    }

    pub(crate) fn creator(&self) -> Option<i64> {
        self.scope.person.map(|person| person.0)
    }

    pub(crate) fn is_postgres(&self) -> bool {
        self.session.is_postgres()
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        self.session
    }

    pub(crate) fn ledgers(&self) -> Arc<Ledgers> {
        Arc::clone(self.session.ledgers())
    }
}
