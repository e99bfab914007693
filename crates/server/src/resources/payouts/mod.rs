//! Who is paid, on which terms, what for, and what was paid.

pub(crate) mod allocation;
pub(crate) mod collaborator;
pub(crate) mod distribution;
pub(crate) mod distributor;
pub(crate) mod metric;
pub(crate) mod metric_credit;
pub(crate) mod obligation;
