//! The insertion of many rows of a table by few statements, with their events. Ids are taken before
//! the rows are inserted, so that other rows can name them. Not here: single rows (`macros`).

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text, Timestamp};

use crate::database::connection::{AnyConnection, MultiBackend};
use crate::error::{Error, Result};
use crate::session::tenant::Tenant;
use crate::sql::statement::{Statement, powers_of_two};

/// A value of a column, as it is bound.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'r> {
    Integer(Option<i64>),
    Text(Option<&'r str>),
    Date(Option<NaiveDate>),
    Instant(Option<NaiveDateTime>),
    Boolean(Option<bool>),
}

macro_rules! cells {
    ($($type:ty => |$value:ident| $cell:expr;)+) => {$(
        impl<'r> From<$type> for Cell<'r> {
            fn from($value: $type) -> Self {
                $cell
            }
        }
    )+};
}

cells! {
    i64 => |value| Cell::Integer(Some(value));
    Option<i64> => |value| Cell::Integer(value);
    &'r str => |value| Cell::Text(Some(value));
    Option<&'r str> => |value| Cell::Text(value);
    NaiveDate => |value| Cell::Date(Some(value));
    Option<NaiveDate> => |value| Cell::Date(value);
    NaiveDateTime => |value| Cell::Instant(Some(value));
    Option<NaiveDateTime> => |value| Cell::Instant(value);
    bool => |value| Cell::Boolean(Some(value));
    Option<bool> => |value| Cell::Boolean(value);
}

impl Cell<'_> {
    fn push<'b>(&'b self, out: &mut AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        match self {
            Cell::Integer(value) => out.push_bind_param::<Nullable<BigInt>, Option<i64>>(value),
            Cell::Text(value) => out.push_bind_param::<Nullable<Text>, Option<&str>>(value),
            Cell::Date(value) => out.push_bind_param::<Nullable<Date>, Option<NaiveDate>>(value),
            Cell::Instant(value) => {
                out.push_bind_param::<Nullable<Timestamp>, Option<NaiveDateTime>>(value)
            }
            Cell::Boolean(value) => out.push_bind_param::<Nullable<Bool>, Option<bool>>(value),
        }
    }
}

/// Columns that are written together, by their names and as values that can be bound.
pub(crate) trait Cells {
    /// Appends the names of the columns.
    fn push_names(out: &mut Vec<&'static str>);

    /// Appends the values in the same order.
    fn push_cells<'r>(&'r self, out: &mut Vec<Cell<'r>>);
}

/// Two parts of a row.
impl<A: Cells, B: Cells> Cells for (A, B) {
    fn push_names(out: &mut Vec<&'static str>) {
        A::push_names(out);
        B::push_names(out);
    }

    fn push_cells<'r>(&'r self, out: &mut Vec<Cell<'r>>) {
        self.0.push_cells(out);
        self.1.push_cells(out);
    }
}

/// Implements [`Cells`] for a struct whose fields are columns.
macro_rules! cells_of {
    ($row:ident { $($column:ident),+ $(,)? }) => {
        impl $crate::rows::insert_many::Cells for $row {
            fn push_names(out: &mut Vec<&'static str>) {
                out.extend([$(stringify!($column)),+]);
            }

            fn push_cells<'r>(&'r self, out: &mut Vec<$crate::rows::insert_many::Cell<'r>>) {
                use $crate::database::column_values::ColumnValue;

                $(out.push(ColumnValue::bound(&self.$column).into());)+
            }
        }
    };
}

pub(crate) use cells_of;

/// A table, and the statements by which its ids are known before rows are inserted.
pub(crate) struct Target {
    pub(crate) table: &'static str,
    /// Yields the last id that was given.
    pub(crate) last_on_sqlite: &'static str,
    /// Takes `:count` ids from the sequence.
    pub(crate) next_on_postgres: &'static str,
}

/// Expands to the [`Target`] of a table.
macro_rules! target {
    ($table:literal) => {
        &$crate::rows::insert_many::Target {
            table: $table,
            last_on_sqlite: concat!(
                "SELECT COALESCE(MAX(seq), 0) FROM sqlite_sequence WHERE name = '",
                $table,
                "'"
            ),
            next_on_postgres: concat!(
                "SELECT nextval(pg_get_serial_sequence('",
                $table,
                "', 'id')) FROM generate_series(1, :count)"
            ),
        }
    };
}

pub(crate) use target;

/// Returns ids that no other row is given. On SQLite that is so because nobody else writes.
pub(crate) fn reserve_ids(
    tenant: &mut Tenant<'_>,
    target: &Target,
    count: usize,
) -> Result<Vec<i64>> {
    let count = i64::try_from(count)?;
    if tenant.is_postgres() {
        let next = Statement::new(target.next_on_postgres).bind("count", count);
        return next.yielding::<BigInt>().load(tenant.connection()?).map_err(Error::from);
    }
    let last = Statement::new(target.last_on_sqlite).yielding::<BigInt>();
    let last: i64 = last.get_result(tenant.connection()?).map_err(Error::from)?;
    Ok((1..=count).map(|at| last.saturating_add(at)).collect())
}

/// Returns the columns that say when a row was created and last updated.
pub(crate) fn stamps(now: NaiveDateTime) -> [(&'static str, Cell<'static>); 2] {
    [("created_at", now.into()), ("updated_at", now.into())]
}

/// Inserts rows of the tenant in this order, counts them and notes their events. `shared` are the
/// columns that have the same value in all of them. Returns the ids.
pub(crate) fn insert_many<R: Cells>(
    tenant: &mut Tenant<'_>,
    target: &Target,
    shared: &[(&'static str, Cell<'_>)],
    rows: &[R],
    now: NaiveDateTime,
) -> Result<Vec<i64>> {
    let mut names = Vec::new();
    R::push_names(&mut names);
    let organization = [("organization_id", Cell::Integer(Some(tenant.id())))];
    let shared: Vec<_> = organization.into_iter().chain(shared.iter().copied()).collect();
    let mut ids = Vec::with_capacity(rows.len());
    for rows in powers_of_two(rows) {
        let taken = reserve_ids(tenant, target, rows.len())?;
        let mut cells = Vec::new();
        for (id, row) in taken.iter().zip(rows) {
            cells.push(Cell::Integer(Some(*id)));
            row.push_cells(&mut cells);
        }
        tenant.note_shape(&("insert", target.table, rows.len()));
        let insert = Insert { table: target.table, shared: &shared, names: &names, cells };
        insert.execute(tenant.connection()?).map_err(Error::from)?;
        ids.extend(taken);
    }
    tenant.record_inserts(target.table, &ids, now)?;
    Ok(ids)
}

/// A statement that inserts many rows and stays prepared.
struct Insert<'i> {
    table: &'static str,
    shared: &'i [(&'static str, Cell<'i>)],
    /// The names of the columns that differ, without the id.
    names: &'i [&'static str],
    /// The values row by row, each beginning with its id.
    cells: Vec<Cell<'i>>,
}

impl QueryFragment<MultiBackend> for Insert<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        let names = self.names.join(", ");
        out.push_sql(&format!("WITH given (id, {names}) AS (VALUES "));
        let width = self.names.len().saturating_add(1);
        for (at, row) in self.cells.chunks(width).enumerate() {
            for (place, cell) in row.iter().enumerate() {
                out.push_sql(match (place, at) {
                    (0, 0) => "(",
                    (0, _) => "), (",
                    _ => ", ",
                });
                cell.push(&mut out)?;
            }
        }
        out.push_sql(&format!(")) INSERT INTO {} (", self.table));
        for (name, _) in self.shared {
            out.push_sql(name);
            out.push_sql(", ");
        }
        out.push_sql(&format!("id, {names}) SELECT "));
        for (_, cell) in self.shared {
            cell.push(&mut out)?;
            out.push_sql(", ");
        }
        out.push_sql(&format!("id, {names} FROM given"));
        Ok(())
    }
}

impl QueryId for Insert<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for Insert<'_> {}
