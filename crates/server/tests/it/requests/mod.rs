//! What is so about a request wherever it goes: its body, its method, its media types, its
//! conditions, its key and the time that it takes.

apportion_testing::modules! { bodies, conditions, idempotency, methods, negotiation, timeouts }
