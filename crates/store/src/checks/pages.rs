//! The paging of the subjects of a check: however many there are, one page of them is held at a
//! time, and a check can be stopped after each. Not here: which rows the subjects are.

use super::{End, Run};
use crate::error::Result;
use crate::session::tenant::Tenant;

/// Rows that are read in the order of a key.
pub(super) struct Pages<Row, Key> {
    /// Loads the next rows after a key. There are no more rows if it finds none.
    pub(super) load: fn(&mut Tenant<'_>, Key) -> Result<Vec<Row>>,
    /// Returns the key of a row. The default value of a key comes before all rows.
    pub(super) key: fn(&Row) -> Key,
}

impl<Row, Key: Default> Pages<Row, Key> {
    /// Looks at all rows, or at those before the run is stopped. `look` says whether it looked at
    /// all rows of a page.
    pub(super) fn each(
        &self,
        tenant: &mut Tenant<'_>,
        run: &mut Run<'_>,
        mut look: impl FnMut(&mut Tenant<'_>, &mut Run<'_>, Vec<Row>) -> Result<End>,
    ) -> Result<End> {
        let mut after = Key::default();
        loop {
            let page = (self.load)(tenant, after)?;
            let Some(last) = page.last() else { return Ok(End::Complete) };
            after = (self.key)(last);
            if look(tenant, run, page)? == End::Stopped || run.is_stopped() {
                return Ok(End::Stopped);
            }
        }
    }
}
