//! `/metrics`, for whoever watches a server: who may read it and where (`scrapes`), and that its
//! figures move by what was done (`figures`). `support::exposition` reads its format.

apportion_testing::modules! { figures, scrapes }
