//! The interface of a resource type to the endpoints, whether its rows are stored or computed. Not
//! here: its implementation for types whose rows are in a table (`table`), which is most of them.

use apportion_jsonapi::document::WalkPage;
use apportion_jsonapi::query::Walk;
use apportion_jsonapi::{Input, ResourceType, Rows};
use apportion_store::{Criteria, Field, Tenant};

use crate::catalog::work::Work;
use crate::failure::{Failure, Result};

/// The largest number of resources that one document includes.
pub(crate) const MAX_INCLUDED: usize = 10_000;
/// The same for the answer to a write, which others wait for.
pub(crate) const MAX_INCLUDED_IN_WRITES: usize = 1_000;

/// Rows of a type.
pub type BoxedRows<'r> = Box<dyn Rows + 'r>;

/// A page that was asked for by its number.
pub struct Page<'r> {
    /// The rows of the page.
    pub rows: BoxedRows<'r>,
    /// The number of rows on all pages.
    pub total: i64,
}

/// A page of a list by a cursor.
pub struct CursorPage<'r> {
    /// The rows of the page.
    pub rows: BoxedRows<'r>,
    /// The keys of the rows, and whether another page follows.
    pub page: WalkPage,
}

/// Rows that several owners hold. A row with several owners occurs once for each.
pub struct OwnedRows<'r> {
    /// The owner of each row.
    pub owners: Vec<i64>,
    /// The rows.
    pub rows: BoxedRows<'r>,
}

/// A resource type that is served. A function that a type does not implement refuses with 404.
pub trait Served: Send + Sync {
    /// Returns the type as clients see it.
    fn resource(&self) -> &ResourceType<Field>;

    /// Whether reading rows costs as much as a report, and is limited like one.
    fn is_costly(&self) -> bool {
        false
    }

    /// Loads a page of a list by its number.
    fn load<'r>(&'r self, _: &mut Tenant<'_>, _: &Criteria) -> Result<Page<'r>> {
        Err(Failure::not_found())
    }

    /// Loads a page of a list by a cursor. Returns `None` if the keys of the cursor do not fit the
    /// order of the list.
    fn walk<'r>(
        &'r self,
        _: &mut Tenant<'_>,
        _: &Criteria,
        _: &Walk,
    ) -> Result<Option<CursorPage<'r>>> {
        Err(Failure::not_found())
    }

    /// Loads the rows whose field is one of the ids, in the order of their own ids, at most
    /// `limit`.
    fn load_by<'r>(
        &'r self,
        _: &mut Tenant<'_>,
        _field: Field,
        _ids: &[i64],
        _limit: usize,
    ) -> Result<BoxedRows<'r>> {
        Err(Failure::not_found())
    }

    /// Loads the rows that the owners hold through the field, at most `limit`.
    fn load_held<'r>(
        &'r self,
        _: &mut Tenant<'_>,
        _field: Field,
        _owners: &[i64],
        _limit: usize,
    ) -> Result<OwnedRows<'r>> {
        Err(Failure::not_found())
    }

    /// Inserts a row, and returns its id.
    fn create(&self, _: &mut Work<'_>, _: &mut Input) -> Result<i64> {
        Err(Failure::not_found())
    }

    /// Updates a row.
    fn update(&self, _: &mut Work<'_>, _id: i64, _: &mut Input) -> Result<()> {
        Err(Failure::not_found())
    }

    /// Deletes a row.
    fn delete(&self, _: &mut Work<'_>, _id: i64) -> Result<()> {
        Err(Failure::not_found())
    }
}

/// A type that is only declared: its rows are computed by an endpoint of their own, and have no
/// address.
impl Served for ResourceType<Field> {
    fn resource(&self) -> &ResourceType<Field> {
        self
    }
}
