//! The types of `apportion-core` as values of columns: ids, and names out of closed sets, such
//! as statuses and currencies. To the databases these are `BIGINT` and `TEXT`.
//!
//! Core knows no diesel, so that this crate says how such values are read from a column and bound
//! to a statement. Reading goes through [`AnyConnection`] alone: diesel's traits can be implemented
//! here for types of another crate only where a type of this one, the backend, takes part. Nothing
//! here is for free texts and JSON, which rows hold as strings.
//!
//! [`AnyConnection`]: crate::AnyConnection

use apportion_core::allocation::AllocationStatus;
use apportion_core::collaborator::CollaboratorStatus;
use apportion_core::currency::Currency;
use apportion_core::deal::DealStatus;
use apportion_core::distribution::DistributionStatus;
use apportion_core::distributor::{DistributorStatus, RevenueScope};
use apportion_core::event::Action;
use apportion_core::id::{
    AllocationId, CollaboratorId, DealId, DistributionId, DistributionRefundId, DistributorId,
    EventId, MetricCreditId, MetricId, ObligationId, OrganizationId, PersonId,
    RevenueDistributionId, SettlementId, TokenId,
};
use apportion_core::metric::MetricType;
use apportion_core::obligation::ObligationStatus;
use apportion_core::resolver::{DistributionResolver, PoolResolver};
use chrono::{NaiveDate, NaiveDateTime};
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::sql_types::{BigInt, Text};

use crate::database::connection::MultiBackend;

type RawValue<'v> = <MultiBackend as Backend>::RawValue<'v>;

/// Values that columns are set to.
pub trait ColumnValue {
    /// The value as diesel binds it.
    type Bound<'v>
    where
        Self: 'v;

    /// Returns the value as diesel binds it.
    fn bound(&self) -> Self::Bound<'_>;
}

macro_rules! plain {
    ($($type:ty)+) => {$(
        impl ColumnValue for $type {
            type Bound<'v> = Self;

            fn bound(&self) -> Self {
                *self
            }
        }
    )+};
}

plain! { bool i64 NaiveDate NaiveDateTime }

impl ColumnValue for String {
    type Bound<'v> = &'v str;

    fn bound(&self) -> &str {
        self
    }
}

impl<T: ColumnValue> ColumnValue for Option<T> {
    type Bound<'v>
        = Option<T::Bound<'v>>
    where
        T: 'v;

    fn bound(&self) -> Option<T::Bound<'_>> {
        self.as_ref().map(T::bound)
    }
}

/// Reads values of a type from columns of an SQL type, and binds them as what that is in Rust.
macro_rules! values {
    ($sql:ident, $plain:ty, $bound:ty: $($type:ident)+, $read:expr, $bind:expr) => {$(
        impl ColumnValue for $type {
            type Bound<'v> = $bound;

            fn bound(&self) -> $bound {
                let bind: fn(&Self) -> $bound = $bind;
                bind(self)
            }
        }

        impl FromSql<$sql, MultiBackend> for $type {
            fn from_sql(value: RawValue<'_>) -> deserialize::Result<Self> {
                let read: fn($plain) -> deserialize::Result<Self> = $read;
                <$plain as FromSql<$sql, MultiBackend>>::from_sql(value).and_then(read)
            }
        }

        impl Queryable<$sql, MultiBackend> for $type {
            type Row = Self;

            fn build(row: Self) -> deserialize::Result<Self> {
                Ok(row)
            }
        }
    )+};
}

values! {
    BigInt, i64, i64:
    AllocationId CollaboratorId DealId DistributionId DistributionRefundId DistributorId EventId
    MetricCreditId MetricId ObligationId OrganizationId PersonId RevenueDistributionId SettlementId
    TokenId,
    |id| Ok(Self(id)), |id| id.0
}

values! {
    Text, String, &'static str:
    Action AllocationStatus CollaboratorStatus DealStatus DistributionResolver DistributionStatus
    DistributorStatus MetricType ObligationStatus PoolResolver RevenueScope,
    |text| text.parse().map_err(|error| format!("'{text}' {error}").into()), |value| value.name()
}

values! {
    Text, String, &'static str: Currency,
    |text| text.parse().map_err(|error| format!("'{text}' {error}").into()), |value| value.code()
}
