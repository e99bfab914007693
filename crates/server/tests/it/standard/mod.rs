//! JSON:API 1.1 rule by rule. The numbers are those of the project's list of what the standard
//! asks of a server; every rule has a test that is named after it, and a rule about every answer
//! is held against every address of every declared type (`walk`). Where the wire conventions
//! decide otherwise, the test says so. Not here: the rules of the domain.

pub mod parts;
mod walk;

apportion_testing::modules! {
    compound,
    coverage,
    create,
    cursors,
    delete,
    errors,
    fetching,
    fieldsets,
    filter,
    include,
    linkage,
    links,
    media_types,
    members,
    names,
    negotiation,
    operations,
    pagination,
    parameters,
    relationships,
    resources,
    results,
    sort,
    structure,
    update
}
