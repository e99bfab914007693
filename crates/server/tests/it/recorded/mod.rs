//! The recorded API under `/siren/v1`, and recorded exchanges with the API that clients already
//! know.

apportion_testing::modules! { exchanges, siren, siren_lists }
