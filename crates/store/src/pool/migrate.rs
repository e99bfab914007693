//! Migrations, which bring the schema up to date: forward only, by one process at a time, and never
//! on a schema that a later version made.

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::database::connection::AnyConnection;
use crate::error::{Error, Result};
use crate::session::Session;

const SQLITE: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// The preparation of the lock, which is a row, because every database that speaks PostgreSQL's
/// protocol has rows. Two processes that create its table at once can collide, so it is tried
/// twice.
const POSTGRES_LOCK: &str = "SET LOCAL client_min_messages = 'warning';
CREATE TABLE IF NOT EXISTS migration_lock (id BIGINT PRIMARY KEY);
INSERT INTO migration_lock (id) VALUES (1) ON CONFLICT DO NOTHING;";

/// The time-outs of requests are too short for migrations.
const PATIENT: &str = "SET LOCAL statement_timeout = 0; SET LOCAL lock_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL client_min_messages = 'warning'";

impl Session {
    /// Runs the migrations that are missing, and returns their number.
    pub fn migrate(&mut self) -> Result<usize> {
        if self.is_postgres() {
            let lock = |session: &mut Session| {
                session.transaction(|session| {
                    session.everybody()?.batch_execute(POSTGRES_LOCK).map_err(Error::from)
                })
            };
            lock(self).or_else(|_| lock(self))?;
        }
        self.transaction(|session| {
            let connection = session.everybody()?;
            match connection {
                AnyConnection::Postgres(inner) => {
                    inner.batch_execute(PATIENT)?;
                    inner.batch_execute("SELECT id FROM migration_lock WHERE id = 1 FOR UPDATE")?;
                    run(inner, POSTGRES)
                }
                AnyConnection::Sqlite(inner) => run(inner, SQLITE),
            }
        })
    }

    /// Whether the schema is exactly the one that this program works with.
    ///
    /// Only reads, which the harness of the migrations does not.
    pub fn is_migrated(&mut self) -> Result<bool> {
        let connection = self.everybody()?;
        let mut known = if connection.is_postgres() {
            names::<Pg>(POSTGRES)?
        } else {
            names::<Sqlite>(SQLITE)?
        };
        known.sort_unstable();
        let is_there = if connection.is_postgres() {
            "to_regclass('__diesel_schema_migrations') IS NOT NULL"
        } else {
            "EXISTS (SELECT 1 FROM sqlite_master WHERE name = '__diesel_schema_migrations')"
        };
        if !diesel::select(sql::<Bool>(is_there)).get_result::<bool>(connection)? {
            return Ok(false);
        }
        let applied: Vec<String> =
            sql::<Text>("SELECT version FROM __diesel_schema_migrations ORDER BY version")
                .load(connection)?;
        Ok(known == applied)
    }
}

/// Returns the versions of the migrations of one database.
fn names<DB: Backend>(source: EmbeddedMigrations) -> Result<Vec<String>>
where
    EmbeddedMigrations: MigrationSource<DB>,
{
    let known: Vec<Box<dyn Migration<DB>>> =
        source.migrations().map_err(|error| Error::Migration(error.to_string()))?;
    Ok(known.iter().map(|migration| migration.name().version().to_string()).collect())
}

fn run<C, DB>(connection: &mut C, source: EmbeddedMigrations) -> Result<usize>
where
    C: MigrationHarness<DB>,
    DB: Backend,
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
