//! A pooler before PostgreSQL that gives a connection to another client after each transaction,
//! and does not take the prepared statements along. Diesel keeps statements prepared, so that it
//! would find none of them, or those of others. PgBouncer keeps them since 1.21.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::address::Address;
use crate::error::{Error, Result};
use crate::session::Session;
use crate::sql::statement::Statement;

/// The process of the server that a connection is with.
const SERVER: &str = "SELECT CAST(pg_backend_pid() AS BIGINT)";
/// The number of prepared statements there that have the names which diesel gave them.
const OURS: &str = "SELECT COUNT(*) FROM pg_prepared_statements WHERE name LIKE '%diesel%'";

/// Refuses a database behind such a pooler.
///
/// A connection asks for its server, and again while another connection is in a transaction with
/// it. In session mode, and without a pooler, the server is the same. A pooler that takes
/// statements along gives them other names.
pub(crate) fn check(address: &Address) -> Result<()> {
    if address.path().is_some() {
        return Ok(());
    }
    let (mut one, mut other) = (Session::open(address)?, Session::open(address)?);
    let before = one.survey(|one| ask(one, SERVER))?;
    let seen: Result<(i64, i64)> = other.survey(|other| {
        ask(other, SERVER)?;
        one.survey(|one| Ok((ask(one, SERVER)?, ask(one, OURS)?)))
    });
    match seen {
        Ok((after, _)) if after == before => Ok(()),
        Ok((_, 0)) => Ok(()),
        Err(error) if error.is_outage() => Err(error),
        Ok(_) | Err(_) => Err(Error::Open {
            address: address.clone(),
            reason: "it is behind a pooler in transaction mode that does not keep prepared \
                     statements; use session mode, or PgBouncer 1.21 or later with \
                     max_prepared_statements above 0"
                .to_owned(),
        }),
    }
}

impl Session {
    /// Opens a connection for a command. Refuses a database behind a pooler that does not keep
    /// prepared statements.
    pub fn open_checked(address: &Address) -> Result<Self> {
        check(address)?;
        Self::open(address)
    }
}

fn ask(session: &mut Session, question: &'static str) -> Result<i64> {
    let statement = Statement::new(question).yielding::<BigInt>();
    statement.get_result(session.everybody()?).map_err(Error::from)
}
