//! A distribution that was triggered, or would be, and the line that describes it.

use std::fmt;

use apportion_core::distribution::DistributionStatus;
use apportion_core::engine::Plan;
use apportion_core::id::{DistributionId, DistributorId, OrganizationId};
use apportion_store::distributor::StoredDistributor;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::engine::snapshot::Planned;

/// The outcome of a trigger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triggered {
    /// The id of the organization.
    pub organization: OrganizationId,
    /// The id of the distributor.
    pub distributor: DistributorId,
    /// The name of the distributor.
    pub name: String,
    /// The id of the distribution.
    pub distribution: DistributionId,
    /// The plan that was written, or would be.
    pub plan: Plan,
}

impl Triggered {
    pub(crate) fn new(payer: &StoredDistributor, planned: Planned) -> Self {
        Self {
            organization: payer.organization_id,
            distributor: payer.id,
            name: payer.name.clone(),
            distribution: planned.open.id,
            plan: planned.plan,
        }
    }

    /// Logs the outcome: as a warning if the distribution failed.
    pub(crate) fn log(&self) {
        let failed = self.plan.status == DistributionStatus::Failed;
        log::log!(
            target: "apportion::engine",
            if failed { log::Level::Warn } else { log::Level::Info },
            organization = self.organization.0,
            distributor = self.distributor.0,
            distribution = self.distribution.0;
            "{}", self.outcome()
        );
    }

    /// Describes the outcome, such as `complete, 12.50 EUR in 2 allocations`.
    fn outcome(&self) -> String {
        let plan = &self.plan;
        if let Some(failure) = &plan.failure {
            return format!("{}: {failure}", plan.status);
        }
        let value = plan.units.amount(plan.value);
        match plan.allocations.len() {
            0 => format!("{}, nothing is paid", plan.status),
            1 => format!("{}, {value} in 1 allocation", plan.status),
            count => format!("{}, {value} in {count} allocations", plan.status),
        }
    }
}

impl fmt::Display for Triggered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { organization, distributor, name, distribution, plan } = self;
        let date = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let next = match &plan.next {
            Some(next) => format!("next {}", date(next.open.trigger_at)),
            None => "no next date".to_owned(),
        };
        write!(
            f,
            "{} organization {organization} distributor {distributor} ({name}) distribution \
             {distribution}: {}; {next}",
            date(plan.open.trigger_at),
            self.outcome(),
        )
    }
}
