//! Amounts of deals and of revenue distributions, and the revenue items that follow from them.

apportion_testing::modules! { amounts, revenue_items }
