//! Where a database is, and its tables as diesel knows them and as the migrations make them.

apportion_testing::modules! { addresses, schema }
