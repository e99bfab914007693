//! JSON:API 1.1 rule by rule. The numbers are those of the project's list of what the standard
//! asks of a server; every rule has a test that is named after it, and a rule about every answer
//! is held against every address of every declared type (`walk`). Where the wire conventions
//! decide otherwise, the test says so. Not here: the rules of the domain.

mod compound;
mod create;
mod cursors;
mod delete;
mod errors;
mod fetching;
mod fieldsets;
mod filter;
mod include;
mod linkage;
mod links;
mod media_types;
mod members;
mod names;
mod negotiation;
mod operations;
mod pagination;
mod parameters;
pub mod parts;
mod relationships;
mod resources;
mod results;
mod sort;
mod structure;
mod update;
mod walk;

use apportion_testing::Case;

/// How many rules there are.
const RULES: usize = 107;

pub const MODULES: &[(&str, &[Case])] = &[
    ("standard", CASES),
    ("standard::negotiation", negotiation::CASES),
    ("standard::media_types", media_types::CASES),
    ("standard::structure", structure::CASES),
    ("standard::resources", resources::CASES),
    ("standard::linkage", linkage::CASES),
    ("standard::compound", compound::CASES),
    ("standard::links", links::CASES),
    ("standard::names", names::CASES),
    ("standard::fetching", fetching::CASES),
    ("standard::include", include::CASES),
    ("standard::fieldsets", fieldsets::CASES),
    ("standard::sort", sort::CASES),
    ("standard::pagination", pagination::CASES),
    ("standard::cursors", cursors::CASES),
    ("standard::filter", filter::CASES),
    ("standard::create", create::CASES),
    ("standard::update", update::CASES),
    ("standard::relationships", relationships::CASES),
    ("standard::members", members::CASES),
    ("standard::delete", delete::CASES),
    ("standard::operations", operations::CASES),
    ("standard::results", results::CASES),
    ("standard::parameters", parameters::CASES),
    ("standard::errors", errors::CASES),
];

apportion_testing::cases! { plain: every_rule_has_its_test }

fn every_rule_has_its_test() {
    let cases = MODULES.iter().flat_map(|(_, cases)| cases.iter());
    let tested: Vec<usize> = cases.filter_map(|case| rule(case.name)).collect();
    let missing: Vec<usize> = (1..=RULES).filter(|rule| !tested.contains(rule)).collect();
    assert!(missing.is_empty(), "no test is named after {missing:?}");
    assert!(tested.iter().all(|rule| (1..=RULES).contains(rule)));
}

/// `j7_every_answer_varies` is of rule 7.
fn rule(name: &str) -> Option<usize> {
    name.strip_prefix('j')?.split('_').next()?.parse().ok()
}
