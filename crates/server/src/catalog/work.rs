//! A piece of writing in hand, and what the input of a request says of related rows.

use apportion_core::currency::Currency;
use apportion_jsonapi::{Code, Error, Input, Linkage};
use apportion_store::Tenant;
use apportion_store::membership::Membership;
use chrono::NaiveDateTime;

use crate::catalog::registry::Resources;
use crate::failure::Result;
use crate::http::etag::Expected;

/// A piece of writing in hand: whose, through what, when.
pub struct Work<'w> {
    /// Every type of the service.
    pub(crate) resources: &'w Resources,
    /// The tenant, within the transaction.
    pub tenant: Tenant<'w>,
    /// The tenant's currency.
    pub currency: Currency,
    /// UTC, to the millisecond.
    pub now: NaiveDateTime,
    /// The versions that a change or an end may meet, where the client says.
    pub(crate) expected: Option<&'w Expected>,
}

impl Work<'_> {
    /// What the input makes of a to-one relationship, if it names it: none, or a row that exists.
    pub fn linked(
        &mut self,
        input: &mut Input,
        name: &str,
        kind: &str,
    ) -> Result<Option<Option<i64>>> {
        let Some(link) = input.link(name).cloned() else { return Ok(None) };
        let id = match link.linkage {
            Linkage::None => return Ok(Some(None)),
            Linkage::One(id) => Some(id),
            _ => None,
        };
        if self.found(kind, id.as_slice())?.is_empty() {
            let detail = format!("There is no such row of {kind}");
            input.errors.push(Error::pointer(Code::RecordNotFound, link.pointer, detail));
        }
        Ok(Some(id))
    }

    /// The row that the input names for a relationship that POST must set; what is missing is a
    /// fault.
    pub fn needed(
        &mut self,
        input: &mut Input,
        name: &'static str,
        kind: &str,
    ) -> Result<Option<i64>> {
        let nothing = input.link(name).map(|link| link.linkage == Linkage::None);
        match nothing {
            Some(true) => input.refuse_relationship(name, "must not be null"),
            None => input.refuse_relationship(name, "is required"),
            Some(false) => {}
        }
        Ok(self.linked(input, name, kind)?.flatten())
    }

    /// What the input makes of a to-many relationship, if it names it. The caller must look at
    /// `input.errors` before it gives this to `set_members`: a member to be added that does not
    /// exist is a fault there, and the linkage comes back all the same.
    pub fn members(
        &mut self,
        input: &mut Input,
        name: &str,
        kind: &str,
    ) -> Result<Option<Linkage>> {
        let Some(link) = input.link(name).cloned() else { return Ok(None) };
        let ids = match &link.linkage {
            // Whoever is not there need not be removed.
            Linkage::Remove(_) => &[],
            other => other.members(),
        };
        let found = self.found(kind, ids)?;
        let missing = ids.iter().find(|id| !found.contains(id)).map(i64::to_string);
        let nowhere = match &link.linkage {
            Linkage::InvalidId(id) => Some(id.clone()),
            _ => None,
        };
        if let Some(id) = nowhere.or(missing) {
            let detail = format!("There is no row {id} of {kind}");
            input.errors.push(Error::pointer(Code::RecordNotFound, link.pointer, detail));
        }
        Ok(Some(link.linkage))
    }

    /// Gives the owner the members that the input asks for, if it does.
    pub fn set_members(
        &mut self,
        membership: Membership,
        owner: i64,
        linkage: Option<&Linkage>,
    ) -> Result<()> {
        let tenant = &mut self.tenant;
        match linkage {
            Some(Linkage::Many(ids)) => membership.replace(tenant, owner, ids)?,
            Some(Linkage::Add(ids)) => membership.add(tenant, owner, ids)?,
            Some(Linkage::Remove(ids)) => membership.remove(tenant, owner, ids)?,
            _ => {}
        }
        Ok(())
    }

    /// Those of the ids that the tenant has rows of.
    fn found(&mut self, kind: &str, ids: &[i64]) -> Result<Vec<i64>> {
        let Some(target) = self.resources.find(kind) else { return Ok(Vec::new()) };
        let id = target.resource().id;
        let rows = target.served.load_by(&mut self.tenant, id, ids, ids.len())?;
        Ok((0..rows.len()).map(|row| rows.id(row)).collect())
    }
}
