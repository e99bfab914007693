//! Fields: the columns by which lists are filtered and sorted, in their own table or another. Not
//! here: what they are compared with (`filter`).

/// A column that lists can be filtered and sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Field {
    /// The quoted column, with its table.
    pub(crate) column: &'static str,
    /// What it holds.
    pub(crate) kind: FieldKind,
    /// Whether it may be null.
    pub(crate) nullable: bool,
    /// Another table that it stands in.
    pub(crate) join: Option<Join>,
}

/// How another table of the same tenant is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Join {
    /// The table's name.
    pub table: &'static str,
    /// What links its rows, the tenant included.
    pub on: &'static str,
}

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldKind {
    /// Whole numbers, fixed-point units, ids.
    Integer,
    /// Text, by code point.
    Text,
    /// Calendar dates.
    Date,
    /// Compared by its date.
    Instant,
    /// False before true.
    Boolean,
}

/// SQL types that lists can be filtered and sorted by.
pub trait Comparable {
    /// What such a column holds.
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

/// Defines the fields of a table by their diesel columns: one that does not exist does not compile,
/// and what a field holds is what the schema says.
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
    /// The field of a quoted column, with its table, of that SQL type.
    pub const fn of<T: Comparable>(column: &'static str) -> Self {
        Self { column, kind: T::KIND, nullable: T::NULLABLE, join: None }
    }

    /// A field of rows that are computed: of no table, and met only by [`Filter::is_met`].
    pub const fn computed(name: &'static str, kind: FieldKind, nullable: bool) -> Self {
        Self { column: name, kind, nullable, join: None }
    }

    /// The same field, for lists of another table.
    pub const fn through(mut self, join: Join) -> Self {
        self.join = Some(join);
        self
    }
}
