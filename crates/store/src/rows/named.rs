//! The look-up of rows by texts that people know them by, such as names, many at a time. Not here:
//! which rows have such texts (`tables`).

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::statement::{Statement, powers_of_two};

/// The rows that have a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Named {
    /// The lowest of their ids.
    pub first: i64,
    /// The highest of their ids: the same if there is one row.
    pub last: i64,
}

/// Finds rows by their texts. The statement names the tenant `:organization` and the texts
/// `:texts`, and yields each text with the lowest and the highest id.
pub(crate) fn find_named(
    tenant: &mut Tenant<'_>,
    text: &'static str,
    texts: &[&str],
) -> Result<HashMap<String, Named>> {
    let mut found = HashMap::with_capacity(texts.len());
    for texts in powers_of_two(texts) {
        let statement = Statement::new(text).bind("organization", tenant.id()).bind("texts", texts);
        tenant.note_shape(&statement);
        let rows: Vec<(String, i64, i64)> = statement
            .yielding::<(Text, BigInt, BigInt)>()
            .load(tenant.connection()?)
            .map_err(Error::from)?;
        found.extend(rows.into_iter().map(|(text, first, last)| (text, Named { first, last })));
    }
    Ok(found)
}
