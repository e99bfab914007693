//! Ids of what the rules tell apart, as types of their own: a collaborator's is no obligation's.
//!
//! An id orders rows and breaks ties; what it is drawn from is the store's affair.

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// Somebody who is paid.
    CollaboratorId;
    /// Something that is owed to somebody.
    ObligationId;
}
