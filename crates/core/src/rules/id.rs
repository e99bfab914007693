//! Ids as types of their own, so that a collaborator's id cannot be passed for a deal's.
//!
//! An id orders rows and breaks ties. The store decides which number a new row gets.

/// Defines id types that wrap an `i64`, sort by it and are displayed as that number.
///
/// Exported for the other crates of this workspace only.
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
    /// The id of a token, which authenticates requests for an organization.
    TokenId;
    /// The id of a deal.
    DealId;
    /// The id of a revenue distribution, which spreads a part of a deal over days.
    RevenueDistributionId;
    /// The id of a collaborator, who is paid by distributors.
    CollaboratorId;
    /// The id of a distributor, which pays collaborators.
    DistributorId;
    /// The id of a metric: the score of one collaborator with one distributor in one period.
    MetricId;
    /// The id of a metric credit.
    MetricCreditId;
    /// The id of an obligation, which is owed to a collaborator.
    ObligationId;
    /// The id of a distribution: what a distributor pays for one period.
    DistributionId;
    /// The id of an allocation, which links a distribution to an obligation that it covers.
    AllocationId;
    /// The id of a settlement, which fulfils obligations.
    SettlementId;
    /// The id of a refund of a part of a distribution's pool.
    DistributionRefundId;
    /// The id of an event.
    EventId;
}
