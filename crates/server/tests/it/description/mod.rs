//! The description of the service, what clients may rely on by it, and the page that shows it.

apportion_testing::modules! { backward_compatibility, docs_page, openapi }
