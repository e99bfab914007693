//! A tenant together with the session that works in its name and sees no other rows.

use std::hash::Hash;
use std::sync::Arc;

use apportion_core::id::OrganizationId;
use diesel::Queryable;

use crate::database::connection::AnyConnection;
use crate::error::{Error, Result};
use crate::scope::Scope;
use crate::session::Session;
use crate::session::books::Ledgers;
use crate::session::event::Event;
use crate::session::transaction::Visibility;

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

    /// Borrows this tenant for a shorter time: the same session, with the same scope.
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
        let seen = Some(Visibility::of(&scope));
        self.session.transaction_seeing(seen, |session| work(&mut Tenant::new(scope, session)))
    }

    /// Runs work that changes nothing and sees one moment of the tenant's rows, however many
    /// statements it runs. Within work that sees one moment already, this is a later one.
    pub fn snapshot<T, E: From<Error>>(
        &mut self,
        work: impl FnOnce(&mut Tenant<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let scope = self.scope;
        self.session.snapshot(&scope, |session| work(&mut Tenant::new(scope, session)))
    }

    /// Whether the work is in a transaction that writes.
    pub fn is_writing(&self) -> bool {
        self.session.is_writing()
    }

    /// Notes that a row was written. The event is inserted at the end of the transaction, or at
    /// once outside of a transaction.
    pub fn note(&mut self, event: Event) -> Result<()> {
        self.session.note(event)
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

    /// Returns the number of rows that the work has rewritten because of changes of others.
    pub fn rewritten(&mut self) -> usize {
        self.session().rewritten()
    }

    /// Counts the long texts of all rows that the piece of work loads from now on: they are
    /// included in an answer.
    pub fn count_texts(&mut self) {
        self.session().count_texts();
    }

    pub(crate) fn session(&mut self) -> &mut Session {
        self.session
    }

    pub(crate) fn ledgers(&self) -> Arc<Ledgers> {
        Arc::clone(self.session.ledgers())
    }
}
