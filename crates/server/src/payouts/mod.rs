//! Code that several payout types share: the terms of a distributor, its open distribution and the
//! sum of what it owes, the settling of allocations, explanations, and attributes that hold JSON.
//! Not here: the types themselves (`resources`), and the triggering of distributions (`engine`).

pub(crate) mod accumulated;
pub(crate) mod explanation;
pub(crate) mod kept_json;
pub(crate) mod opening;
pub(crate) mod preview_types;
pub(crate) mod settling;
pub(crate) mod terms;
