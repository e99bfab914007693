//! Reading by the rules of JSON:API: fetching, includes, fieldsets, sorts, pages, filters and
//! parameters.

apportion_testing::modules! {
    cursors, fetching, fieldsets, filter, include, pagination, parameters, sort
}
