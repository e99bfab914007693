//! Distributors, what they credit, foresee and owe, and the laws that hold over it. Not here: what
//! a pass of the engine writes (`engine`).

apportion_testing::modules! {
    checks, collaborators, credit_metric, credits, distributors, obligations, openings,
    preview_scenarios, previews
}
