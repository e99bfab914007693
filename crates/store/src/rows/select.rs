//! The SQL of criteria, in words that both databases understand, and the loading of rows by it.
//!
//! A statement is a fragment of its own in diesel's query builder. Values are bound, except for the
//! size of a page, and criteria of the same shape share one prepared statement.

use diesel::expression::Expression;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Nullable, Text};

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::error::{Cost, Error, Result};
use crate::session::costs;
use crate::session::tenant::Tenant;
use crate::session::totals;
use crate::sql::conditions::{Shape, collect_joins, push_filter};
use crate::sql::criteria::Criteria;
use crate::sql::field::{Field, Join};
use crate::sql::statement::Statement;

/// Rows of a tenant's table.
pub trait Stored: Sized + 'static {
    /// The table's name.
    const TABLE: &'static str;
    /// The column that holds the tenant, and the field that holds the id.
    const KEYS: (&'static str, Field);
    /// The column with a text that may be long: up to 10,000 characters.
    const LONG: Option<&'static str> = None;
    /// The columns of a row.
    type Columns: Expression + QueryFragment<MultiBackend> + Send;

    /// Returns the columns, in the order of the row's fields.
    fn columns() -> Self::Columns;

    /// Runs a query for such rows.
    fn run(
        select: &Select<'_, Self>,
        connection: &mut AnyConnection,
    ) -> QueryResult<Vec<Found<Self>>>;
}

/// Implements [`Stored`] for the rows of a diesel table. `long` names a column with long texts.
/// Columns that are looked up elsewhere follow those of the table, which are then one field of the
/// row.
#[macro_export]
macro_rules! stored {
    ($row:ident in $table:ident by $tenant:literal $(, long $long:literal)?) => {
        $crate::stored! {
            @ $row in $table by $tenant [$($long)?],
            <$table::table as diesel::Table>::AllColumns, $table::all_columns
        }
    };
    ($row:ident in $table:ident by $tenant:literal $(, long $long:literal)?
        with $($lookup:ident: $type:ty),+) => {
        $crate::stored! {
            @ $row in $table by $tenant [$($long)?],
            (<$table::table as diesel::Table>::AllColumns, $($crate::Lookup<$type>),+),
            ($table::all_columns, $($lookup),+)
        }
    };
    (@ $row:ident in $table:ident by $tenant:literal [$($long:literal)?],
        $columns:ty, $all:expr) => {
        impl $crate::Stored for $row {
            const TABLE: &'static str = stringify!($table);
            const KEYS: (&'static str, $crate::Field) = ($tenant, ID);
            $(const LONG: Option<&'static str> = Some($long);)?
            type Columns = $columns;

            fn columns() -> Self::Columns {
                $all
            }

            fn run(
                select: &$crate::Select<'_, Self>,
                connection: &mut $crate::AnyConnection,
            ) -> diesel::QueryResult<Vec<$crate::Found<Self>>> {
                diesel::RunQueryDsl::load(select, connection)
            }
        }
    };
}

/// A row with the total of its list, or with its keys in the order of its list.
pub type Found<R> = (R, i64, Option<String>);

/// A page of rows.
#[derive(Debug)]
pub struct Loaded<R> {
    /// The rows of the page.
    pub rows: Vec<R>,
    /// The number of rows on all pages.
    pub total: i64,
}

/// The figure that is selected with each row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum WithEachRow {
    Nothing,
    /// The number of rows that meet the criteria on all pages.
    Total,
    /// The keys of the row in the order of the list.
    Keys,
}

/// Loads the page of rows that meets the criteria, and the number of rows on all pages, in one
/// statement.
pub fn load<R>(tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<Loaded<R>>
where
    R: Stored,
{
    let found = run::<R>(tenant, criteria, WithEachRow::Total)?;
    if found.is_empty() && criteria.offset > 0 {
        // Past the end no row carries the total, so that of the first page is read.
        let first = Criteria { offset: 0, limit: 1, ..criteria.clone() };
        let first = run::<R>(tenant, &first, WithEachRow::Total)?;
        let total = first.first().map_or(0, |(_, total, _)| *total);
        return Ok(Loaded { rows: Vec::new(), total });
    }
    let total = found.last().map_or(0, |(_, total, _)| *total);
    Ok(Loaded { rows: found.into_iter().map(|(row, _, _)| row).collect(), total })
}

/// Loads the rows that meet the criteria, each with its keys in their order, which [`read_keys`]
/// parses.
///
/// [`read_keys`]: crate::read_keys
pub fn load_keyed<R>(tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<Vec<(R, String)>>
where
    R: Stored,
{
    let found = run::<R>(tenant, criteria, WithEachRow::Keys)?;
    Ok(found.into_iter().map(|(row, _, keys)| (row, keys.unwrap_or_default())).collect())
}

/// Refuses a filter that compares too many texts: each of its own with each row of the table, or of
/// one that has as many, unless the rows are found by an id. One or two have always been admitted.
fn check_comparisons(tenant: &mut Tenant<'_>, table: &str, criteria: &Criteria) -> Result<()> {
    let Some(filter) = &criteria.filter else { return Ok(()) };
    let comparisons = filter.comparisons();
    if comparisons <= 2 || filter.is_found_by_id() {
        return Ok(());
    }
    let rows = usize::try_from(totals::of(tenant, table)?)?;
    let most = tenant.session().costs().comparisons;
    costs::check(Cost::Comparisons, rows.saturating_mul(comparisons), most)
}

pub(super) fn run<R: Stored>(
    tenant: &mut Tenant<'_>,
    criteria: &Criteria,
    with: WithEachRow,
) -> Result<Vec<Found<R>>> {
    check_comparisons(tenant, R::TABLE, criteria)?;
    tenant.note_shape(&(R::TABLE, with, Shape(criteria)));
    let select = Select::<R>::new(tenant, criteria, with);
    R::run(&select, tenant.connection()?).map_err(Error::from)
}

/// A `SELECT` of a tenant's rows, with a figure for each of them.
pub struct Select<'q, R: Stored> {
    organization: i64,
    criteria: &'q Criteria,
    columns: R::Columns,
    joins: Vec<Join>,
    with: WithEachRow,
    row_count: Statement<'static>,
    postgres: bool,
}

impl<'q, R: Stored> Select<'q, R> {
    pub(super) fn new(tenant: &Tenant<'_>, criteria: &'q Criteria, with: WithEachRow) -> Self {
        let mut joins = Vec::new();
        if let Some(filter) = &criteria.filter {
            collect_joins(filter, &mut joins);
        }
        let columns = R::columns();
        let (organization, postgres) = (tenant.id(), tenant.is_postgres());
        let row_count = totals::select(organization, R::TABLE, postgres);
        Self { organization, criteria, columns, joins, with, row_count, postgres }
    }

    /// Writes the number of rows that meet the criteria.
    fn push_total<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if self.with != WithEachRow::Total {
            out.push_sql("CAST(0 AS BIGINT)");
            return Ok(());
        }
        match &self.criteria.filter {
            None if R::TABLE == "organizations" => {
                out.push_sql("CAST(1 AS BIGINT)");
                Ok(())
            }
            None => {
                out.push_sql("(");
                self.row_count.walk_ast(out.reborrow())?;
                out.push_sql(")");
                Ok(())
            }
            Some(_) => {
                out.push_sql("(SELECT COUNT(*) FROM ");
                self.push_source(out, &self.joins)?;
                out.push_sql(")");
                Ok(())
            }
        }
    }

    /// Writes the keys of a row as a JSON array, which both databases can make.
    fn push_keys(&self, out: &mut AstPass<'_, '_, MultiBackend>) {
        if self.with != WithEachRow::Keys {
            return out.push_sql("CAST(NULL AS TEXT)");
        }
        out.push_sql(if self.postgres { "CAST(jsonb_build_array(" } else { "CAST(json_array(" });
        for (at, order) in self.criteria.order.iter().enumerate() {
            out.push_sql(if at > 0 { ", " } else { "" });
            out.push_sql(order.field.column);
        }
        out.push_sql(") AS TEXT)");
    }

    /// Writes the tables, the condition, the order and the limit of the rows.
    pub(super) fn push_rows<'b>(
        &'b self,
        out: &mut AstPass<'_, 'b, MultiBackend>,
    ) -> QueryResult<()> {
        let mut joins = self.joins.clone();
        for join in self.criteria.order.iter().filter_map(|order| order.field.join) {
            if !joins.contains(&join) {
                joins.push(join);
            }
        }
        self.push_source(out, &joins)?;
        for (at, order) in self.criteria.order.iter().enumerate() {
            out.push_sql(if at == 0 { " ORDER BY " } else { ", " });
            out.push_sql(order.field.column);
            out.push_sql(if order.descending { " DESC" } else { " ASC" });
            if order.field.nullable {
                out.push_sql(if order.reversed { " NULLS FIRST" } else { " NULLS LAST" });
            }
        }
        // The limit is written out: SQLite prepares `LIMIT ?` anew for every value, and PostgreSQL,
        // which takes it for a tenth of the table, plans it anew every time.
        out.push_sql(" LIMIT ");
        out.push_sql(&self.criteria.limit.to_string());
        if self.criteria.offset > 0 {
            out.push_sql(" OFFSET ");
            out.push_bind_param::<BigInt, i64>(&self.criteria.offset)?;
        }
        Ok(())
    }

    /// Writes the tables, and the condition that their rows are the tenant's and meet the filter.
    fn push_source<'b>(
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
            // The other table is given the tenant too, so that its index can lead.
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
        self.push_total(&mut out)?;
        out.push_sql(", ");
        self.push_keys(&mut out);
        out.push_sql(" FROM ");
        self.push_rows(&mut out)
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
