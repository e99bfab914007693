//! The recorded API under `/siren/v1`, and exchanges of the API that clients know it from.

apportion_testing::modules! { exchanges, siren, siren_lists }
