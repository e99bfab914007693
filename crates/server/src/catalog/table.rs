//! Types whose rows are in a table of the store. Rows are loaded by criteria, and written by
//! functions that stand beside the declaration. Not here: types whose rows are computed.

use apportion_jsonapi::document::WalkPage;
use apportion_jsonapi::query::Walk;
use apportion_jsonapi::{
    Cardinality, Code, Declaration, DeclaredRows, Error, Input, Linkage, ResourceType, Scalar,
};
use apportion_store::{self as store, Criteria, Field, Stored, Tenant};

use crate::catalog::criteria;
use crate::catalog::lines;
use crate::catalog::served::{BoxedRows, CursorPage, MAX_INCLUDED, OwnedRows, Page, Served};
use crate::catalog::unique::{self, Unique};
use crate::catalog::work::Work;
use crate::failure::{Failure, Result};

/// The functions that write rows of a type. Each runs in one transaction with the reads before it.
pub struct Writes<R> {
    /// Finds a row and locks it, so that no other transaction writes it.
    pub lock: fn(&mut Tenant<'_>, i64) -> store::Result<Option<R>>,
    /// Inserts a row, and returns its id.
    pub create: fn(&mut Work<'_>, &mut Input) -> Result<i64>,
    /// Updates a locked row.
    pub update: fn(&mut Work<'_>, &R, &mut Input) -> Result<()>,
    /// Deletes a locked row.
    pub delete: fn(&mut Work<'_>, &R) -> Result<()>,
}

impl<R> Writes<R> {
    /// Makes the functions of a type whose rows are inserted and never written again.
    pub fn append_only(create: fn(&mut Work<'_>, &mut Input) -> Result<i64>) -> Self {
        // The others are never called: routes and operations refuse such requests before.
        Self {
            lock: |_, _| Ok(None),
            create,
            update: |_, _, _| Err(Failure::not_found()),
            delete: |_, _| Err(Failure::not_found()),
        }
    }
}

/// A type whose rows are in a table.
pub struct Resource<R: 'static> {
    /// The type, and how its members are read from a row.
    pub declaration: Declaration<R, Field>,
    /// The functions that write rows; `None` if the type is read-only.
    pub writes: Option<Writes<R>>,
}

impl<R> Served for Resource<R>
where
    R: Stored + Send + Sync,
{
    fn resource(&self) -> &ResourceType<Field> {
        self.declaration.resource()
    }

    fn load<'r>(&'r self, tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<Page<'r>> {
        let loaded = store::load::<R>(tenant, criteria)?;
        Ok(Page { rows: self.rows(loaded.rows), total: loaded.total })
    }

    fn walk<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        criteria: &Criteria,
        walk: &Walk,
    ) -> Result<Option<CursorPage<'r>>> {
        let Some(criteria) = criteria::walk(criteria.clone(), walk) else { return Ok(None) };
        let mut keyed_rows = store::load_keyed::<R>(tenant, &criteria)?;
        let size = usize::try_from(walk.size).unwrap_or(usize::MAX);
        let more = keyed_rows.len() > size;
        keyed_rows.truncate(size);
        if walk.backwards {
            keyed_rows.reverse();
        }
        let (rows, keys) = keyed_rows.into_iter().unzip();
        Ok(Some(CursorPage { rows: self.rows(rows), page: WalkPage { keys, more } }))
    }

    fn load_by<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        field: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<BoxedRows<'r>> {
        Ok(self.rows(store::load_by::<R>(tenant, field, ids, limit)?))
    }

    fn load_held<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        field: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<OwnedRows<'r>> {
        let held = store::load_held::<R>(tenant, field, ids, limit)?;
        let (owners, rows) = held.into_iter().unzip();
        Ok(OwnedRows { owners, rows: self.rows(rows) })
    }

    fn create(&self, work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
        self.check_read_only(work, None, input)?;
        lines::check(self.resource(), input, |_| Scalar::Null);
        let given = self.read_unique(work, None, input)?;
        let id = (self.writes()?.create)(work, input).map_err(unique::raced)?;
        unique::write::<R>(work, id, &given).map_err(unique::raced)?;
        Ok(id)
    }

    fn update(&self, work: &mut Work<'_>, id: i64, input: &mut Input) -> Result<()> {
        let writes = self.writes()?;
        let row = self.lock(writes, work, id)?;
        self.check_read_only(work, Some((id, &row)), input)?;
        lines::check(self.resource(), input, |at| self.declaration.read(&row, at));
        let given = self.read_unique(work, Some(id), input)?;
        (writes.update)(work, &row, input).map_err(unique::raced)?;
        unique::write::<R>(work, id, &given).map_err(unique::raced)
    }

    fn delete(&self, work: &mut Work<'_>, id: i64) -> Result<()> {
        let writes = self.writes()?;
        let row = self.lock(writes, work, id)?;
        (writes.delete)(work, &row)?;
        // A row that stays although it is deleted gives up what another may have now.
        unique::release::<R>(work, self.resource(), id, |at| self.declaration.read(&row, at))
    }
}

impl<R: Stored + Send + Sync> Resource<R> {
    fn rows(&self, rows: Vec<R>) -> BoxedRows<'_> {
        Box::new(DeclaredRows { declaration: &self.declaration, rows })
    }

    fn writes(&self) -> Result<&Writes<R>> {
        // A read-only type never gets here: its routes refuse such requests before.
        self.writes.as_ref().ok_or_else(Failure::not_found)
    }

    fn read_unique(
        &self,
        work: &mut Work<'_>,
        own: Option<i64>,
        input: &mut Input,
    ) -> Result<Vec<Unique>> {
        let id_of = |row: &R| self.declaration.id(row);
        unique::read(work, self.resource(), own, id_of, input)
    }

    /// Locks the row to write. Refuses it with 412 if the client expects another version.
    fn lock(&self, writes: &Writes<R>, work: &mut Work<'_>, id: i64) -> Result<R> {
        let row = (writes.lock)(&mut work.tenant, id)?.ok_or_else(Failure::not_found)?;
        match work.expected {
            Some(expected) => expected.check(self.declaration.version(&row)).map(|()| row),
            None => Ok(row),
        }
    }

    /// Refuses values of read-only attributes and relationships that differ from the stored ones.
    /// Clients may send whole resources back, so equal values are accepted; for a new row, which
    /// has none yet, `null` is, and its own tenant.
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
            let is_null = row.is_none() && link.linkage == Linkage::None;
            if !is_null && self.stored_linkage(work, row, link.name)? != link.linkage {
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
                let rows = target.served.load_by(&mut work.tenant, field, &ids, MAX_INCLUDED)?;
                Ok(Linkage::Many((0..rows.len()).map(|row| rows.id(row)).collect()))
            }
        }
    }
}
