//! The type `distribution_refunds`. A refund takes a part of a distribution's pool back from those
//! who shared it. It can be added, but neither changed nor deleted; each of the obligations that it
//! makes can be approved, paid or rejected like any other.

use apportion_core::distribution_refund::{
    DistributionRefundDraft, RefundError, RefundedShare, divide,
};
use apportion_core::distributor::DistributorStatus;
use apportion_core::id::DistributionId;
use apportion_core::obligation::ObligationStatus;
use apportion_jsonapi::{Bounds, Code, Decimals, Declaration, Error, Input, Relationship, Scalar};
use apportion_store::distribution::{self, StoredDistribution};
use apportion_store::distribution_refund::{self, DistributionRefundRow, NewDistributionRefund};
use apportion_store::distributor::{self, StoredDistributor};
use apportion_store::obligation;
use apportion_store::refund::{self, NewPart, NewParts};

use crate::catalog::attributes::{decimals, instant, integer, long_text, organization};
use crate::catalog::{Resource, Work, Writes};
use crate::engine;
use crate::failure::{Failure, Result, judged};
use crate::payouts::accumulated::accumulate;

pub(crate) fn resource() -> Resource<DistributionRefundRow> {
    // A refund never changes, so its version is always 1.
    let declaration = Declaration::new(
        "distribution_refunds",
        (|row: &DistributionRefundRow| row.stored.id.0, distribution_refund::ID),
        |_| 1,
    )
    .append_only()
    .attribute(
        integer("amount")
            .bounded(Bounds::Between(1, i64::MAX))
            .required()
            .field(distribution_refund::AMOUNT),
        |row| Scalar::Integer(row.stored.amount),
    )
    .attribute(
        long_text("reason").nullable().writable().field(distribution_refund::REASON),
        |row| row.stored.reason.as_deref().into(),
    )
    .attribute(instant("created_at").field(distribution_refund::CREATED_AT), |row| {
        Scalar::Instant(row.stored.created_at)
    })
    .to_one(organization(distribution_refund::ORGANIZATION_ID), |row| {
        Some(row.stored.organization_id.0)
    })
    .to_one(
        Relationship::to_one("distribution", "distributions")
            .required()
            .field(distribution_refund::DISTRIBUTION_ID),
        |row| Some(row.stored.distribution_id.0),
    )
    .to_many(Relationship::to_many("obligations", "obligations", obligation::REFUND_ID))
    .amounts(&["amount"], Decimals::Own(|row| decimals(&row.units)));
    Resource { declaration, writes: Some(Writes::append_only(create)) }
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let mut draft = DistributionRefundDraft::default();
    input.set("amount", &mut draft.amount);
    input.set("reason", &mut draft.reason);
    let distribution = work.needed(input, "distribution", "distributions")?;
    let terms = judged(input, draft.check())?;
    let id = distribution.map(DistributionId).ok_or_else(Failure::not_found)?;
    let (payer, refunded) = refunded(work, id)?;
    if payer.status == DistributorStatus::Deleted {
        input.refuse_relationship("distribution", "must be one of a distributor that exists");
        return Err(std::mem::take(&mut input.errors).into());
    }
    if refunded.units != payer.units {
        let detail = format!(
            "The pool was in {}, and the distributor pays in {} now, so that nothing of it can be \
             collected",
            refunded.units, payer.units
        );
        let place = "/data/relationships/distribution";
        return Err(Error::pointer(Code::Conflict, place, detail).into());
    }
    let shares = refund::shares(&mut work.tenant, id)?;
    let figures: Vec<RefundedShare> = shares.iter().map(|share| share.figures).collect();
    let divided = divide(terms.amount, refunded.status, &figures);
    let parts = divided.map_err(|error| refused(input, error))?;
    let status = ObligationStatus::of_pool(payer.requires_approval);
    if status == ObligationStatus::Approved {
        // The parts add up to minus the amount.
        accumulate(work, &payer, terms.amount, 0).map_err(|unfit| unfit.of(input, "amount"))?;
    }
    let parts = shares.into_iter().zip(parts).filter(|(_, value)| *value != 0);
    let parts: Vec<NewPart> = parts.map(|(share, value)| NewPart { share, value }).collect();
    let reason = terms.reason.clone();
    let new = NewDistributionRefund { distribution_id: id, amount: terms.amount, reason };
    let refund_id = distribution_refund::insert(&mut work.tenant, &new, work.now)?;
    let new = NewParts {
        distributor_id: payer.id,
        refund_id,
        status,
        units: &refunded.units,
        reason: terms.reason.as_deref(),
        now: work.now,
    };
    refund::insert_parts(&mut work.tenant, new, &parts)?;
    Ok(refund_id.0)
}

/// Locks the distributor of a distribution, and returns both as they are after a trigger that is
/// due.
fn refunded(
    work: &mut Work<'_>,
    id: DistributionId,
) -> Result<(StoredDistributor, StoredDistribution)> {
    let seen = distribution::find(&mut work.tenant, id)?.ok_or_else(Failure::not_found)?;
    let payer = distributor::lock(&mut work.tenant, seen.distributor_id)?;
    let payer = payer.ok_or_else(Failure::not_found)?;
    let payer = engine::trigger_due(work, payer)?;
    let found = distribution::find(&mut work.tenant, id)?.ok_or_else(Failure::not_found)?;
    Ok((payer.stored, found))
}

fn refused(input: &mut Input, error: RefundError) -> Failure {
    match error {
        RefundError::NothingShared => {
            input.refuse_relationship("distribution", &error.to_string());
        }
        RefundError::MoreThanLeft(_) => input.refuse("amount", &error.to_string()),
        RefundError::TakenBack(_) => {
            let pointer = "/data/attributes/amount";
            let detail = format!("This cannot be refunded: {error}");
            return Error::pointer(Code::Conflict, pointer, detail).into();
        }
    }
    std::mem::take(&mut input.errors).into()
}
