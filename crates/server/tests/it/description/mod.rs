//! The description of the service, the promises in it that clients rely on, and the page that shows
//! it.

apportion_testing::modules! { backward_compatibility, docs_page, openapi }
