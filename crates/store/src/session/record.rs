//! The records of a write: every row that is inserted, updated or deleted is counted and gets its
//! event. Not here: the statement that writes the row.

use apportion_core::event::Action;
use chrono::NaiveDateTime;

use crate::error::Result;
use crate::session::event::Event;
use crate::session::journal;
use crate::session::tenant::{RowVersion, Tenant};
use crate::session::totals;

impl Tenant<'_> {
    /// Counts a new row of a table, and notes its event.
    pub fn record_insert(
        &mut self,
        table: &'static str,
        id: i64,
        now: NaiveDateTime,
    ) -> Result<()> {
        totals::add(self, table, 1)?;
        self.note(self.created(table, id, now))
    }

    /// Counts new rows of a table, and notes their events, or inserts them at once.
    pub(crate) fn record_inserts(
        &mut self,
        table: &'static str,
        ids: &[i64],
        now: NaiveDateTime,
    ) -> Result<()> {
        totals::add_many(self, table, ids.len())?;
        if self.session().insert_events_early()? {
            return journal::insert_creations(self, table, ids, now);
        }
        ids.iter().try_for_each(|id| self.note(self.created(table, *id, now)))
    }

    /// Notes the events of rows that were updated, each with the version that it had before, or
    /// inserts them at once.
    pub(crate) fn record_raised(
        &mut self,
        table: &'static str,
        rows: &[[i64; 2]],
        now: NaiveDateTime,
    ) -> Result<()> {
        if self.session().insert_events_early()? {
            return journal::insert_updates(self, table, rows, now);
        }
        rows.iter().try_for_each(|[id, version]| {
            self.record_update(table, *id, version.saturating_add(1), now)
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

    /// Returns the event of a new row.
    fn created(&self, table: &'static str, id: i64, now: NaiveDateTime) -> Event {
        Event { action: Action::Create, version_after: Some(1), ..self.event(table, id, now) }
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
            scope: *self.scope(),
            action: Action::Update,
            table,
            id,
            version_before: None,
            version_after: None,
            now,
        }
    }
}
