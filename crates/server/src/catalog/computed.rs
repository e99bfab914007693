//! Types of which only the declaration is of use: their rows are in no table, and are shown by
//! handlers of their own (reports, previews).

use apportion_jsonapi::document::WalkPage;
use apportion_jsonapi::query::Walk;
use apportion_jsonapi::{Input, ResourceType, Rows};
use apportion_store::{Criteria, Field, Tenant};

use crate::catalog::served::{Page, Served, Work};
use crate::failure::{Failure, Result};

/// A declaration without rows.
pub(crate) struct Computed(pub(crate) ResourceType<Field>);

impl Served for Computed {
    fn resource(&self) -> &ResourceType<Field> {
        &self.0
    }

    fn load(&'static self, _: &mut Tenant<'_>, _: &Criteria) -> Result<Page> {
        Err(Failure::not_found())
    }

    fn walk(
        &'static self,
        _: &mut Tenant<'_>,
        _: &Criteria,
        _: &Walk,
    ) -> Result<Option<(Box<dyn Rows>, WalkPage)>> {
        Err(Failure::not_found())
    }

    fn load_by(
        &'static self,
        _: &mut Tenant<'_>,
        _: Field,
        _: &[i64],
        _: usize,
    ) -> Result<Box<dyn Rows>> {
        Err(Failure::not_found())
    }

    fn load_held(
        &'static self,
        _: &mut Tenant<'_>,
        _: Field,
        _: &[i64],
        _: usize,
    ) -> Result<(Vec<i64>, Box<dyn Rows>)> {
        Err(Failure::not_found())
    }

    fn create(&self, _: &mut Work<'_>, _: &mut Input) -> Result<i64> {
        Err(Failure::not_found())
    }

    fn update(&self, _: &mut Work<'_>, _: i64, _: &mut Input) -> Result<()> {
        Err(Failure::not_found())
    }

    fn delete(&self, _: &mut Work<'_>, _: i64) -> Result<()> {
        Err(Failure::not_found())
    }
}
