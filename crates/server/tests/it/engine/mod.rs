//! Passes of the engine: what they write, at which trigger dates, and who runs them at once. Not
//! here: the program that is killed in a pass (`bin/tests`).

apportion_testing::modules! { clocks, passes, races, revenue_pools }
