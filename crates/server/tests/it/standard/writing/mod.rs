//! Writing by the rules of JSON:API: resources, relationships and atomic operations.

apportion_testing::modules! { create, delete, members, operations, relationships, results, update }
