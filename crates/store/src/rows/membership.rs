//! Tables that link rows of two tables of a tenant, many to many. Not here: whether the linked rows
//! exist (the foreign keys refuse those that do not), and the version of the owner.

use std::marker::PhantomData;

use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::scope::Scope;
use crate::session::Session;
use crate::sql::criteria::Value;
use crate::sql::prepared::{Prepared, Yielding, powers_of_two};

/// The statements on a table that links an owner to its members. Each binds the tenant and the
/// owner, and where it is about members, these as a list that follows.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// Links members, unless they are linked; goes on after the list.
    pub add: (&'static [&'static str], &'static [&'static str]),
    /// Unlinks members; goes on after the list.
    pub remove: (&'static [&'static str], &'static [&'static str]),
    /// Unlinks all members.
    pub clear: &'static [&'static str],
}

/// The statements on a table `$table (organization_id, $owner, $member)` that is unique over all
/// three.
#[macro_export]
macro_rules! membership {
    ($table:literal, $owner:literal, $member:literal) => {
        $crate::membership::Membership {
            add: (
                &[
                    concat!(
                        "INSERT INTO ",
                        $table,
                        " (organization_id, ",
                        $owner,
                        ", ",
                        $member,
                        ") SELECT "
                    ),
                    ", ",
                    ", column1 FROM (VALUES ",
                ],
                // Without a condition SQLite takes the conflict for one of a join.
                &[") AS members WHERE true ON CONFLICT DO NOTHING"],
            ),
            remove: (
                &[
                    concat!("DELETE FROM ", $table, " WHERE organization_id = "),
                    concat!(" AND ", $owner, " = "),
                    concat!(" AND ", $member, " IN (VALUES "),
                ],
                &[")"],
            ),
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
    (before, after): (&'static [&'static str], &'static [&'static str]),
    (owner, members): (i64, &[i64]),
) -> Result<()> {
    let members: Vec<[i64; 1]> = members.iter().map(|member| [*member]).collect();
    for rows in powers_of_two(&members) {
        session.note_shape(&(before, rows.len()));
        let values = &[Value::Integer(scope.id()), Value::Integer(owner)];
        let head = Prepared { parts: before, values };
        let tail = Prepared::plain(after);
        let statement = Yielding::<(), 1> { head, rows, tail, yields: PhantomData };
        statement.execute(session.tenant(scope)?).map_err(Error::from)?;
    }
    Ok(())
}
