//! Macros for what every table does to its rows: find and lock a row, insert, update and delete it,
//! together with the count of rows, the version and the event. They are for diesel tables with the
//! columns `organization_id`, `id`, `version` and `updated_at`, and need `diesel::prelude` in
//! scope.

/// Expands to the assignments that every update of a row makes: the next version, and when.
macro_rules! next_version {
    ($table:ident, $now:expr) => {{
        // The sum is made by SQL, which checks for overflow.
        let next = $table::version + 1;
        ($table::version.eq(next), $table::updated_at.eq($now))
    }};
}

/// Expands to the assignments that every new row needs: when it was created and last updated.
macro_rules! timestamps {
    ($table:ident, $now:expr) => {
        ($table::created_at.eq($now), $table::updated_at.eq($now))
    };
}

/// Expands to a query for the row of that id, if it is the tenant's.
macro_rules! own_row {
    ($table:ident, $tenant:expr, $id:expr) => {
        $table::table.filter($table::organization_id.eq($tenant.id())).filter($table::id.eq($id.0))
    };
}

/// Loads the row of that id, if it is the tenant's, and locks it until the end of the transaction.
macro_rules! lock_row {
    ($table:ident, $tenant:expr, $id:expr) => {{
        let row = own_row!($table, $tenant, $id);
        $crate::rows::lock::Locking::waiting(row, $tenant.is_postgres())
            .get_result($tenant.connection()?)
            .optional()
            .map_err($crate::Error::from)
    }};
}

/// Inserts a row of the tenant with these values, counts it and notes the event. Returns its id.
macro_rules! insert_row {
    ($table:ident, $tenant:expr, $now:expr, $($values:expr),+) => {{
        let id: i64 = diesel::insert_into($table::table)
            .values(($table::organization_id.eq($tenant.id()), $($values,)+))
            .returning($table::id)
            .get_result($tenant.connection()?)
            .map_err($crate::Error::from)?;
        $tenant.record_insert(stringify!($table), id, $now).map(|()| id.into())
    }};
}

/// Updates the row of that id with these values, raises its version and notes the event: an update,
/// unless `action` says what else it is.
macro_rules! update_row {
    (
        $table:ident, $tenant:expr, $id:expr, $now:expr, action = $action:expr, $($values:expr),+
    ) => {{
        let version: i64 = diesel::update(own_row!($table, $tenant, $id))
            .set(($($values,)+ next_version!($table, $now)))
            .returning($table::version)
            .get_result($tenant.connection()?)
            .map_err($crate::Error::from)?;
        let event = $tenant.updated(stringify!($table), $id.0, version, $now);
        $tenant.note($crate::session::event::Event { action: $action, ..event })
    }};
    ($table:ident, $tenant:expr, $id:expr, $now:expr, $($values:expr),+) => {
        update_row!(
            $table, $tenant, $id, $now, action = apportion_core::event::Action::Update, $($values),+
        )
    };
}

/// Deletes the row of that id, takes it off the count and notes the event.
macro_rules! delete_row {
    ($table:ident, $tenant:expr, $id:expr, $now:expr) => {{
        let version: i64 = diesel::delete(own_row!($table, $tenant, $id))
            .returning($table::version)
            .get_result($tenant.connection()?)
            .map_err($crate::Error::from)?;
        $tenant.record_delete(stringify!($table), $id.0, version, $now)
    }};
}

pub(crate) use {delete_row, insert_row, lock_row, next_version, own_row, timestamps, update_row};
