//! The tables, as `migrations/` makes them. Columns stand in the order of the migrations; rows are
//! read by that order.

diesel::table! {
    organizations (id) {
        id -> BigInt,
        name -> Text,
        currency -> Text,
        time_zone -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    people (id) {
        id -> BigInt,
        organization_id -> BigInt,
        first_name -> Text,
        last_name -> Text,
        email -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    tokens (id) {
        id -> BigInt,
        organization_id -> BigInt,
        person_id -> Nullable<BigInt>,
        hash -> Binary,
        scope -> Text,
        label -> Nullable<Text>,
        created_at -> Timestamp,
        last_used_at -> Nullable<Timestamp>,
        expires_at -> Nullable<Timestamp>,
        revoked_at -> Nullable<Timestamp>,
    }
}

diesel::table! {
    row_counts (organization_id, table_name) {
        organization_id -> BigInt,
        table_name -> Text,
        row_count -> BigInt,
    }
}

diesel::table! {
    row_count_deltas (organization_id, table_name, id) {
        id -> BigInt,
        organization_id -> BigInt,
        table_name -> Text,
        delta -> BigInt,
    }
}

diesel::table! {
    deals (id) {
        id -> BigInt,
        organization_id -> BigInt,
        creator_id -> Nullable<BigInt>,
        name -> Text,
        currency -> Text,
        value -> BigInt,
        exchange_rate_e12 -> Nullable<BigInt>,
        exchange_date -> Nullable<Date>,
        probability -> BigInt,
        date -> Nullable<Date>,
        end_date -> Nullable<Date>,
        value_default -> BigInt,
        distributed_percent_e10 -> BigInt,
        distributed_amount -> BigInt,
        undistributed_amount -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    revenue_distributions (id) {
        id -> BigInt,
        organization_id -> BigInt,
        deal_id -> BigInt,
        creator_id -> Nullable<BigInt>,
        start_on -> Date,
        end_on -> Date,
        amount_percent_e10 -> BigInt,
        amount -> BigInt,
        amount_default -> BigInt,
        currency -> Text,
        currency_default -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> BigInt,
        organization_id -> BigInt,
        method -> Text,
        path -> Text,
        idempotency_key -> Text,
        request_hash -> Binary,
        status -> Nullable<BigInt>,
        location -> Nullable<Text>,
        etag -> Nullable<Text>,
        body -> Nullable<Binary>,
        created_at -> Timestamp,
    }
}

diesel::joinable!(revenue_distributions -> deals (deal_id));
diesel::allow_tables_to_appear_in_same_query!(deals, organizations, revenue_distributions);

/// What every change of a row raises and sets.
macro_rules! touched {
    ($table:ident, $now:expr) => {{
        #[expect(
            clippy::arithmetic_side_effects,
            reason = "this is SQL, which checks for overflow"
        )]
        let next = $crate::schema::$table::version + 1;
        ($crate::schema::$table::version.eq(next), $crate::schema::$table::updated_at.eq($now))
    }};
}
pub(crate) use touched;

/// The row of that id, if it is the tenant's.
macro_rules! own {
    ($table:ident, $scope:expr, $id:expr) => {
        $crate::schema::$table::table
            .filter($crate::schema::$table::organization_id.eq($scope.id()))
            .filter($crate::schema::$table::id.eq($id))
    };
}
pub(crate) use own;

/// The row of that id, if it is the tenant's, locked until the end of the transaction. SQLite has
/// one writer, and no words for it.
macro_rules! locked {
    ($table:ident, $scope:expr, $session:expr, $id:expr) => {{
        let row = $crate::schema::own!($table, $scope, $id);
        match $session.tenant($scope)? {
            $crate::connection::AnyConnection::Sqlite(connection) => row.get_result(connection),
            $crate::connection::AnyConnection::Postgres(connection) => {
                row.for_update().get_result(connection)
            }
        }
        .optional()
        .map_err($crate::error::Error::from)
    }};
}
pub(crate) use locked;
