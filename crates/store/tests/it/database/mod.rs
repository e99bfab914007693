//! The tables as diesel knows them, and as the migrations make them.

apportion_testing::modules! { schema }
