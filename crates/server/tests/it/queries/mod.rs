//! Reading lists and rows: sorts, pages, includes, fields and filters, by rows whose answers are
//! worked out in the test. Not here: the rules of JSON:API (`standard`).

apportion_testing::modules! {
    cursors, cursors_amid_writes, documents, fields, includes, limits, made_up_cursors, pages,
    related, sorts, tables, unsupported;
    folders: filters
}
