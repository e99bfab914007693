//! The loading of rows whose field is one of some ids: what relationships lead to. There may be
//! many of them, and the long texts of those that an answer includes are counted before.

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::error::{Result, intact};
use crate::rows::select::{Found, Select, Stored, WithEachRow, run};
use crate::session::tenant::Tenant;
use crate::sql::conditions::Shape;
use crate::sql::criteria::{Criteria, Order};
use crate::sql::field::Field;
use crate::sql::filter::{Filter, Value};
use crate::sql::keyset::read_keys;

/// The most ids that one statement names.
const CHUNK: usize = 500;
/// The number of rows up to which long texts are not counted. It is more than a page has.
const FEW: usize = 500;

/// Loads the rows whose field is one of `ids`, ordered by their own ids, at most `limit` of them.
pub fn load_by<R>(
    tenant: &mut Tenant<'_>,
    field: Field,
    ids: &[i64],
    limit: usize,
) -> Result<Vec<R>>
where
    R: Stored,
{
    let order = &[R::KEYS.1];
    let among = Among { field, ids, order, limit, with: WithEachRow::Nothing };
    let found = among.load::<R>(tenant)?;
    Ok(found.into_iter().map(|(row, _, _)| row).collect())
}

/// Loads the rows whose `field` is one of `owners`, each after its owner, at most `limit` of them.
/// A row with several owners comes once for each.
pub fn load_held<R>(
    tenant: &mut Tenant<'_>,
    field: Field,
    owners: &[i64],
    limit: usize,
) -> Result<Vec<(i64, R)>>
where
    R: Stored,
{
    let order = [field, R::KEYS.1];
    let among = Among { field, ids: owners, order: &order, limit, with: WithEachRow::Keys };
    let found = among.load::<R>(tenant)?;
    let order = order.map(ascending);
    let held = found.into_iter().map(|(row, _, keys)| {
        let keys = keys.and_then(|keys| read_keys(&order, &keys)).unwrap_or_default();
        match *keys.as_slice() {
            [Value::Integer(owner), _] => Ok((owner, row)),
            [_, Value::Integer(id)] => intact(R::TABLE, id, Err("it has no owner")),
            _ => intact(R::TABLE, 0, Err("it has no keys")),
        }
    });
    held.collect()
}

fn ascending(field: Field) -> Order {
    Order { field, descending: false, reversed: false }
}

/// The rows whose field is one of some ids, which may be too many for one statement.
struct Among<'q> {
    field: Field,
    ids: &'q [i64],
    order: &'q [Field],
    limit: usize,
    with: WithEachRow,
}

impl Among<'_> {
    fn load<R: Stored>(&self, tenant: &mut Tenant<'_>) -> Result<Vec<Found<R>>> {
        let is_counted = R::LONG.is_some() && tenant.session().counts_texts();
        let mut rows = Vec::new();
        for chunk in self.ids.chunks(CHUNK) {
            // Few lengths make few statements, so the last id is repeated up to a power of two.
            let mut chunk = chunk.to_vec();
            if let Some(last) = chunk.last().copied() {
                chunk.resize(chunk.len().next_power_of_two(), last);
            }
            let left = self.limit.saturating_sub(rows.len());
            if left == 0 {
                break;
            }
            let first = if is_counted { left.min(FEW + 1) } else { left };
            let mut found = run::<R>(tenant, &self.criteria(&chunk, first), self.with)?;
            let is_cut = found.len() == first && first < left;
            if is_counted && (is_cut || !rows.is_empty()) {
                let bytes = text_of::<R>(tenant, &self.criteria(&chunk, left))?;
                tenant.session().count_text(bytes)?;
            }
            if is_cut {
                found = run::<R>(tenant, &self.criteria(&chunk, left), self.with)?;
            }
            rows.extend(found);
        }
        Ok(rows)
    }

    fn criteria(&self, ids: &[i64], limit: usize) -> Criteria {
        Criteria {
            filter: Some(Filter::among(self.field, ids)),
            order: self.order.iter().copied().map(ascending).collect(),
            limit: i64::try_from(limit).unwrap_or(i64::MAX),
            offset: 0,
        }
    }
}

/// Returns the number of bytes of the long texts of rows that meet criteria.
fn text_of<R: Stored>(tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<usize> {
    tenant.note_shape(&("long text", R::TABLE, Shape(criteria)));
    let select = Select::<R>::new(tenant, criteria, WithEachRow::Nothing);
    let bytes: i64 = LongText(select).get_result(tenant.connection()?)?;
    Ok(usize::try_from(bytes)?)
}

/// A `SELECT` of the number of bytes of the long texts of rows.
struct LongText<'q, R: Stored>(Select<'q, R>);

impl<R: Stored> QueryFragment<MultiBackend> for LongText<'_, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT CAST(COALESCE(SUM(OCTET_LENGTH(long)), 0) AS BIGINT) FROM (SELECT ");
        out.push_identifier(R::LONG.unwrap_or_default())?;
        out.push_sql(" AS long FROM ");
        self.0.push_rows(&mut out)?;
        out.push_sql(") AS texts");
        Ok(())
    }
}

impl<R: Stored> Query for LongText<'_, R> {
    type SqlType = BigInt;
}

impl<R: Stored> QueryId for LongText<'_, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R: Stored> RunQueryDsl<AnyConnection> for LongText<'_, R> {}
