//! The database under the service: both kinds answer alike, many writers end in the right sums, and
//! a database that goes away is said to be away. Not here: commands over databases (`bin/tests`).

apportion_testing::modules! { both_alike, concurrent_writers, kept_totals, outages }
