//! The tables that link the rows of two tables, many to many. Clients see their rows only as
//! linkage. Not here: the statements that read and write links (`rows::membership`).

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
