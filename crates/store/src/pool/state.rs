//! The state of the database, for probes.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use crate::database::connection::AnyConnection;
use crate::error::{Error, Outage, Result};
use crate::session::Session;

/// An outage, and the reason for it in words.
type Trouble = (Outage, String);

impl Session {
    /// Returns whether the schema is the one that this program works with, and why the database
    /// cannot be written, if it cannot. Only reads.
    pub fn state(&mut self) -> Result<(bool, Option<Trouble>)> {
        let is_migrated = self.is_migrated()?;
        let AnyConnection::Postgres(connection) = self.everybody()? else {
            return Ok((is_migrated, None));
        };
        let is_read_only = "pg_is_in_recovery() OR \
                            current_setting('default_transaction_read_only')::BOOLEAN";
        let is_read_only: bool = diesel::select(sql::<Bool>(is_read_only))
            .get_result(connection)
            .map_err(Error::from)?;
        let trouble = (Outage::Unwritable, "its sessions are read-only".to_owned());
        Ok((is_migrated, is_read_only.then_some(trouble)))
    }
}
