//! The question whether a query finds a row at all.

/// Expands to whether a query finds a row: the database looks for one row, and reads none.
macro_rules! exists {
    ($query:expr, $connection:expr) => {
        diesel::select(diesel::dsl::exists($query)).get_result::<bool>($connection)
    };
}

pub(crate) use exists;
