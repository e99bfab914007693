//! Filters: operators, groups of them, instants, and what a filter does not take.

apportion_testing::modules! { every_declared, groups, instants, operators, unsupported }
