//! Fields: the columns by which lists are filtered and sorted, in their own table or another. Not
//! here: what they are compared with (`filter`).

/// A column that lists can be filtered and sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The quoted column, with its table.
    pub(crate) column: &'static str,
    /// The kind of its values.
    pub(crate) kind: FieldKind,
    /// Whether it may be null.
    pub(crate) nullable: bool,
    /// The table that it stands in, if that is not the table of the list.
    pub(crate) join: Option<Join>,
}

/// The way to another table of the same tenant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Join {
    /// The table's name.
    pub table: &'static str,
    /// The condition that links its rows to those of the list, the tenant included.
    pub on: &'static str,
}

/// The kind of a field's values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Whole numbers, fixed-point units, ids.
    Integer,
    /// Texts, ordered by code point.
    Text,
    /// Calendar dates.
    Date,
    /// Instants, which are compared with instants, or by their date in UTC with dates.
    Instant,
    /// Booleans, false before true.
    Boolean,
}

/// SQL types that lists can be filtered and sorted by.
pub trait Comparable {
    /// The kind of such a column's values.
    const KIND: FieldKind;
    /// Whether it may be null.
    const NULLABLE: bool = false;
}

macro_rules! comparable {
    ($($sql_type:ident)*) => {$(
        impl Comparable for diesel::sql_types::$sql_type {
            const KIND: FieldKind = FieldKind::$sql_type;
        }
    )*};
}
comparable! { Text Date }

impl Comparable for diesel::sql_types::BigInt {
    const KIND: FieldKind = FieldKind::Integer;
}

impl Comparable for diesel::sql_types::Bool {
    const KIND: FieldKind = FieldKind::Boolean;
}

impl Comparable for diesel::sql_types::Timestamp {
    const KIND: FieldKind = FieldKind::Instant;
}

impl<T: Comparable + diesel::sql_types::SqlType> Comparable for diesel::sql_types::Nullable<T> {
    const KIND: FieldKind = T::KIND;
    const NULLABLE: bool = true;
}

/// Defines the fields of a table by their diesel columns. A column that does not exist does not
/// compile, and the kind of a field is the one in the schema.
#[macro_export]
macro_rules! fields {
    ($table:ident; $($(#[$doc:meta])* $name:ident = $column:ident;)*) => {$(
        $(#[$doc])*
        pub const $name: $crate::Field = $crate::Field::of::<
            <$table::$column as diesel::Expression>::SqlType,
        >(concat!("\"", stringify!($table), "\".\"", stringify!($column), "\""));
    )*};
}

impl Field {
    /// Makes the field of a quoted column, with its table, of the SQL type `T`.
    pub const fn of<T: Comparable>(column: &'static str) -> Self {
        Self { column, kind: T::KIND, nullable: T::NULLABLE, join: None }
    }

    /// Makes a field of rows that are computed. It stands in no table, so that only
    /// [`Filter::is_met`] may see it.
    ///
    /// [`Filter::is_met`]: crate::Filter::is_met
    pub const fn computed(name: &'static str, kind: FieldKind, nullable: bool) -> Self {
        Self { column: name, kind, nullable, join: None }
    }

    /// Returns the same field for lists of another table, which reach it through a join.
    pub const fn through(mut self, join: Join) -> Self {
        self.join = Some(join);
        self
    }
}
