//! Lists by filter, order and cursor, held against plain sorting and comparing. Both databases have
//! the same rows, so what holds on both is the same on both.

apportion_testing::modules! { filters, keyset, pages }
