//! Events: what is told of each write.

use crate::rules::names::names;

names! {
    /// What is done to a row.
    Action {
        /// It is added.
        Create = "create",
        /// It is changed.
        Update = "update",
        /// It is removed.
        Delete = "delete",
        /// A distribution is triggered.
        Trigger = "trigger",
        /// A distribution is given its allocations, and the obligations that its shares make.
        Allocate = "allocate",
    }
}
