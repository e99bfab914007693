//! Sessions: whose rows they see, what they note of each write, and what they keep prepared.

apportion_testing::modules! {
    foreign_keys, journal, many_rows, statements, switches, tenants, totals
}
