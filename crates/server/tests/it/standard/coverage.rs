//! A test that every rule has a test named after it. Not here: the tests of the rules.

/// The number of rules in the project's list.
const RULES: usize = 107;

apportion_testing::cases! { plain: every_rule_has_its_test }

fn every_rule_has_its_test() {
    let cases = super::modules().into_iter().flat_map(|(_, cases)| cases);
    let tested: Vec<usize> = cases.filter_map(|case| rule(case.name)).collect();
    let missing: Vec<usize> = (1..=RULES).filter(|rule| !tested.contains(rule)).collect();
    assert!(missing.is_empty(), "no test is named after {missing:?}");
    assert!(tested.iter().all(|rule| (1..=RULES).contains(rule)));
}

/// Returns the rule that a test is named after: 7 for `j7_every_answer_varies`.
fn rule(name: &str) -> Option<usize> {
    name.strip_prefix('j')?.split('_').next()?.parse().ok()
}
