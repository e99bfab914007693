//! What several payout types share: terms, the open distribution, credits, settling, explanations.
//! Not here: the types themselves (`resources`), and triggering (`engine`).

pub(crate) mod credit;
pub(crate) mod explanation;
pub(crate) mod kept_json;
pub(crate) mod opening;
pub(crate) mod preview_types;
pub(crate) mod settling;
