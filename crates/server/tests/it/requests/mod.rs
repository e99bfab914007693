//! Rules of any request, wherever it goes: its body, method, media types, conditions and key, and
//! the time that it may take.

apportion_testing::modules! {
    bodies, conditions, costs, deadlines, idempotency, methods, negotiation, timeouts
}
