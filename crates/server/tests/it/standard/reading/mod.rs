//! Fetching by the rules of JSON:API: includes, fieldsets, sorts, pages, filters and parameters.

apportion_testing::modules! {
    cursors, fetching, fieldsets, filter, include, pagination, parameters, sort
}
