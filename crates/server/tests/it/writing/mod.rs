//! Writes: create, update, delete, the rules of fields, and how faults are reported. Not here: the
//! rules of JSON:API (`standard::writing`).

apportion_testing::modules! {
    all_faults_at_once, composed_text, create, deal_links, delete, external_ids, field_rules,
    given_twice, legible_names, operations, read_only_members, relationships, update
}
