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
