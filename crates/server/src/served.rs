//! A resource type as the service sees it, whatever its rows are: loaded by criteria, written
//! through the three functions that its declaration names.

use apportion_core::currency::Currency;
use apportion_jsonapi::declaration::DeclaredRows;
use apportion_jsonapi::document::Walked;
use apportion_jsonapi::query::Walk;
use apportion_jsonapi::{
    Cardinality, Code, Declaration, Error, Input, Linkage, ResourceType, Rows, Scalar,
};
use apportion_store::{self as store, Criteria, Field, Scope, Session, Stored};
use chrono::NaiveDateTime;

use crate::etag::Expected;
use crate::failure::{Failure, Result};
use crate::include;

/// A piece of writing in hand: whose, through what, when.
pub(crate) struct Work<'w> {
    /// In whose name.
    pub(crate) scope: &'w Scope,
    /// The transaction.
    pub(crate) session: &'w mut Session,
    /// The tenant's currency.
    pub(crate) currency: Currency,
    /// UTC, to the millisecond.
    pub(crate) now: NaiveDateTime,
    /// The versions that a change or an end may meet, where the client says.
    pub(crate) expected: Option<&'w Expected>,
}

/// How rows of a writable type are written. All run in one transaction with what they read.
pub(crate) struct Writes<R> {
    /// Finds a row and keeps others from writing it.
    pub(crate) lock: fn(&Scope, &mut Session, i64) -> store::Result<Option<R>>,
    /// Adds a row; answers with its id.
    pub(crate) create: fn(&mut Work<'_>, &mut Input) -> Result<i64>,
    /// Changes a locked row.
    pub(crate) update: fn(&mut Work<'_>, &R, &mut Input) -> Result<()>,
    /// Removes a locked row.
    pub(crate) delete: fn(&mut Work<'_>, &R) -> Result<()>,
}

/// A declared type and how it is written.
pub(crate) struct Resource<R: 'static> {
    pub(crate) declaration: Declaration<R, Field>,
    pub(crate) writes: Option<Writes<R>>,
}

/// Rows, and how many there are on all pages.
pub(crate) type Page = (Box<dyn Rows>, i64);

/// A type whose rows the service need not know.
pub(crate) trait Served: Send + Sync {
    fn resource(&self) -> &ResourceType<Field>;

    fn load(
        &'static self,
        scope: &Scope,
        session: &mut Session,
        criteria: &Criteria,
    ) -> Result<Page>;

    /// A page of a walk in the order of the list, and what else there is.
    fn walk(
        &'static self,
        scope: &Scope,
        session: &mut Session,
        criteria: &Criteria,
        walk: &Walk,
    ) -> Result<(Box<dyn Rows>, Walked)>;

    /// Rows whose field is one of the ids, by their own id, at most `limit`.
    fn load_by(
        &'static self,
        scope: &Scope,
        session: &mut Session,
        by: (Field, &[i64]),
        limit: usize,
    ) -> Result<Box<dyn Rows>>;

    fn create(&self, work: &mut Work<'_>, input: &mut Input) -> Result<i64>;

    fn update(&self, work: &mut Work<'_>, id: i64, input: &mut Input) -> Result<()>;

    fn delete(&self, work: &mut Work<'_>, id: i64) -> Result<()>;
}

impl<R> Served for Resource<R>
where
    R: Stored + Send + Sync,
{
    fn resource(&self) -> &ResourceType<Field> {
        self.declaration.resource()
    }

    fn load(
        &'static self,
        scope: &Scope,
        session: &mut Session,
        criteria: &Criteria,
    ) -> Result<Page> {
        let loaded = store::load::<R>(scope, session, criteria)?;
        Ok((self.rows(loaded.rows), loaded.total))
    }

    fn walk(
        &'static self,
        scope: &Scope,
        session: &mut Session,
        criteria: &Criteria,
        walk: &Walk,
    ) -> Result<(Box<dyn Rows>, Walked)> {
        let mut found = store::load_keyed::<R>(scope, session, criteria)?;
        let size = usize::try_from(walk.size).unwrap_or(usize::MAX);
        let more = found.len() > size;
        found.truncate(size);
        if walk.backwards {
            found.reverse();
        }
        let (rows, keys): (Vec<R>, Vec<String>) = found.into_iter().unzip();
        let ends = keys.first().cloned().zip(keys.last().cloned());
        Ok((self.rows(rows), Walked { ends, more }))
    }

    fn load_by(
        &'static self,
        scope: &Scope,
        session: &mut Session,
        by: (Field, &[i64]),
        limit: usize,
    ) -> Result<Box<dyn Rows>> {
        Ok(self.rows(store::load_by::<R>(scope, session, by, limit)?))
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
        let row = (writes.lock)(work.scope, work.session, id)?.ok_or_else(Failure::not_found)?;
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
            if !given.value.is_some_and(|value| stored.is(&value)) {
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
                Ok(self.declaration.linked(row, at).map_or(Linkage::None, Linkage::One))
            }
            (Cardinality::One, None) if relationship.target == "organizations" => {
                Ok(Linkage::One(work.scope.organization.0))
            }
            (Cardinality::One, None) => Ok(Linkage::None),
            (Cardinality::Many, None) => Ok(Linkage::Many(Vec::new())),
            (Cardinality::Many, Some((id, _))) => {
                let target = crate::resources::find(relationship.target);
                let (Some((_, target)), Some(field)) = (target, relationship.field) else {
                    return Ok(Linkage::None);
                };
                let ids = [id];
                let by = (field, ids.as_slice());
                let rows = target.load_by(work.scope, work.session, by, include::MAX_INCLUDED)?;
                Ok(Linkage::Many((0..rows.len()).map(|row| rows.id(row)).collect()))
            }
        }
    }
}
