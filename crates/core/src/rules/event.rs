//! Events: the records that the service keeps of each write.
//!
//! Only the words for what happened; the rows of events are the store's.

use crate::rules::names::names;

names! {
    /// An action that a write performs on a row.
    Action {
        /// The row is inserted.
        Create = "create",
        /// The row is updated.
        Update = "update",
        /// The row is deleted.
        Delete = "delete",
        /// A distribution is triggered.
        Trigger = "trigger",
        /// A distribution gets its allocations, and the obligations that its shares create.
        Allocate = "allocate",
    }
}
