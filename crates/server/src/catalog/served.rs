//! A resource type as the service sees it, whatever its rows are: loaded by criteria, written
//! through the three functions that its declaration names.

use apportion_core::currency::Currency;
use apportion_jsonapi::DeclaredRows;
use apportion_jsonapi::document::WalkPage;
use apportion_jsonapi::query::Walk;
use apportion_jsonapi::{
    Cardinality, Code, Declaration, Error, Input, Linkage, ResourceType, Rows, Scalar,
};
use apportion_store::membership::Membership;
use apportion_store::{self as store, Criteria, Field, Stored, Tenant};
use chrono::NaiveDateTime;

use crate::catalog::criteria;
use crate::endpoints::include;
use crate::failure::{Failure, Result};
use crate::http::etag::Expected;
use crate::resources::Resources;

/// A piece of writing in hand: whose, through what, when.
pub struct Work<'w> {
    /// Every type of the service.
    pub(crate) resources: &'static Resources,
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
        let id = target.served.resource().id;
        let rows = target.served.load_by(&mut self.tenant, id, ids, ids.len())?;
        Ok((0..rows.len()).map(|row| rows.id(row)).collect())
    }
}

/// How rows of a writable type are written. All run in one transaction with what they read.
pub struct Writes<R> {
    /// Finds a row and keeps others from writing it.
    pub lock: fn(&mut Tenant<'_>, i64) -> store::Result<Option<R>>,
    /// Adds a row; answers with its id.
    pub create: fn(&mut Work<'_>, &mut Input) -> Result<i64>,
    /// Changes a locked row.
    pub update: fn(&mut Work<'_>, &R, &mut Input) -> Result<()>,
    /// Removes a locked row.
    pub delete: fn(&mut Work<'_>, &R) -> Result<()>,
}

impl<R> Writes<R> {
    /// Rows are added and never written again.
    pub fn adding(create: fn(&mut Work<'_>, &mut Input) -> Result<i64>) -> Self {
        // Routes and operations have refused the others before.
        Self {
            lock: |_, _| Ok(None),
            create,
            update: |_, _, _| Err(Failure::not_found()),
            delete: |_, _| Err(Failure::not_found()),
        }
    }
}

/// A declared type and how it is written.
pub struct Resource<R: 'static> {
    /// The type, and how its members are read from a row.
    pub declaration: Declaration<R, Field>,
    /// How rows are written, where they can be.
    pub writes: Option<Writes<R>>,
}

/// Rows, and how many there are on all pages.
pub type Page = (Box<dyn Rows>, i64);

/// A type whose rows the service need not know.
pub trait Served: Send + Sync {
    /// The type as clients see it.
    fn resource(&self) -> &ResourceType<Field>;

    /// Whether reading costs so much that it counts as a report.
    fn is_costly(&self) -> bool {
        false
    }

    /// A page of a list, and how many rows there are on all pages.
    fn load(&'static self, tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<Page>;

    /// A page of a walk in the order of the list, and what else there is; none where the cursor has
    /// no keys of this order.
    fn walk(
        &'static self,
        tenant: &mut Tenant<'_>,
        criteria: &Criteria,
        walk: &Walk,
    ) -> Result<Option<(Box<dyn Rows>, WalkPage)>>;

    /// Rows whose field is one of the ids, by their own id, at most `limit`.
    fn load_by(
        &'static self,
        tenant: &mut Tenant<'_>,
        field: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<Box<dyn Rows>>;

    /// Rows that the owners hold through the field, and whose each row is, at most `limit`.
    fn load_held(
        &'static self,
        tenant: &mut Tenant<'_>,
        field: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<(Vec<i64>, Box<dyn Rows>)>;

    /// Adds a row; answers with its id.
    fn create(&self, work: &mut Work<'_>, input: &mut Input) -> Result<i64>;

    /// Changes a row.
    fn update(&self, work: &mut Work<'_>, id: i64, input: &mut Input) -> Result<()>;

    /// Removes a row.
    fn delete(&self, work: &mut Work<'_>, id: i64) -> Result<()>;
}

impl<R> Served for Resource<R>
where
    R: Stored + Send + Sync,
{
    fn resource(&self) -> &ResourceType<Field> {
        self.declaration.resource()
    }

    fn load(&'static self, tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<Page> {
        let loaded = store::load::<R>(tenant, criteria)?;
        Ok((self.rows(loaded.rows), loaded.total))
    }

    fn walk(
        &'static self,
        tenant: &mut Tenant<'_>,
        criteria: &Criteria,
        walk: &Walk,
    ) -> Result<Option<(Box<dyn Rows>, WalkPage)>> {
        let Some(criteria) = criteria::walk(criteria.clone(), walk) else { return Ok(None) };
        let mut found = store::load_keyed::<R>(tenant, &criteria)?;
        let size = usize::try_from(walk.size).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        if walk.backwards {
            found.reverse();
        }
        let (rows, keys) = found.into_iter().unzip();
        Ok(Some((self.rows(rows), WalkPage { keys, more })))
    }

    fn load_by(
        &'static self,
        tenant: &mut Tenant<'_>,
        field: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<Box<dyn Rows>> {
        Ok(self.rows(store::load_by::<R>(tenant, field, ids, limit)?))
    }

    fn load_held(
        &'static self,
        tenant: &mut Tenant<'_>,
        field: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<(Vec<i64>, Box<dyn Rows>)> {
        let held = store::load_held::<R>(tenant, field, ids, limit)?;
        let (owners, rows) = held.into_iter().unzip();
        Ok((owners, self.rows(rows)))
    }

    fn create(&self, work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
        self.check_read_only(work, None, input)?;
        (self.writes()?.create)(work, input)
    }

    fn update(&self, work: &mut Work<'_>, id: i64, input: &mut Input) -> Result<()> {
        let writes = self.writes()?;
        let row = self.locked(writes, work, id)?;
        self.check_read_only(work, Some((id, &row)), input)?;
        (writes.update)(work, &row, input)
    }

    fn delete(&self, work: &mut Work<'_>, id: i64) -> Result<()> {
        let writes = self.writes()?;
        let row = self.locked(writes, work, id)?;
        (writes.delete)(work, &row)
    }
}

impl<R: Stored + Send + Sync> Resource<R> {
    fn rows(&'static self, rows: Vec<R>) -> Box<dyn Rows> {
        Box::new(DeclaredRows { declaration: &self.declaration, rows })
    }

    fn writes(&self) -> Result<&Writes<R>> {
        // The route has refused the method before.
        self.writes.as_ref().ok_or_else(Failure::not_found)
    }

    /// The row to write, in the version that the client expects.
    fn locked(&self, writes: &Writes<R>, work: &mut Work<'_>, id: i64) -> Result<R> {
        let row = (writes.lock)(&mut work.tenant, id)?.ok_or_else(Failure::not_found)?;
        match work.expected {
            Some(expected) => expected.check(self.declaration.version(&row)).map(|()| row),
            None => Ok(row),
        }
    }

    /// Clients send whole resources back: what is read-only must be as it is, or null where
    /// nothing is yet.
    fn check_read_only(
        &self,
        work: &mut Work<'_>,
        row: Option<(i64, &R)>,
        input: &mut Input,
    ) -> Result<()> {
        for given in std::mem::take(&mut input.read_only) {
            let stored = match row {
                Some((_, row)) => self.declaration.read(row, given.attribute),
                None => Scalar::Null,
            };
            if !given.value.is_some_and(|value| stored.equals(&value)) {
                let name = self.resource().attributes.get(given.attribute).map_or("", |a| a.name);
                let detail = format!("{name} is read-only");
                input.errors.push(Error::pointer(Code::InvalidAttribute, given.pointer, detail));
            }
        }
        for link in std::mem::take(&mut input.read_only_links) {
            if self.stored_linkage(work, row, link.name)? != link.linkage {
                let detail = format!("{} is read-only", link.name);
                input.errors.push(Error::pointer(Code::InvalidAttribute, link.pointer, detail));
            }
        }
        Ok(())
    }

    fn stored_linkage(
        &self,
        work: &mut Work<'_>,
        row: Option<(i64, &R)>,
        name: &str,
    ) -> Result<Linkage> {
        let Some((at, relationship)) = self.resource().relationship(name) else {
            return Ok(Linkage::None);
        };
        match (relationship.cardinality, row) {
            (Cardinality::One, Some((_, row))) => {
                Ok(self.declaration.linkage(row, at).map_or(Linkage::None, Linkage::One))
            }
            (Cardinality::One, None) if relationship.target == "organizations" => {
                Ok(Linkage::One(work.tenant.organization().0))
            }
            (Cardinality::One, None) => Ok(Linkage::None),
            (Cardinality::Many, None) => Ok(Linkage::Many(Vec::new())),
            (Cardinality::Many, Some((id, _))) => {
                let target = work.resources.find(relationship.target);
                let (Some(target), Some(field)) = (target, relationship.field) else {
                    return Ok(Linkage::None);
                };
                let ids = [id];
                let rows =
                    target.served.load_by(&mut work.tenant, field, &ids, include::MAX_INCLUDED)?;
                Ok(Linkage::Many((0..rows.len()).map(|row| rows.id(row)).collect()))
            }
        }
    }
}
