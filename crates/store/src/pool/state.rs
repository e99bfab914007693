//! The state of the database, for probes, and its clock.

use chrono::NaiveDateTime;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Timestamp};

use crate::database::connection::AnyConnection;
use crate::database::file;
use crate::error::{Error, Outage, Result};
use crate::session::Session;

/// The room that a disk must have, in bytes.
const LEAST_ROOM: u64 = 16 * 1024 * 1024;

impl Session {
    /// Returns whether the schema is the one that this program works with. Only reads.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] if the database could not be written: its file is gone, its disk has
    /// less than 16 MiB, or its sessions are read-only.
    pub fn state(&mut self) -> Result<bool> {
        let is_migrated = self.is_migrated()?;
        self.check_file()?;
        if let Some(room) = self.address().path().and_then(file::room)
            && room < LEAST_ROOM
        {
            let why = format!("{room} bytes are free, and {LEAST_ROOM} are needed");
            return Err(Error::Unavailable(Outage::Full, why));
        }
        let AnyConnection::Postgres(connection) = self.everybody()? else {
            return Ok(is_migrated);
        };
        let is_read_only = "pg_is_in_recovery() OR \
                            current_setting('default_transaction_read_only')::BOOLEAN";
        if diesel::select(sql::<Bool>(is_read_only)).get_result(connection)? {
            let why = "its sessions are read-only".to_owned();
            return Err(Error::Unavailable(Outage::Unwritable, why));
        }
        Ok(is_migrated)
    }

    /// Returns the time of the database's own clock, in UTC; `None` for SQLite, which has none.
    pub fn time(&mut self) -> Result<Option<NaiveDateTime>> {
        let AnyConnection::Postgres(connection) = self.everybody()? else { return Ok(None) };
        let now = diesel::select(sql::<Timestamp>("clock_timestamp() AT TIME ZONE 'UTC'"));
        now.get_result(connection).map(Some).map_err(Error::from)
    }
}
