//! Migrations, which bring the schema up to date: forward only, by one process at a time, and never
//! on a schema that a later version made.

use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::database::connection::{AnyConnection, on_backend};
use crate::error::{Error, Result};
use crate::session::Session;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The preparation of the lock, which is a row, because every database that speaks PostgreSQL's
/// protocol has rows. Two processes that create its table at once can collide, so it is tried
/// twice. The time-outs of requests are too short for migrations.
const POSTGRES_LOCK: &str = "SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
CREATE TABLE IF NOT EXISTS migration_lock (id BIGINT PRIMARY KEY);
INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING;";

impl Session {
    /// Runs the migrations that are missing, and returns their number.
    pub fn migrate(&mut self) -> Result<usize> {
        if self.is_postgres() {
            let lock = |session: &mut Session| {
                session.everybody()?.batch_execute(POSTGRES_LOCK).map_err(Error::from)
            };
            lock(self).or_else(|_| lock(self))?;
        }
        self.transaction(|session| {
            let connection = session.everybody()?;
            match connection {
                AnyConnection::Postgres(inner) => {
                    inner.batch_execute("SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE")?;
                    run(inner, POSTGRES)
                }
                AnyConnection::Sqlite(inner) => run(inner, SQLITE),
            }
        })
    }

    /// Whether the schema is exactly the one that this program works with.
    pub fn is_migrated(&mut self) -> Result<bool> {
        let connection = self.everybody()?;
        let postgres = connection.is_postgres();
        on_backend!(connection, inner => {
            let pending = inner.has_pending_migration(if postgres { POSTGRES } else { SQLITE });
            pending.map(|pending| !pending).map_err(|error| Error::Migration(error.to_string()))
        })
    }
}

fn run<C, DB>(connection: &mut C, source: EmbeddedMigrations) -> Result<usize>
where
    C: MigrationHarness<DB>,
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let refuse = |error: &dyn std::fmt::Display| Error::Migration(error.to_string());
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(|error| refuse(&error))?;
    let newest = known.iter().map(|migration| migration.name().version()).max();
    let applied: Vec<MigrationVersion<'static>> =
        connection.applied_migrations().map_err(|error| refuse(&error))?;
    let newer = applied.into_iter().find(|applied| newest.as_ref().is_none_or(|n| applied > n));
    if let Some(newer) = newer {
        return Err(Error::NewerSchema(newer.to_string()));
    }
    let run = connection.run_pending_migrations(source).map_err(|error| refuse(&error))?;
    Ok(run.len())
}
