//! The roles in which commands work on PostgreSQL: one that owns the tables and migrates, and those
//! of servers, which own nothing. Not here: the rights themselves (`apportion-store`).

use apportion_store::{Address, Session};

pub use apportion_store::roles::RoleError;

use crate::commands::admin::PATIENCE;

/// Brings the schema up to date, and grants each of these roles what a server needs. Returns the
/// number of migrations that were run.
pub fn migrate(database: &Address, roles: &[String]) -> Result<usize, RoleError> {
    if database.path().is_some() && !roles.is_empty() {
        return Err(RoleError::NotPostgres);
    }
    let mut session = Session::open_checked(database)?;
    session.wait_for_locks(PATIENCE)?;
    let steps = session.migrate()?;
    for role in roles {
        session.grant_to(role)?;
    }
    Ok(steps)
}

/// Checks that the role of the URL may serve: that row-level security holds for it, unless
/// `allow_superuser` says that it need not, and that it may use the tables. SQLite has no roles.
pub fn check_role(database: &Address, allow_superuser: bool) -> Result<(), RoleError> {
    if database.path().is_some() {
        return Ok(());
    }
    Session::open(database)?.check_role(allow_superuser)
}
