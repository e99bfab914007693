//! Distributors: what they credit, preview and owe, and the laws of conservation. Not here: what a
//! pass of the engine writes (`engine`).

apportion_testing::modules! {
    called_back, checks, checks_of_explanations, collaborators, credit_metric, credits,
    distributors, obligations,
    openings, preview_scenarios, previews, refunds, reversals, settlements
}
