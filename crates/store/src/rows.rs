//! Words for a tenant's rows, for the modules that read and write a table: which row, locked how,
//! and what every change of it raises. For diesel tables with the columns `organization_id`, `id`,
//! `version` and `updated_at`; `diesel::prelude` has to be in scope.

/// What every change of a row raises and sets.
#[macro_export]
macro_rules! touched {
    ($table:ident, $now:expr) => {{
        // SQL, which checks for overflow.
        let next = $table::version + 1;
        ($table::version.eq(next), $table::updated_at.eq($now))
    }};
}

/// The row of that id, if it is the tenant's.
#[macro_export]
macro_rules! own {
    ($table:ident, $scope:expr, $id:expr) => {
        $table::table
            .filter($table::organization_id.eq($scope.organization.0))
            .filter($table::id.eq($id))
    };
}

/// The row of that id, if it is the tenant's, locked until the end of the transaction. SQLite has
/// one writer, and no words for it.
#[macro_export]
macro_rules! locked {
    ($table:ident, $scope:expr, $session:expr, $id:expr) => {{
        let row = $crate::own!($table, $scope, $id);
        match $session.tenant($scope)? {
            $crate::AnyConnection::Sqlite(connection) => row.get_result(connection),
            $crate::AnyConnection::Postgres(connection) => row.for_update().get_result(connection),
        }
        .optional()
        .map_err($crate::Error::from)
    }};
}
