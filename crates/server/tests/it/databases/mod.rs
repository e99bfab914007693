//! The database under the service: both kinds answer alike, many writers leave the right sums, and
//! the service survives a database that goes away. Not here: commands on databases (`bin/tests`).

apportion_testing::modules! { both_alike, concurrent_writers, kept_totals, outages }
