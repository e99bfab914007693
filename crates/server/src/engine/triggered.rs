//! A distribution that was triggered, or would be, told in one line.

use std::fmt;

use apportion_core::distribution::DistributionStatus;
use apportion_core::engine::Plan;
use apportion_core::id::{DistributionId, DistributorId, OrganizationId};
use apportion_store::distributor::StoredDistributor;
use chrono::{DateTime, SecondsFormat, Utc};

use crate::engine::snapshot::Planned;

/// What came of a trigger date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Triggered {
    /// The organization.
    pub organization: OrganizationId,
    /// The distributor.
    pub distributor: DistributorId,
    /// What that one is called.
    pub name: String,
    /// The distribution.
    pub distribution: DistributionId,
    /// What was written, or would be.
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

    /// Logs it: a failure as a warning.
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

    /// `complete, 0.00 EUR to nobody`.
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
