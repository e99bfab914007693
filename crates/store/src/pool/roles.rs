//! The roles of PostgreSQL: the owner of the tables migrates, a server owns nothing and is held to
//! row-level security. Not here: making roles, which a superuser does.

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::pg::PgConnection;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};

use crate::database::connection::AnyConnection;
use crate::error::Error;
use crate::session::Session;

/// The reason why a role is not used, or is granted nothing.
#[derive(Debug, thiserror::Error)]
pub enum RoleError {
    /// The database is not one of PostgreSQL.
    #[error("SQLite has no roles: --grant-to is for PostgreSQL")]
    NotPostgres,
    /// There is no such role.
    #[error("there is no role {0}: create it with `CREATE ROLE {0} LOGIN`")]
    Missing(String),
    /// The role ignores row-level security.
    #[error(
        "role {0} is a superuser or has BYPASSRLS, so that row-level security, the second wall \
         between tenants, does not hold for it: use a role that is neither, to which `apportion \
         migrate --grant-to ROLE` grants what a server needs, or give --allow-superuser"
    )]
    Unbound(String),
    /// The role may act as the owner of the tables.
    #[error("role {0} may act as the owner of the tables, so that it has every right already")]
    Owner(String),
    /// The role lacks rights on a table or a sequence.
    #[error(
        "role {role} may not use {table}: run `apportion migrate --grant-to {role}` as the \
         owner of the database"
    )]
    Ungranted {
        /// The role of the connection.
        role: String,
        /// The first that it may not use.
        table: String,
    },
    /// The database cannot be used.
    #[error(transparent)]
    Store(#[from] Error),
}

impl From<diesel::result::Error> for RoleError {
    fn from(error: diesel::result::Error) -> Self {
        Self::Store(error.into())
    }
}

/// The tables and sequences of this program: those of whoever owns `organizations`.
const OURS: &str = "FROM pg_class WHERE relnamespace = to_regnamespace(current_schema()::text) \
     AND relowner = (SELECT relowner FROM pg_class WHERE oid = to_regclass('organizations'))";

/// Whether a role may not use one of them as a server does. An import takes ids from sequences.
const UNUSABLE: &str = "CASE relkind \
     WHEN 'S' THEN NOT has_sequence_privilege(oid, 'USAGE') \
     WHEN 'r' THEN NOT has_table_privilege(oid, 'SELECT') \
         OR relname <> '__diesel_schema_migrations' AND NOT (has_table_privilege(oid, 'INSERT') \
         AND (relname = 'events' OR has_table_privilege(oid, 'UPDATE') \
         AND has_table_privilege(oid, 'DELETE'))) \
     ELSE false END AND relname <> 'migration_lock'";

impl Session {
    /// Grants a role of PostgreSQL what a server needs, and takes away what it has beyond that: it
    /// reads and writes rows, adds events, and changes neither tables nor events.
    pub fn grant_to(&mut self, role: &str) -> Result<(), RoleError> {
        if !self.is_postgres() {
            return Err(RoleError::NotPostgres);
        }
        self.transaction(|session| match session.everybody()? {
            AnyConnection::Sqlite(_) => Err(RoleError::NotPostgres),
            AnyConnection::Postgres(connection) => grant(connection, role),
        })
    }

    /// Checks that row-level security holds for the role of this connection, unless that is not
    /// asked for, and that the role may use the tables that are there. SQLite has no roles.
    pub fn check_role(&mut self, allow_superuser: bool) -> Result<(), RoleError> {
        let AnyConnection::Postgres(connection) = self.everybody()? else { return Ok(()) };
        let unbound = "SELECT rolname::text FROM pg_roles \
             WHERE rolname IN (current_user, session_user) AND (rolsuper OR rolbypassrls)";
        let unbound: Option<String> = sql::<Text>(unbound).get_result(connection).optional()?;
        match unbound {
            Some(role) if !allow_superuser => return Err(RoleError::Unbound(role)),
            _ => {}
        }
        let ungranted =
            format!("SELECT relname::text {OURS} AND {UNUSABLE} ORDER BY relname LIMIT 1");
        let table: Option<String> = sql::<Text>(&ungranted).get_result(connection).optional()?;
        let Some(table) = table else { return Ok(()) };
        let role = sql::<Text>("SELECT current_user::text").get_result(connection)?;
        Err(RoleError::Ungranted { role, table })
    }
}

fn grant(connection: &mut PgConnection, role: &str) -> Result<(), RoleError> {
    let named = |connection: &mut PgConnection, condition: &str| -> QueryResult<bool> {
        let text =
            format!("SELECT EXISTS (SELECT 1 FROM pg_roles WHERE {condition} AND rolname = ");
        sql::<Bool>(&text).bind::<Text, _>(role).sql(")").get_result(connection)
    };
    if !named(connection, "true")? {
        return Err(RoleError::Missing(role.to_owned()));
    }
    if named(connection, "(rolsuper OR rolbypassrls)")? {
        return Err(RoleError::Unbound(role.to_owned()));
    }
    let owner = "pg_has_role(oid, (SELECT relowner FROM pg_class \
         WHERE oid = to_regclass('organizations')), 'MEMBER')";
    if named(connection, owner)? {
        return Err(RoleError::Owner(role.to_owned()));
    }
    let quoted = sql::<Text>("SELECT quote_ident(").bind::<Text, _>(role).sql(")");
    let role: String = quoted.get_result(connection)?;
    // Since PostgreSQL 17 others than the owner may gather statistics.
    let analyze = sql::<Bool>("SELECT current_setting('server_version_num')::int >= 170000");
    let analyze = if analyze.get_result(connection)? { ", MAINTAIN" } else { "" };
    let mut names = |kind: &str| -> QueryResult<Vec<String>> {
        let names = "SELECT quote_ident(relname)::text";
        sql::<Text>(&format!("{names} {OURS} AND relkind = '{kind}' ORDER BY 1")).load(connection)
    };
    let (tables, sequences) = (names("r")?, names("S")?);
    let schema: String =
        sql::<Text>("SELECT quote_ident(current_schema()::text)").get_result(connection)?;
    let mut statements = format!("GRANT USAGE ON SCHEMA {schema} TO {role};");
    for table in tables {
        let rights = match table.as_str() {
            "migration_lock" => None,
            "__diesel_schema_migrations" => Some("SELECT".to_owned()),
            "events" => Some(format!("SELECT, INSERT{analyze}")),
            _ => Some(format!("SELECT, INSERT, UPDATE, DELETE{analyze}")),
        };
        statements.push_str(&format!("REVOKE ALL ON {table} FROM {role};"));
        if let Some(rights) = rights {
            statements.push_str(&format!("GRANT {rights} ON {table} TO {role};"));
        }
    }
    for sequence in sequences {
        statements.push_str(&format!("REVOKE ALL ON SEQUENCE {sequence} FROM {role};"));
        statements.push_str(&format!("GRANT USAGE ON SEQUENCE {sequence} TO {role};"));
    }
    Ok(connection.batch_execute(&statements)?)
}
