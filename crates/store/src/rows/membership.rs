//! Tables that link rows of two tables of a tenant, many to many. Not here: whether the linked rows
//! exist, which the foreign keys check, and the version of the owner.

use diesel::prelude::*;

use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::statement::{Statement, powers_of_two};

/// The statements on a table that links an owner to its members. They name the tenant
/// `:organization`, the owner `:owner`, and a list of members `:members`.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// Links members, unless they are linked.
    pub add: &'static str,
    /// Unlinks members.
    pub remove: &'static str,
    /// Unlinks all members.
    pub clear: &'static str,
}

/// Expands to the statements on a table `$table (organization_id, $owner, $member)` that is unique
/// over all three.
#[macro_export]
macro_rules! membership {
    ($table:literal, $owner:literal, $member:literal) => {
        $crate::membership::Membership {
            // Without a condition SQLite takes the conflict for one of a join.
            add: concat!(
                "INSERT INTO ",
                $table,
                " (organization_id, ",
                $owner,
                ", ",
                $member,
                ") SELECT :organization, :owner, column1 FROM (VALUES :members) AS members \
                 WHERE true ON CONFLICT DO NOTHING"
            ),
            remove: concat!(
                "DELETE FROM ",
                $table,
                " WHERE organization_id = :organization AND ",
                $owner,
                " = :owner AND ",
                $member,
                " IN (VALUES :members)"
            ),
            clear: concat!(
                "DELETE FROM ",
                $table,
                " WHERE organization_id = :organization AND ",
                $owner,
                " = :owner"
            ),
        }
    };
}

impl Membership {
    /// Links these members too.
    pub fn add(&self, tenant: &mut Tenant<'_>, owner: i64, members: &[i64]) -> Result<()> {
        execute_on_members(tenant, self.add, owner, members)
    }

    /// Unlinks these members.
    pub fn remove(&self, tenant: &mut Tenant<'_>, owner: i64, members: &[i64]) -> Result<()> {
        execute_on_members(tenant, self.remove, owner, members)
    }

    /// Links these members and no others.
    pub fn replace(&self, tenant: &mut Tenant<'_>, owner: i64, members: &[i64]) -> Result<()> {
        Statement::new(self.clear)
            .bind("organization", tenant.id())
            .bind("owner", owner)
            .execute(tenant.connection()?)?;
        self.add(tenant, owner, members)
    }
}

fn execute_on_members(
    tenant: &mut Tenant<'_>,
    text: &'static str,
    owner: i64,
    members: &[i64],
) -> Result<()> {
    let members: Vec<[i64; 1]> = members.iter().map(|member| [*member]).collect();
    for members in powers_of_two(&members) {
        let statement = Statement::new(text)
            .bind("organization", tenant.id())
            .bind("owner", owner)
            .bind("members", members);
        tenant.note_shape(&statement);
        statement.execute(tenant.connection()?).map_err(Error::from)?;
    }
    Ok(())
}
