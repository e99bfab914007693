//! Statements that are written out here as one text, whose values have names: `WHERE id = :id`.
//!
//! Diesel prepares every `UPDATE` and every upsert anew, which costs as much as running it. A
//! statement of this kind stays prepared, so that those which every write runs are written like
//! this. So are statements on many rows at once, which diesel cannot express for both databases.
//!
//! Not here: what clients filter and sort by (`conditions`), and who runs a statement (`session`).

use std::hash::{Hash, Hasher};
use std::marker::PhantomData;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::Error::QueryBuilderError;
use diesel::sql_types::{BigInt, Text, Timestamp};

use crate::database::connection::{AnyConnection, MultiBackend};

/// A statement whose text names its values.
///
/// A name is a colon followed by lower-case letters and underscores. It may occur several times.
/// Every name in the text has to be bound, and no other: a statement that lacks a value fails
/// before it reaches the database, and one that has a value too many fails a debug assertion.
///
/// A colon always begins a name: a cast is spelled `CAST(x AS BIGINT)`, never `x::BIGINT`.
#[derive(Debug)]
pub(crate) struct Statement<'s> {
    text: &'static str,
    binds: Vec<(&'static str, Bind<'s>)>,
    is_cached: bool,
}

/// A value that stands in a statement in place of a name.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Bind<'s> {
    Integer(i64),
    Text(&'s str),
    Instant(NaiveDateTime),
    /// An integer that is written into the text rather than bound, such as the limit of a page.
    Literal(i64),
    /// Rows of integers, one after the other, which are written as `(.., ..), (.., ..)`.
    Rows {
        values: &'s [i64],
        width: usize,
    },
    /// Integers, which are written as `.., ..`.
    Integers(&'s [i64]),
    /// Texts, which are written likewise.
    Texts(&'s [&'s str]),
}

impl From<i64> for Bind<'_> {
    fn from(value: i64) -> Self {
        Bind::Integer(value)
    }
}

impl<'s> From<&'s str> for Bind<'s> {
    fn from(value: &'s str) -> Self {
        Bind::Text(value)
    }
}

impl From<NaiveDateTime> for Bind<'_> {
    fn from(value: NaiveDateTime) -> Self {
        Bind::Instant(value)
    }
}

impl<'s, const WIDTH: usize> From<&'s [[i64; WIDTH]]> for Bind<'s> {
    fn from(rows: &'s [[i64; WIDTH]]) -> Self {
        const { assert!(WIDTH > 0, "a row has at least one value") };
        Bind::Rows { values: rows.as_flattened(), width: WIDTH }
    }
}

impl<'s> From<&'s [i64]> for Bind<'s> {
    fn from(values: &'s [i64]) -> Self {
        Bind::Integers(values)
    }
}

impl<'s> From<&'s [&'s str]> for Bind<'s> {
    fn from(texts: &'s [&'s str]) -> Self {
        Bind::Texts(texts)
    }
}

/// Room for the values of most statements, so that binding them allocates once.
const USUAL_BINDS: usize = 8;

impl<'s> Statement<'s> {
    /// Makes a statement of that text, which stays prepared.
    pub(crate) fn new(text: &'static str) -> Self {
        Self { text, binds: Vec::with_capacity(USUAL_BINDS), is_cached: true }
    }

    /// Makes a statement that is prepared anew every time: for lists of any length.
    pub(crate) fn uncached(text: &'static str) -> Self {
        Self { is_cached: false, ..Self::new(text) }
    }

    /// Binds a value to a name in the text.
    pub(crate) fn bind(mut self, name: &'static str, value: impl Into<Bind<'s>>) -> Self {
        debug_assert!(names(self.text).any(|known| known == name), ":{name} is not in the text");
        debug_assert!(self.value_of(name).is_none(), ":{name} is bound twice");
        self.binds.push((name, value.into()));
        self
    }

    /// Returns the same statement, which yields rows of these SQL types.
    pub(crate) fn yielding<Types>(self) -> Yielding<Self, Types> {
        Yielding { statement: self, types: PhantomData }
    }

    fn value_of(&self, name: &str) -> Option<&Bind<'s>> {
        self.binds.iter().find(|(bound, _)| *bound == name).map(|(_, value)| value)
    }
}

/// Splits a text at its first name, into what stands before it, the name, and the rest.
fn split_at_name(text: &str) -> Option<(&str, &str, &str)> {
    let (before, after) = text.split_once(':')?;
    let is_of_name = |character: char| character.is_ascii_lowercase() || character == '_';
    let end = after.find(|character| !is_of_name(character)).unwrap_or(after.len());
    let (name, rest) = after.split_at_checked(end)?;
    Some((before, name, rest))
}

fn names(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (_, name, after) = split_at_name(rest)?;
        rest = after;
        Some(name)
    })
}

impl QueryFragment<MultiBackend> for Statement<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if !self.is_cached {
            out.unsafe_to_cache_prepared();
        }
        let mut rest = self.text;
        while let Some((before, name, after)) = split_at_name(rest) {
            out.push_sql(before);
            let missing = || QueryBuilderError(format!("no value is bound to :{name}").into());
            push_bind(&mut out, self.value_of(name).ok_or_else(missing)?)?;
            rest = after;
        }
        out.push_sql(rest);
        Ok(())
    }
}

fn push_bind<'b>(out: &mut AstPass<'_, 'b, MultiBackend>, bind: &'b Bind<'_>) -> QueryResult<()> {
    match bind {
        Bind::Integer(value) => out.push_bind_param::<BigInt, i64>(value),
        Bind::Text(value) => out.push_bind_param::<Text, str>(value),
        Bind::Instant(value) => out.push_bind_param::<Timestamp, NaiveDateTime>(value),
        Bind::Literal(value) => {
            out.push_sql(&value.to_string());
            Ok(())
        }
        Bind::Rows { values, width } => push_rows(out, values, *width),
        Bind::Integers(values) => values.iter().enumerate().try_for_each(|(at, value)| {
            out.push_sql(if at == 0 { "" } else { ", " });
            out.push_bind_param::<BigInt, i64>(value)
        }),
        Bind::Texts(texts) => texts.iter().enumerate().try_for_each(|(at, text)| {
            out.push_sql(if at == 0 { "" } else { ", " });
            out.push_bind_param::<Text, str>(text)
        }),
    }
}

fn push_rows<'b>(
    out: &mut AstPass<'_, 'b, MultiBackend>,
    values: &'b [i64],
    width: usize,
) -> QueryResult<()> {
    for (row_at, row) in values.chunks(width).enumerate() {
        out.push_sql(if row_at == 0 { "(" } else { ", (" });
        for (at, value) in row.iter().enumerate() {
            out.push_sql(if at == 0 { "" } else { ", " });
            out.push_bind_param::<BigInt, i64>(value)?;
        }
        out.push_sql(")");
    }
    Ok(())
}

/// Hashes what makes one prepared statement differ from another: the text, the length of its lists,
/// and the literals. `Session::note_shape` counts statements by it.
impl Hash for Statement<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
        for (_, value) in &self.binds {
            match value {
                Bind::Rows { values, .. } => values.len().hash(state),
                Bind::Integers(values) => values.len().hash(state),
                Bind::Texts(texts) => texts.len().hash(state),
                Bind::Literal(value) => value.hash(state),
                Bind::Integer(_) | Bind::Text(_) | Bind::Instant(_) => {}
            }
        }
    }
}

/// Diesel finds the prepared statement again by its text.
impl QueryId for Statement<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl RunQueryDsl<AnyConnection> for Statement<'_> {}

/// Statements that select the same columns, as one statement which yields the rows of all of them.
#[derive(Debug, Hash)]
pub(crate) struct UnionAll<'s>(pub(crate) Vec<Statement<'s>>);

impl UnionAll<'_> {
    /// Returns the same statement, which yields rows of these SQL types.
    pub(crate) fn yielding<Types>(self) -> Yielding<Self, Types> {
        Yielding { statement: self, types: PhantomData }
    }
}

impl QueryFragment<MultiBackend> for UnionAll<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        for (at, statement) in self.0.iter().enumerate() {
            out.push_sql(if at == 0 { "" } else { " UNION ALL " });
            statement.walk_ast(out.reborrow())?;
        }
        Ok(())
    }
}

/// A statement that yields rows of these SQL types.
#[derive(Debug)]
pub(crate) struct Yielding<S, Types> {
    statement: S,
    types: PhantomData<fn() -> Types>,
}

impl<S: QueryFragment<MultiBackend>, Types> QueryFragment<MultiBackend> for Yielding<S, Types> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.statement.walk_ast(out)
    }
}

impl<S, Types> Query for Yielding<S, Types> {
    type SqlType = Types;
}

impl<S, Types> QueryId for Yielding<S, Types> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<S, Types> RunQueryDsl<AnyConnection> for Yielding<S, Types> {}

/// The most rows of a statement. With twenty values a row that is far below what either database
/// binds.
const MAX_ROWS: usize = 512;

/// Slices in order, each as long as a power of two: few lengths make few statements.
pub(crate) fn powers_of_two<T>(mut rest: &[T]) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let length = rest.len().min(MAX_ROWS);
        let power = length.checked_ilog2().and_then(|log| 1_usize.checked_shl(log))?;
        let (slice, left) = rest.split_at_checked(power)?;
        rest = left;
        Some(slice)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Address;

    fn check(statement: Statement<'_>, expect: Result<&[i64], &str>) {
        let directory = tempfile::tempdir().expect("a directory");
        let file = Address::Sqlite(directory.path().join("statement.db"));
        let mut connection = AnyConnection::open(&file).expect("a connection");
        let found: QueryResult<Vec<i64>> = statement.yielding::<BigInt>().load(&mut connection);
        match (found, expect) {
            (Ok(found), Ok(expected)) => assert_eq!(found, expected),
            (Err(error), Err(expected)) => assert_eq!(error.to_string(), expected),
            (found, expect) => panic!("{found:?} is not {expect:?}"),
        }
    }

    #[test]
    fn each_name_stands_for_its_value() {
        check(Statement::new("SELECT 7"), Ok(&[7]));
        check(Statement::new("SELECT :b - :a - :a").bind("a", 2).bind("b", 9), Ok(&[5]));
        check(Statement::new("SELECT length(:name)+1").bind("name", "four"), Ok(&[5]));
    }

    #[test]
    fn rows_are_written_one_after_the_other() {
        let rows: &[[i64; 2]] = &[[1, 20], [3, 40], [5, 60]];
        let text = "SELECT column1 + column2 FROM (VALUES :rows) WHERE column1 > :above";
        check(Statement::new(text).bind("above", 1).bind("rows", rows), Ok(&[43, 65]));
    }

    #[test]
    fn lists_are_written_as_such() {
        let texts: &[&str] = &["one", "three"];
        let text = "SELECT column1 FROM (VALUES (3), (4), (5)) \
                    WHERE CASE column1 WHEN 3 THEN 'one' WHEN 5 THEN 'three' END IN (:texts)";
        check(Statement::new(text).bind("texts", texts), Ok(&[3, 5]));
        let values: &[i64] = &[4, 9, 5];
        let text = "SELECT column1 FROM (VALUES (3), (4), (5)) WHERE column1 IN (:values)";
        check(Statement::new(text).bind("values", values), Ok(&[4, 5]));
    }

    #[test]
    fn a_name_without_a_value_fails() {
        let text = "SELECT :id, :id_of_other";
        check(Statement::new(text).bind("id", 1), Err("no value is bound to :id_of_other"));
        check(Statement::new("SELECT 1::BIGINT"), Err("no value is bound to :"));
    }

    #[test]
    #[should_panic = ":other is not in the text"]
    fn a_value_without_a_name_fails() {
        let _ = Statement::new("SELECT :other_id").bind("other", 1);
    }

    #[test]
    #[should_panic = ":id is bound twice"]
    fn a_value_that_is_bound_twice_fails() {
        let _ = Statement::new("SELECT :id").bind("id", 1).bind("id", 2);
    }
}
