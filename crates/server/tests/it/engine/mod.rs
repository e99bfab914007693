//! Passes of the engine: what they write, at which trigger dates, and several engines at once. Not
//! here: a process that is killed in a pass (`bin/tests`).

apportion_testing::modules! {
    carried, clocks, due_first, model, netting, passes, periods, pool_scopes, races, revenue_pools
}
