//! Words for a tenant's rows, for the modules that read and write a table: which row, locked how,
//! added, changed and removed, and what every change of it raises. For diesel tables with the
//! columns `organization_id`, `id`, `version` and `updated_at`; `diesel::prelude` has to be in
//! scope.

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

/// When a row is made.
#[macro_export]
macro_rules! made {
    ($table:ident, $now:expr) => {
        ($table::created_at.eq($now), $table::updated_at.eq($now))
    };
}

/// Adds a row of the tenant with these values, counts it, and notes the event; its id.
#[macro_export]
macro_rules! added {
    ($table:ident, $scope:expr, $session:expr, $now:expr, $($values:expr),+) => {{
        let id: i64 = diesel::insert_into($table::table)
            .values(($table::organization_id.eq($scope.organization.0), $($values,)+))
            .returning($table::id)
            .get_result($session.tenant($scope)?)
            .map_err($crate::Error::from)?;
        $crate::add_to_total($scope, $session, stringify!($table), 1)?;
        let event = $crate::event::Event::created($scope, (stringify!($table), id), $now);
        $session.note(event).map(|()| id)
    }};
}

/// Sets these values of the row of that id, now, which gives it a new version, and notes the event,
/// as an update unless it is told what else it is.
#[macro_export]
macro_rules! changed {
    ($table:ident, $scope:expr, $session:expr, ($id:expr, $now:expr), $($values:expr),+) => {{
        let update = $crate::event::Action::Update;
        $crate::changed!($table, $scope, $session, ($id, $now), update: $($values),+)
    }};
    (
        $table:ident, $scope:expr, $session:expr, ($id:expr, $now:expr), $action:ident:
        $($values:expr),+
    ) => {{
        let version: i64 = diesel::update($crate::own!($table, $scope, $id))
            .set(($($values,)+ $crate::touched!($table, $now)))
            .returning($table::version)
            .get_result($session.tenant($scope)?)
            .map_err($crate::Error::from)?;
        let event = $crate::event::Event::updated($scope, (stringify!($table), $id), version, $now);
        $session.note($crate::event::Event { action: $action, ..event })
    }};
}

/// Removes the row of that id, counts it no more, and notes the event.
#[macro_export]
macro_rules! removed {
    ($table:ident, $scope:expr, $session:expr, ($id:expr, $now:expr)) => {{
        let version: i64 = diesel::delete($crate::own!($table, $scope, $id))
            .returning($table::version)
            .get_result($session.tenant($scope)?)
            .map_err($crate::Error::from)?;
        $crate::add_to_total($scope, $session, stringify!($table), -1)?;
        let subject = (stringify!($table), $id);
        $session.note($crate::event::Event::deleted($scope, subject, version, $now))
    }};
}
