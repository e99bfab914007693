//! Criteria as SQL that both databases understand, and the loading of rows by it.
//!
//! A statement is a fragment of our own in diesel's query builder: values are bound, never
//! spelled out, and equal shapes share one prepared statement.

use std::hash::{Hash, Hasher};
use std::mem::discriminant;

use diesel::expression::Expression;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text, Timestamp};

use crate::connection::{AnyConnection, MultiBackend};
use crate::criteria::{Criteria, Field, Filter, Join, Order, Test, Value};
use crate::error::{Error, Result};
use crate::scope::Scope;
use crate::session::Session;
use crate::totals;

/// Rows of a tenant's table.
pub trait Stored: Sized + 'static {
    /// The table's name.
    const TABLE: &'static str;
    /// The column that holds the tenant, and the id.
    const KEYS: (&'static str, Field);
    /// The columns of a row.
    type Columns: Expression + QueryFragment<MultiBackend> + Send;

    /// The columns, in the order of the row's fields.
    fn columns() -> Self::Columns;

    /// Runs a query for such rows.
    fn run(
        select: &Select<'_, Self>,
        connection: &mut AnyConnection,
    ) -> QueryResult<Vec<Found<Self>>>;
}

/// Implements [`Stored`] for the rows of a diesel table.
macro_rules! stored {
    ($row:ident in $table:ident by $tenant:literal) => {
        impl $crate::select::Stored for $row {
            const TABLE: &'static str = stringify!($table);
            const KEYS: (&'static str, $crate::criteria::Field) = ($tenant, ID);
            type Columns = <$crate::schema::$table::table as diesel::Table>::AllColumns;

            fn columns() -> Self::Columns {
                $crate::schema::$table::all_columns
            }

            fn run(
                select: &$crate::select::Select<'_, Self>,
                connection: &mut $crate::connection::AnyConnection,
            ) -> diesel::QueryResult<Vec<$crate::select::Found<Self>>> {
                diesel::RunQueryDsl::load(select, connection)
            }
        }
    };
}
pub(crate) use stored;

/// A row with the total of its list, or with its keys in the order of its list.
pub(crate) type Found<R> = (R, i64, Option<String>);

/// What was found.
#[derive(Debug)]
pub struct Loaded<R> {
    /// The rows of the page.
    pub rows: Vec<R>,
    /// How many rows there are on all pages.
    pub total: i64,
}

/// What stands beside each row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Beside {
    Nothing,
    Total,
    Keys,
}

/// How many ids one statement names.
const CHUNK: usize = 500;

/// The page of rows that meets the criteria, and how many there are in all: in one statement.
pub fn load<R>(scope: &Scope, session: &mut Session, criteria: &Criteria) -> Result<Loaded<R>>
where
    R: Stored,
{
    let found = run::<R>(scope, session, criteria, Beside::Total)?;
    if found.is_empty() && criteria.offset > 0 {
        // Past the end there is no row to carry the total: any page's does.
        let first = Criteria { offset: 0, limit: 1, ..criteria.clone() };
        let first = run::<R>(scope, session, &first, Beside::Total)?;
        let total = first.first().map_or(0, |(_, total, _)| *total);
        return Ok(Loaded { rows: Vec::new(), total });
    }
    let total = found.last().map_or(0, |(_, total, _)| *total);
    Ok(Loaded { rows: found.into_iter().map(|(row, _, _)| row).collect(), total })
}

/// Rows that meet the criteria, each with its keys in their order, as [`read_keys`] reads them.
///
/// [`read_keys`]: crate::read_keys
pub fn load_keyed<R>(
    scope: &Scope,
    session: &mut Session,
    criteria: &Criteria,
) -> Result<Vec<(R, String)>>
where
    R: Stored,
{
    let found = run::<R>(scope, session, criteria, Beside::Keys)?;
    Ok(found.into_iter().map(|(row, _, keys)| (row, keys.unwrap_or_default())).collect())
}

fn run<R: Stored>(
    scope: &Scope,
    session: &mut Session,
    criteria: &Criteria,
    beside: Beside,
) -> Result<Vec<Found<R>>> {
    session.note_shape(&(R::TABLE, beside, Shape(criteria)));
    let select = Select::<R>::new(scope, criteria, beside, session.is_postgres());
    R::run(&select, session.tenant(scope)?).map_err(Error::from)
}

/// Rows whose field is one of `ids`, in the order of their own ids, at most `limit`.
pub fn load_by<R>(
    scope: &Scope,
    session: &mut Session,
    (field, ids): (Field, &[i64]),
    limit: usize,
) -> Result<Vec<R>>
where
    R: Stored,
{
    let mut rows = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        // Few lengths, hence few statements: the last id is repeated up to the next power of two.
        let mut chunk = chunk.to_vec();
        if let Some(last) = chunk.last().copied() {
            chunk.resize(chunk.len().next_power_of_two(), last);
        }
        let left = i64::try_from(limit.saturating_sub(rows.len())).unwrap_or(i64::MAX);
        let criteria = Criteria {
            filter: Some(Filter::among(field, &chunk)),
            order: vec![Order { field: R::KEYS.1, descending: false, reversed: false }],
            limit: left,
            offset: 0,
        };
        let found = run::<R>(scope, session, &criteria, Beside::Nothing)?;
        rows.extend(found.into_iter().map(|(row, _, _)| row));
    }
    Ok(rows)
}

/// A `SELECT` of a tenant's rows, each with the total beside it.
pub struct Select<'q, R: Stored> {
    organization: i64,
    criteria: &'q Criteria,
    columns: R::Columns,
    joins: Vec<Join>,
    beside: Beside,
    postgres: bool,
}

impl<'q, R: Stored> Select<'q, R> {
    fn new(scope: &Scope, criteria: &'q Criteria, beside: Beside, postgres: bool) -> Self {
        let mut joins = Vec::new();
        if let Some(filter) = &criteria.filter {
            collect_joins(filter, &mut joins);
        }
        let columns = R::columns();
        Self { organization: scope.id(), criteria, columns, joins, beside, postgres }
    }

    fn total<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if self.beside != Beside::Total {
            out.push_sql("CAST(0 AS BIGINT)");
            return Ok(());
        }
        match &self.criteria.filter {
            None if R::TABLE == "organizations" => {
                out.push_sql("CAST(1 AS BIGINT)");
                Ok(())
            }
            None => {
                out.push_sql(totals::sum_sql(self.postgres, totals::Part::Counter));
                push(out, &self.organization, R::TABLE)?;
                out.push_sql(totals::sum_sql(self.postgres, totals::Part::Deltas));
                if self.postgres {
                    push(out, &self.organization, R::TABLE)?;
                    out.push_sql(totals::sum_sql(self.postgres, totals::Part::End));
                }
                Ok(())
            }
            Some(_) => {
                out.push_sql("(SELECT COUNT(*) FROM ");
                self.source(out, &self.joins)?;
                out.push_sql(")");
                Ok(())
            }
        }
    }

    /// The keys of a row as a JSON array, which both databases can write.
    fn keys(&self, out: &mut AstPass<'_, '_, MultiBackend>) {
        if self.beside != Beside::Keys {
            return out.push_sql("CAST(NULL AS TEXT)");
        }
        out.push_sql(if self.postgres { "CAST(jsonb_build_array(" } else { "CAST(json_array(" });
        for (at, order) in self.criteria.order.iter().enumerate() {
            out.push_sql(if at > 0 { ", " } else { "" });
            out.push_sql(order.field.column);
        }
        out.push_sql(") AS TEXT)");
    }

    /// The tables, and the rows of them that count.
    fn source<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, MultiBackend>,
        joins: &[Join],
    ) -> QueryResult<()> {
        out.push_identifier(R::TABLE)?;
        for join in joins {
            out.push_sql(" INNER JOIN ");
            out.push_identifier(join.table)?;
            out.push_sql(" ON ");
            out.push_sql(join.on);
        }
        out.push_sql(" WHERE ");
        out.push_sql(R::KEYS.0);
        out.push_sql(" = ");
        out.push_bind_param::<BigInt, i64>(&self.organization)?;
        for join in joins {
            // Said for the other table too, so that its index can lead.
            out.push_sql(" AND ");
            out.push_identifier(join.table)?;
            out.push_sql(".\"organization_id\" = ");
            out.push_bind_param::<BigInt, i64>(&self.organization)?;
        }
        if let Some(filter) = &self.criteria.filter {
            out.push_sql(" AND ");
            push_filter(out, filter)?;
        }
        Ok(())
    }
}

impl<R: Stored> QueryFragment<MultiBackend> for Select<'_, R> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT ");
        self.columns.walk_ast(out.reborrow())?;
        out.push_sql(", ");
        self.total(&mut out)?;
        out.push_sql(", ");
        self.keys(&mut out);
        out.push_sql(" FROM ");
        let mut joins = self.joins.clone();
        for join in self.criteria.order.iter().filter_map(|order| order.field.join) {
            if !joins.contains(&join) {
                joins.push(join);
            }
        }
        self.source(&mut out, &joins)?;
        for (at, order) in self.criteria.order.iter().enumerate() {
            out.push_sql(if at == 0 { " ORDER BY " } else { ", " });
            out.push_sql(order.field.column);
            out.push_sql(if order.descending { " DESC" } else { " ASC" });
            if order.field.nullable {
                out.push_sql(if order.reversed { " NULLS FIRST" } else { " NULLS LAST" });
            }
        }
        // SQLite would prepare a statement anew for every value of a bare `LIMIT ?`.
        out.push_sql(" LIMIT 0 + ");
        out.push_bind_param::<BigInt, i64>(&self.criteria.limit)?;
        if self.criteria.offset > 0 {
            out.push_sql(" OFFSET ");
            out.push_bind_param::<BigInt, i64>(&self.criteria.offset)?;
        }
        Ok(())
    }
}

impl<R: Stored> Query for &Select<'_, R> {
    type SqlType = (<R::Columns as Expression>::SqlType, BigInt, Nullable<Text>);
}

impl<R: Stored> QueryId for Select<'_, R> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<R: Stored> RunQueryDsl<AnyConnection> for &Select<'_, R> {}

fn push<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    organization: &'b i64,
    table: &'b str,
) -> QueryResult<()> {
    out.push_bind_param::<BigInt, i64>(organization)?;
    out.push_sql(" AND table_name = ");
    out.push_bind_param::<Text, str>(table)
}

fn push_filter<'b>(out: &mut AstPass<'_, 'b, MultiBackend>, filter: &'b Filter) -> QueryResult<()> {
    let (members, joint, none) = match filter {
        Filter::Test(field, test) => return push_test(out, *field, test),
        Filter::All(members) => (members, " AND ", "1 = 1"),
        Filter::Any(members) => (members, " OR ", "1 = 0"),
    };
    match members.as_slice() {
        [] => out.push_sql(none),
        [one] => push_filter(out, one)?,
        several => {
            for (at, member) in several.iter().enumerate() {
                out.push_sql(if at == 0 { "(" } else { joint });
                push_filter(out, member)?;
            }
            out.push_sql(")");
        }
    }
    Ok(())
}

fn push_test<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    field: Field,
    test: &'b Test,
) -> QueryResult<()> {
    match test {
        Test::Null => push_after(out, field, " IS NULL"),
        Test::NotNull => push_after(out, field, " IS NOT NULL"),
        Test::In(values) => return push_list(out, field, [" = ", " IN ("], values),
        Test::NotIn(values) => return push_list(out, field, [" <> ", " NOT IN ("], values),
        Test::Like(pattern) | Test::NotLike(pattern) => {
            out.push_sql("lower(");
            out.push_sql(field.column);
            out.push_sql(if matches!(test, Test::Like(_)) { ") LIKE " } else { ") NOT LIKE " });
            out.push_bind_param::<Text, String>(pattern)?;
            out.push_sql(" ESCAPE '\\'");
        }
        Test::Order(sign, value) => {
            out.push_sql(field.column);
            out.push_sql(" ");
            push_after_sign(out, sign);
            return push_value(out, value);
        }
    }
    Ok(())
}

fn push_after(out: &mut AstPass<'_, '_, MultiBackend>, field: Field, sql: &str) {
    out.push_sql(field.column);
    out.push_sql(sql);
}

fn push_after_sign(out: &mut AstPass<'_, '_, MultiBackend>, sign: &str) {
    out.push_sql(sign);
    out.push_sql(" ");
}

fn push_list<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    field: Field,
    [single, several]: [&str; 2],
    values: &'b [Value],
) -> QueryResult<()> {
    if let [value] = values {
        push_after(out, field, single);
        return push_value(out, value);
    }
    push_after(out, field, several);
    for (at, value) in values.iter().enumerate() {
        if at > 0 {
            out.push_sql(", ");
        }
        push_value(out, value)?;
    }
    out.push_sql(")");
    Ok(())
}

/// A value, bound.
pub(crate) fn push_value<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    value: &'b Value,
) -> QueryResult<()> {
    match value {
        Value::Null => {
            out.push_sql("NULL");
            Ok(())
        }
        Value::Boolean(value) => out.push_bind_param::<Bool, bool>(value),
        Value::Integer(value) => out.push_bind_param::<BigInt, i64>(value),
        Value::Text(value) => out.push_bind_param::<Text, String>(value),
        Value::Date(value) => out.push_bind_param::<Date, chrono::NaiveDate>(value),
        Value::Instant(value) => out.push_bind_param::<Timestamp, chrono::NaiveDateTime>(value),
    }
}

fn collect_joins(filter: &Filter, joins: &mut Vec<Join>) {
    match filter {
        Filter::All(members) | Filter::Any(members) => {
            for member in members {
                collect_joins(member, joins);
            }
        }
        Filter::Test(field, _) => {
            if let Some(join) = field.join.filter(|join| !joins.contains(join)) {
                joins.push(join);
            }
        }
    }
}

/// Criteria apart from their values: what makes one statement differ from another.
struct Shape<'c>(&'c Criteria);

impl Hash for Shape<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.order.hash(state);
        (self.0.offset > 0).hash(state);
        if let Some(filter) = &self.0.filter {
            hash_filter(filter, state);
        }
    }
}

fn hash_filter<H: Hasher>(filter: &Filter, state: &mut H) {
    discriminant(filter).hash(state);
    match filter {
        Filter::All(members) | Filter::Any(members) => {
            members.len().hash(state);
            for member in members {
                hash_filter(member, state);
            }
        }
        Filter::Test(field, test) => {
            field.hash(state);
            discriminant(test).hash(state);
            match test {
                Test::In(values) | Test::NotIn(values) => values.len().hash(state),
                Test::Order(sign, _) => sign.hash(state),
                _ => {}
            }
        }
    }
}
