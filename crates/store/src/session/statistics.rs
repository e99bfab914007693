//! The statistics by which PostgreSQL finds rows. It gathers them by itself, about a minute after a
//! table has grown. Not here: those of SQLite, which the migrations write.

use diesel::connection::SimpleConnection;

use crate::error::{Error, Result};
use crate::session::Session;

/// Gathers the statistics of a table that many rows were added to. There is nothing to do on
/// SQLite.
pub fn analyze(session: &mut Session, table: &'static str) -> Result<()> {
    if !session.is_postgres() {
        return Ok(());
    }
    session.transaction(|session| {
        session.everybody()?.batch_execute(&format!("ANALYZE {table}")).map_err(Error::from)
    })
}
