//! The tables of the service itself: tokens, and answers that are kept for requests that are
//! repeated.

apportion_testing::modules! { idempotency, tokens }
