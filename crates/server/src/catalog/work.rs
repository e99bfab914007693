//! A write in progress, and the checks of the related rows that its input names.

use apportion_core::currency::Currency;
use apportion_jsonapi::text::cut;
use apportion_jsonapi::{Code, Error, Input, Linkage};
use apportion_store::Tenant;
use apportion_store::membership::Membership;
use chrono::NaiveDateTime;

use crate::catalog::registry::Resources;
use crate::failure::Result;
use crate::http::etag::Expected;

/// A write in progress: the tenant whose rows it writes, and the facts that it depends on.
pub struct Work<'w> {
    /// All types of the service.
    pub(crate) resources: &'w Resources,
    /// The tenant, within the transaction.
    pub tenant: Tenant<'w>,
    /// The currency of the tenant's organization.
    pub currency: Currency,
    /// The instant of the write, in UTC to the millisecond.
    pub now: NaiveDateTime,
    /// Whether `now` may be right, so that what is due by it may be triggered.
    pub(crate) is_clock_sound: bool,
    /// The versions of a row that the client expects to update or delete; `None` accepts any.
    pub(crate) expected: Option<&'w Expected>,
    /// The place for a secret that the answer shows; `None` where the answer has none, is kept, or
    /// shows other rows too.
    pub(crate) secret: Option<&'w mut Option<Secret>>,
}

/// A text that one answer shows, and nothing else ever does: it has no `Debug` form.
pub(crate) struct Secret {
    /// Its name in the answer.
    pub(crate) name: &'static str,
    pub(crate) text: String,
}

impl Work<'_> {
    /// Returns the id that the input sets a to-one relationship to: `Some(None)` for no row, and
    /// `None` if the input does not name the relationship. A row that does not exist is an error of
    /// the input.
    pub fn linked(
        &mut self,
        input: &mut Input,
        name: &str,
        kind: &str,
    ) -> Result<Option<Option<i64>>> {
        let Some(link) = input.link(name).cloned() else { return Ok(None) };
        let (id, text) = match &link.linkage {
            Linkage::None => return Ok(Some(None)),
            Linkage::One(id) => (Some(*id), id.to_string()),
            Linkage::InvalidId(text) => (None, text.clone()),
            _ => (None, String::new()),
        };
        if self.existing(kind, id.as_slice())?.is_empty() {
            let detail = no_record(kind, &text);
            input.errors.push(Error::pointer(Code::RecordNotFound, link.pointer, detail));
        }
        Ok(Some(id))
    }

    /// Returns the id that the input sets a to-one relationship to which a POST must set. A missing
    /// one is an error of the input, as is a row that does not exist.
    pub fn needed(
        &mut self,
        input: &mut Input,
        name: &'static str,
        kind: &str,
    ) -> Result<Option<i64>> {
        let is_null = input.link(name).map(|link| link.linkage == Linkage::None);
        match is_null {
            Some(true) => input.refuse_relationship(name, "must not be null"),
            None => input.refuse_relationship(name, "is required"),
            Some(false) => {}
        }
        Ok(self.linked(input, name, kind)?.flatten())
    }

    /// Returns the change that the input makes to a to-many relationship; `None` if the input does
    /// not name it. A member to be added that does not exist is an error of the input, and the
    /// linkage is returned all the same: check `input.errors` before giving it to `set_members`.
    pub fn members(
        &mut self,
        input: &mut Input,
        name: &str,
        kind: &str,
    ) -> Result<Option<Linkage>> {
        let Some(link) = input.link(name).cloned() else { return Ok(None) };
        let ids = match &link.linkage {
            // Members to remove need not exist.
            Linkage::Remove(_) => &[],
            other => other.members(),
        };
        let existing = self.existing(kind, ids)?;
        let missing = ids.iter().find(|id| !existing.contains(id)).map(i64::to_string);
        let invalid = match &link.linkage {
            Linkage::InvalidId(id) => Some(id.clone()),
            _ => None,
        };
        if let Some(id) = invalid.or(missing) {
            let detail = no_record(kind, &id);
            input.errors.push(Error::pointer(Code::RecordNotFound, link.pointer, detail));
        }
        Ok(Some(link.linkage))
    }

    /// Makes the change that [`members`](Self::members) returned to the members of the owner.
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

    /// Returns those of the ids that the tenant has rows of.
    fn existing(&mut self, kind: &str, ids: &[i64]) -> Result<Vec<i64>> {
        let Some(target) = self.resources.find(kind) else { return Ok(Vec::new()) };
        let id = target.resource().id;
        let rows = target.served.load_by(&mut self.tenant, id, ids, ids.len())?;
        Ok((0..rows.len()).map(|row| rows.id(row)).collect())
    }
}

/// Says that a type has no record with this id, which may be malformed.
fn no_record(kind: &str, id: &str) -> String {
    format!("There is no record '{}' of type {kind}", cut(id))
}
