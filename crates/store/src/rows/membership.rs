//! Tables that link rows of two tables of a tenant, many to many. Not here: whether the linked rows
//! exist (the foreign keys refuse those that do not), and the version of the owner.

use std::marker::PhantomData;

use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::criteria::Value;
use crate::sql::statement::{Prepared, Yielding, powers_of_two};

/// The statements on a table that links an owner to its members. Each binds the tenant and the
/// owner, and where it is about members, these as a list that follows.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// Links members, unless they are linked.
    pub add: OnMembers,
    /// Unlinks members.
    pub remove: OnMembers,
    /// Unlinks all members.
    pub clear: &'static [&'static str],
}

/// A statement on some members: what stands before their list, and after it.
#[derive(Clone, Copy, Debug)]
pub struct OnMembers {
    /// Text in parts, after which the tenant and the owner are bound in turn.
    pub before: &'static [&'static str],
    /// Text after the list.
    pub after: &'static [&'static str],
}

/// The statements on a table `$table (organization_id, $owner, $member)` that is unique over all
/// three.
#[macro_export]
macro_rules! membership {
    ($table:literal, $owner:literal, $member:literal) => {
        $crate::membership::Membership {
            add: $crate::membership::OnMembers {
                before: &[
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
                after: &[") AS members WHERE true ON CONFLICT DO NOTHING"],
            },
            remove: $crate::membership::OnMembers {
                before: &[
                    concat!("DELETE FROM ", $table, " WHERE organization_id = "),
                    concat!(" AND ", $owner, " = "),
                    concat!(" AND ", $member, " IN (VALUES "),
                ],
                after: &[")"],
            },
            clear: &[
                concat!("DELETE FROM ", $table, " WHERE organization_id = "),
                concat!(" AND ", $owner, " = "),
            ],
        }
    };
}

impl Membership {
    /// Links these members too.
    pub fn add(&self, tenant: &mut Tenant<'_>, owner: i64, members: &[i64]) -> Result<()> {
        each(tenant, self.add, owner, members)
    }

    /// Unlinks these members.
    pub fn remove(&self, tenant: &mut Tenant<'_>, owner: i64, members: &[i64]) -> Result<()> {
        each(tenant, self.remove, owner, members)
    }

    /// Links these members and no others.
    pub fn replace(&self, tenant: &mut Tenant<'_>, owner: i64, members: &[i64]) -> Result<()> {
        let values = [Value::Integer(tenant.id()), Value::Integer(owner)];
        let clear = Prepared { parts: self.clear, values: &values };
        clear.execute(tenant.connection()?)?;
        self.add(tenant, owner, members)
    }
}

fn each(tenant: &mut Tenant<'_>, statement: OnMembers, owner: i64, members: &[i64]) -> Result<()> {
    let members: Vec<[i64; 1]> = members.iter().map(|member| [*member]).collect();
    for rows in powers_of_two(&members) {
        tenant.note_shape(&(statement.before, rows.len()));
        let values = &[Value::Integer(tenant.id()), Value::Integer(owner)];
        let head = Prepared { parts: statement.before, values };
        let tail = Prepared::plain(statement.after);
        let statement = Yielding::<(), 1> { head, rows, tail, yields: PhantomData };
        statement.execute(tenant.connection()?).map_err(Error::from)?;
    }
    Ok(())
}
