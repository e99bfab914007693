//! Migrations, which bring the schema up to date: forward only, by one process at a time, and never
//! on a schema that a later version made.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::address::Address;
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

/// The table in which diesel keeps the versions of the steps that were run.
const APPLIED: &str = "SELECT version FROM __diesel_schema_migrations";

impl Session {
    /// Runs the migrations that are missing, and returns their number. If none is, this needs no
    /// right to change the schema.
    pub fn migrate(&mut self) -> Result<usize> {
        match self.survey(Session::pending)? {
            0 => return Ok(0),
            pending if self.is_postgres() => self.prepare_migration(pending)?,
            _ => {}
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

    /// Returns the number of migrations that are missing, and changes nothing.
    pub fn pending(&mut self) -> Result<usize> {
        let (applied, known) = (self.applied()?, self.known()?);
        if let Some(newer) = applied.iter().find(|version| Some(*version) > known.iter().max()) {
            return Err(Error::NewerSchema(newer.clone()));
        }
        Ok(known.iter().filter(|version| !applied.contains(version)).count())
    }

    /// Returns the versions of the migrations that were run; none if there was never one.
    pub(crate) fn applied(&mut self) -> Result<Vec<String>> {
        let connection = self.everybody()?;
        let is_there = if connection.is_postgres() {
            "SELECT to_regclass('__diesel_schema_migrations') IS NOT NULL"
        } else {
            "SELECT COUNT(*) > 0 FROM sqlite_master WHERE name = '__diesel_schema_migrations'"
        };
        if !sql::<Bool>(is_there).get_result::<bool>(connection)? {
            return Ok(Vec::new());
        }
        sql::<Text>(APPLIED).load(connection).map_err(Error::from)
    }

    /// Returns the versions of the migrations that this program has.
    fn known(&self) -> Result<Vec<String>> {
        known(self.is_postgres())
    }

    /// Whether the schema is exactly the one that this program works with.
    ///
    /// Only reads, which the harness of the migrations does not.
    pub fn is_migrated(&mut self) -> Result<bool> {
        let (mut applied, mut known) = (self.applied()?, self.known()?);
        applied.sort_unstable();
        known.sort_unstable();
        Ok(applied == known)
    }

    /// Makes the lock of the migrations, if the role may change the schema.
    fn prepare_migration(&mut self, pending: usize) -> Result<()> {
        let may = |session: &mut Session| -> Result<bool> {
            sql::<Bool>(MAY_MIGRATE).get_result(session.everybody()?).map_err(Error::from)
        };
        if !self.survey(may)? {
            return Err(Error::Migration(format!(
                "{pending} migrations are pending, which this role may not run: run `apportion \
                 migrate` as the owner of the database first, with --grant-to for each role of a \
                 server"
            )));
        }
        let lock = |session: &mut Session| {
            session.transaction(|session| {
                session.everybody()?.batch_execute(POSTGRES_LOCK).map_err(Error::from)
            })
        };
        lock(self).or_else(|_| lock(self))
    }
}

fn known(is_postgres: bool) -> Result<Vec<String>> {
    if is_postgres { versions::<Pg>(POSTGRES) } else { versions::<Sqlite>(SQLITE) }
}

/// Returns the version of the newest migration of this program for a database of this kind: its
/// schema, once it is open.
pub fn newest_migration(address: &Address) -> String {
    let known = known(address.path().is_none()).unwrap_or_default();
    known.into_iter().max().unwrap_or_default()
}

/// Whether a role may make tables, and change those that are there.
const MAY_MIGRATE: &str = "SELECT \
    COALESCE(has_schema_privilege(current_schema()::text, 'CREATE'), false) AND \
    COALESCE((SELECT pg_has_role(relowner, 'USAGE') FROM pg_class \
    WHERE oid = to_regclass('organizations')), true)";

fn versions<DB>(source: EmbeddedMigrations) -> Result<Vec<String>>
where
    DB: diesel::backend::Backend,
    EmbeddedMigrations: MigrationSource<DB>,
{
    let refuse = |error: &dyn std::fmt::Display| Error::Migration(error.to_string());
    let known: Vec<Box<dyn Migration<DB>>> = source.migrations().map_err(|error| refuse(&error))?;
    Ok(known.iter().map(|migration| migration.name().version().to_string()).collect())
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
