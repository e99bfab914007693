//! Ids as types of their own, so that the id of a collaborator cannot pass for that of a deal.
//!
//! An id orders rows and breaks ties. Which number a new row gets is decided by the store.

/// Defines ids: types that hold an `i64`, are ordered by it, and are written as that number.
///
/// Exported for the crates of this workspace alone.
#[doc(hidden)]
#[macro_export]
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

        impl From<i64> for $name {
            fn from(id: i64) -> Self {
                Self(id)
            }
        }
    )*};
}

ids! {
    /// The id of an organization, which is a tenant.
    OrganizationId;
    /// The id of a person of an organization.
    PersonId;
    /// The id of a token that an organization is spoken for with.
    TokenId;
    /// The id of a deal.
    DealId;
    /// The id of a revenue distribution, which spreads a part of a deal over days.
    RevenueDistributionId;
    /// The id of a collaborator, who is paid.
    CollaboratorId;
    /// The id of a distributor, which pays.
    DistributorId;
    /// The id of a metric: the score of one collaborator with one distributor in one period.
    MetricId;
    /// The id of a metric credit.
    MetricCreditId;
    /// The id of an obligation, which is owed to a collaborator.
    ObligationId;
    /// The id of a distribution, which is what a distributor pays for one period.
    DistributionId;
    /// The id of an allocation, which links a distribution to an obligation that it covers.
    AllocationId;
    /// The id of an event.
    EventId;
}
