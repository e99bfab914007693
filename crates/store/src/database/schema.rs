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

diesel::table! {
    collaborators (id) {
        id -> BigInt,
        organization_id -> BigInt,
        full_name -> Text,
        email -> Nullable<Text>,
        status -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    distributors (id) {
        id -> BigInt,
        organization_id -> BigInt,
        name -> Text,
        description -> Nullable<Text>,
        units -> Text,
        status -> Text,
        pool_resolver -> Text,
        distribution_resolver -> Text,
        pool_amount -> Nullable<BigInt>,
        revenue_percentage_e10 -> Nullable<BigInt>,
        minimum_value -> Nullable<BigInt>,
        requires_approval -> Bool,
        carry_over -> Bool,
        schedule -> Text,
        anchor_at -> Timestamp,
        time_zone -> Text,
        metric_types -> Text,
        collaborator_count -> BigInt,
        accumulated_value -> BigInt,
        name_version -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    distributor_collaborators (organization_id, distributor_id, collaborator_id) {
        organization_id -> BigInt,
        distributor_id -> BigInt,
        collaborator_id -> BigInt,
    }
}

diesel::table! {
    distributor_deals (organization_id, distributor_id, deal_id) {
        organization_id -> BigInt,
        distributor_id -> BigInt,
        deal_id -> BigInt,
    }
}

diesel::table! {
    distributions (id) {
        id -> BigInt,
        organization_id -> BigInt,
        distributor_id -> BigInt,
        status -> Text,
        value -> BigInt,
        units -> Text,
        opened_at -> Timestamp,
        trigger_date -> Timestamp,
        carried -> BigInt,
        allocation_count -> BigInt,
        shared_pool -> Nullable<Text>,
        explanation -> Nullable<Text>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    metrics (id) {
        id -> BigInt,
        organization_id -> BigInt,
        distributor_id -> BigInt,
        collaborator_id -> BigInt,
        distribution_id -> BigInt,
        metric_type -> Text,
        score -> BigInt,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    metric_credits (id) {
        id -> BigInt,
        organization_id -> BigInt,
        distributor_id -> BigInt,
        collaborator_id -> BigInt,
        metric_id -> BigInt,
        creator_id -> Nullable<BigInt>,
        points -> BigInt,
        reason -> Nullable<Text>,
        created_at -> Timestamp,
    }
}

diesel::table! {
    obligations (id) {
        id -> BigInt,
        organization_id -> BigInt,
        distributor_id -> BigInt,
        collaborator_id -> BigInt,
        allocation_id -> Nullable<BigInt>,
        reverses_id -> Nullable<BigInt>,
        status -> Text,
        award_type -> Nullable<Text>,
        value -> BigInt,
        units -> Text,
        reason -> Nullable<Text>,
        reference -> Nullable<Text>,
        due_on -> Nullable<Date>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::table! {
    allocations (id) {
        id -> BigInt,
        organization_id -> BigInt,
        distribution_id -> BigInt,
        obligation_id -> BigInt,
        collaborator_id -> BigInt,
        status -> Text,
        value -> BigInt,
        weight -> Nullable<BigInt>,
        rank -> Nullable<BigInt>,
        net_value -> Nullable<BigInt>,
        net_parts -> Nullable<BigInt>,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

diesel::joinable!(revenue_distributions -> deals (deal_id));
diesel::allow_tables_to_appear_in_same_query!(
    distributions,
    distributor_collaborators,
    distributors,
);
diesel::allow_tables_to_appear_in_same_query!(
    deals,
    distributor_deals,
    organizations,
    revenue_distributions
);

diesel::table! {
    events (id) {
        id -> BigInt,
        organization_id -> BigInt,
        token_id -> Nullable<BigInt>,
        person_id -> Nullable<BigInt>,
        action -> Text,
        subject_type -> Text,
        subject_id -> BigInt,
        version_before -> Nullable<BigInt>,
        version_after -> Nullable<BigInt>,
        request_id -> Nullable<Text>,
        created_at -> Timestamp,
    }
}
