//! Tables that link rows of two tables of a tenant, many to many. Not here: whether the linked rows
//! exist (the foreign keys refuse those that do not), and the version of the owner.

use diesel::prelude::*;

use crate::criteria::Value;
use crate::error::{Error, Result};
use crate::prepared::Prepared;
use crate::scope::Scope;
use crate::session::Session;

/// The statements on a table that links an owner to its members. Each binds the tenant, the owner,
/// and where it is about one member, the member.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// Links a member, unless it is linked.
    pub add: &'static [&'static str],
    /// Unlinks a member.
    pub remove: &'static [&'static str],
    /// Unlinks every member.
    pub clear: &'static [&'static str],
}

/// The statements on a table `$table (organization_id, $owner, $member)` that is unique over all
/// three.
#[macro_export]
macro_rules! membership {
    ($table:literal, $owner:literal, $member:literal) => {
        $crate::membership::Membership {
            add: &[
                concat!(
                    "INSERT INTO ",
                    $table,
                    " (organization_id, ",
                    $owner,
                    ", ",
                    $member,
                    ") VALUES ("
                ),
                ", ",
                ", ",
                ") ON CONFLICT DO NOTHING",
            ],
            remove: &[
                concat!("DELETE FROM ", $table, " WHERE organization_id = "),
                concat!(" AND ", $owner, " = "),
                concat!(" AND ", $member, " = "),
            ],
            clear: &[
                concat!("DELETE FROM ", $table, " WHERE organization_id = "),
                concat!(" AND ", $owner, " = "),
            ],
        }
    };
}

impl Membership {
    /// Links these members too.
    pub fn add(
        &self,
        scope: &Scope,
        session: &mut Session,
        (owner, members): (i64, &[i64]),
    ) -> Result<()> {
        each(scope, session, self.add, (owner, members))
    }

    /// Unlinks these members.
    pub fn remove(
        &self,
        scope: &Scope,
        session: &mut Session,
        (owner, members): (i64, &[i64]),
    ) -> Result<()> {
        each(scope, session, self.remove, (owner, members))
    }

    /// Links these members and no others.
    pub fn replace(
        &self,
        scope: &Scope,
        session: &mut Session,
        (owner, members): (i64, &[i64]),
    ) -> Result<()> {
        let values = [Value::Integer(scope.id()), Value::Integer(owner)];
        let clear = Prepared { parts: self.clear, values: &values };
        clear.execute(session.tenant(scope)?)?;
        self.add(scope, session, (owner, members))
    }
}

fn each(
    scope: &Scope,
    session: &mut Session,
    parts: &'static [&'static str],
    (owner, members): (i64, &[i64]),
) -> Result<()> {
    for member in members {
        let values = [scope.id(), owner, *member].map(Value::Integer);
        let statement = Prepared { parts, values: &values };
        statement.execute(session.tenant(scope)?).map_err(Error::from)?;
    }
    Ok(())
}
