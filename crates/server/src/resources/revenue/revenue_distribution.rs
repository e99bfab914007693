//! The type `revenue_distributions`. The amounts of a distribution follow from its deal, and the
//! deal stores the sums of its distributions. The deal is therefore locked while one of them is
//! written. Not here: the single days of a distribution (`revenue_item`).

use apportion_core::currency::Currency;
use apportion_core::deal::DealMoney;
use apportion_core::deal_totals::{DealPart, DealTotals};
use apportion_core::decimal::{Percent, Rate};
use apportion_core::fault::Fault;
use apportion_core::id::{DealId, RevenueDistributionId};
use apportion_core::revenue_distribution::{
    Amounts, RevenueDistributionDraft, RevenueDistributionTerms,
};
use apportion_core::slicing::SpreadAmount;
use apportion_jsonapi::input::Linkage;
use apportion_jsonapi::{
    Bounds, Code, Decimals, Declaration, Error, Input, Kind, Relationship, Scalar,
};
use apportion_store::deal::{self, DealRow, Sums};
use apportion_store::revenue_distribution::{
    self, RevenueDistributionRow, WrittenRevenueDistribution,
};
use apportion_store::{self as store, Stored, Tenant};

use crate::catalog::attributes::{
    PERCENT, date, decimal, external_id, instant, integer, organization, text,
};
use crate::catalog::draft::draft;
use crate::catalog::{Resource, Work, Writes};
use crate::failure::{Failure, Result, judged};
use crate::revenue::report_row::REVENUE_DISTRIBUTION_ID;

pub(crate) fn resource() -> Resource<RevenueDistributionRow> {
    let declaration = Declaration::new(
        "revenue_distributions",
        (|row: &RevenueDistributionRow| row.id.0, revenue_distribution::ID),
        |row| row.version,
    )
    .writable()
    .attribute(date("start_on").required().field(revenue_distribution::START_ON), |row| {
        Scalar::Date(row.start_on)
    })
    .attribute(date("end_on").required().field(revenue_distribution::END_ON), |row| {
        Scalar::Date(row.end_on)
    })
    .attribute(
        decimal("amount_percent", PERCENT)
            .bounded(Bounds::Positive { digits: 8, decimals: 10 })
            .required()
            .field(revenue_distribution::AMOUNT_PERCENT),
        |row| Scalar::Decimal { units: row.amount_percent_e10, scale: Percent::SCALE },
    )
    .attribute(integer("amount").field(revenue_distribution::AMOUNT), |row| {
        Scalar::Integer(row.amount)
    })
    .attribute(integer("amount_default"), |row| Scalar::Integer(row.amount_default))
    .attribute(integer("amount_normalized"), |row| Scalar::Integer(row.amount))
    .attribute(text("currency"), |row| Scalar::Text(row.currency.code()))
    .attribute(text("currency_default"), |row| Scalar::Text(row.currency_default.code()))
    .attribute(text("currency_normalized"), |row| Scalar::Text(row.currency.code()))
    .attribute(external_id(revenue_distribution::EXTERNAL_ID), |row| {
        row.external_id.as_deref().into()
    })
    .attribute(instant("created_at").on_request().field(revenue_distribution::CREATED_AT), |row| {
        Scalar::Instant(row.created_at)
    })
    .attribute(instant("updated_at").on_request().field(revenue_distribution::UPDATED_AT), |row| {
        Scalar::Instant(row.updated_at)
    })
    .attribute(integer("day_count").on_request(), |row| days(row, |span| span.range.days()))
    .attribute(integer("daily_amount_min").on_request(), |row| days(row, SpreadAmount::daily_min))
    .attribute(integer("daily_amount_max").on_request(), |row| days(row, SpreadAmount::daily_max))
    .to_one(organization(revenue_distribution::ORGANIZATION_ID), |row| Some(row.organization_id.0))
    .to_one(
        Relationship::to_one("deal", "deals").required().field(revenue_distribution::DEAL_ID),
        |row| Some(row.deal_id.0),
    )
    .to_one(
        Relationship::to_one("creator", "people").field(revenue_distribution::CREATOR_ID),
        |row| row.creator_id.map(|id| id.0),
    )
    .to_many(
        Relationship::to_many("revenue_items", "revenue_items", REVENUE_DISTRIBUTION_ID).computed(),
    )
    .filter("deal.name", Kind::Text, revenue_distribution::DEAL_NAME)
    .sort("deal", revenue_distribution::DEAL_NAME)
    .amounts(
        &["amount", "amount_normalized", "daily_amount_min", "daily_amount_max"],
        Decimals::Own(|row| row.currency.decimals()),
    )
    .amounts(&["amount_default"], Decimals::Own(|row| row.currency_default.decimals()));
    Resource { declaration, writes: Some(Writes { lock, create, update, delete }) }
}

/// Returns a figure that is computed from the days and the amount of a distribution.
fn days(row: &RevenueDistributionRow, figure: fn(&SpreadAmount) -> i64) -> Scalar<'_> {
    let range = apportion_core::calendar::DateRange::new(row.start_on, row.end_on);
    let span = range.map(|range| SpreadAmount { range, total: row.amount });
    span.map_or(Scalar::Null, |span| Scalar::Integer(figure(&span)))
}

draft! {
    RevenueDistributionDraft of row: &RevenueDistributionRow;
    WrittenRevenueDistribution of terms: &RevenueDistributionTerms, deal: &DealRow,
        amounts: Amounts, default_currency: Currency;
    {
        start_on: Some(row.start_on) => start_on: terms.range.start(),
        end_on: Some(row.end_on) => end_on: terms.range.end(),
        amount_percent: Some(row.amount_percent_e10) => amount_percent_e10: terms.percent.units(),
    }
    written {
        deal_id: deal.id,
        amount: amounts.amount,
        amount_default: amounts.amount_default,
        currency: deal.currency,
        currency_default: default_currency,
    }
}

/// Locks the deal of a distribution, and with it every distribution of that deal, and returns the
/// distribution.
fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<RevenueDistributionRow>> {
    revenue_distribution::lock(tenant, RevenueDistributionId(id))
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let deal = linked_deal(work, input, None)?;
    let (written, new) = accepted(work, RevenueDistributionDraft::default(), deal.as_ref(), input)?;
    let deal = deal.ok_or_else(Failure::not_found)?;
    let sums = sums(&deal, |distributed| distributed.with(new), input)?;
    let id = revenue_distribution::insert(&mut work.tenant, &written, work.now)?;
    deal::update_sums(&mut work.tenant, deal.id, sums, work.now)?;
    Ok(id.0)
}

fn update(work: &mut Work<'_>, row: &RevenueDistributionRow, input: &mut Input) -> Result<()> {
    let deal = linked_deal(work, input, Some(row.deal_id))?;
    let (written, new) = accepted(work, draft(row), deal.as_ref(), input)?;
    let deal = deal.ok_or_else(Failure::not_found)?;
    let old = share(row)?;
    if deal.id == row.deal_id {
        let sums = sums(&deal, |distributed| distributed.replacing(old, new), input)?;
        deal::update_sums(&mut work.tenant, deal.id, sums, work.now)?;
    } else {
        let sums = sums(&deal, |distributed| distributed.with(new), input)?;
        deal::update_sums(&mut work.tenant, deal.id, sums, work.now)?;
        leave_deal(work, row)?;
    }
    Ok(revenue_distribution::update(&mut work.tenant, row.id, &written, work.now)?)
}

fn delete(work: &mut Work<'_>, row: &RevenueDistributionRow) -> Result<()> {
    leave_deal(work, row)?;
    Ok(revenue_distribution::delete(&mut work.tenant, row.id, work.now)?)
}

/// Subtracts a distribution from the sums of its deal.
fn leave_deal(work: &mut Work<'_>, row: &RevenueDistributionRow) -> Result<()> {
    let deal = deal::lock(&mut work.tenant, row.deal_id)?.ok_or_else(Failure::not_found)?;
    let old = share(row)?;
    let sums = sums(&deal, |distributed| distributed.without(old), &mut Input::default())?;
    Ok(deal::update_sums(&mut work.tenant, deal.id, sums, work.now)?)
}

/// Locks and returns the deal that the input names, or the deal `present` if the input names none.
/// A deal that is missing or does not exist is a fault of the input.
fn linked_deal(
    work: &mut Work<'_>,
    input: &mut Input,
    present: Option<DealId>,
) -> Result<Option<DealRow>> {
    let Some(link) = input.link("deal").cloned() else {
        return match present {
            Some(id) => Ok(deal::lock(&mut work.tenant, id)?),
            None => {
                input.refuse_relationship("deal", "is required");
                Ok(None)
            }
        };
    };
    let found = match link.linkage {
        Linkage::One(id) => deal::lock(&mut work.tenant, DealId(id))?,
        Linkage::None => {
            input.refuse_relationship("deal", "must not be null");
            return Ok(None);
        }
        _ => None,
    };
    if found.is_none() {
        let detail = "There is no such deal";
        input.errors.push(Error::pointer(Code::RecordNotFound, link.pointer, detail));
    }
    Ok(found)
}

/// Returns the columns of a distribution after the input is applied, and the part of the deal that
/// it distributes, or refuses the input. `draft` holds the attributes before.
fn accepted(
    work: &Work<'_>,
    mut draft: RevenueDistributionDraft,
    deal: Option<&DealRow>,
    input: &mut Input,
) -> Result<(WrittenRevenueDistribution, DealPart)> {
    read(input, &mut draft);
    let terms = judged(input, draft.check())?;
    // If there is no deal, the input has a fault, and the line above has returned it.
    let deal = deal.ok_or_else(Failure::not_found)?;
    let amounts = terms.amounts(&money(deal, work.currency)).map_err(|fault| vec![fault]);
    let amounts = judged(input, amounts)?;
    let share = DealPart { percent: terms.percent, amount: amounts.amount };
    Ok((written(&terms, deal, amounts, work.currency), share))
}

/// Returns the terms and the amounts of a new distribution, or refuses the input. Without a deal
/// the input has a fault.
pub(crate) fn new_terms(
    deal: Option<&DealMoney>,
    input: &mut Input,
) -> Result<(RevenueDistributionTerms, Amounts)> {
    let mut draft = RevenueDistributionDraft::default();
    read(input, &mut draft);
    let terms = judged(input, draft.check())?;
    let deal = deal.ok_or_else(Failure::not_found)?;
    let amounts = terms.amounts(deal).map_err(|fault| vec![fault]);
    Ok((terms, judged(input, amounts)?))
}

/// Returns the figures of a deal from which the amounts of its distributions are computed.
pub(crate) fn money(deal: &DealRow, default_currency: Currency) -> DealMoney {
    DealMoney {
        value: deal.value,
        currency: deal.currency,
        exchange_rate: deal.exchange_rate_e12.and_then(|units| Rate::from_units(units).ok()),
        default_currency,
    }
}

fn share(row: &RevenueDistributionRow) -> Result<DealPart> {
    let percent = Percent::from_units(row.amount_percent_e10);
    let percent = store::intact(RevenueDistributionRow::TABLE, row.id.0, percent)?;
    Ok(DealPart { percent, amount: row.amount })
}

/// Returns the sums of a deal after a change of its distributions, or refuses the input if they do
/// not fit 64 bits.
fn sums(
    deal: &DealRow,
    change: impl FnOnce(DealTotals) -> std::result::Result<DealTotals, Fault>,
    input: &mut Input,
) -> Result<Sums> {
    let before =
        DealTotals { percent_units: deal.distributed_percent_e10, amount: deal.distributed_amount };
    let after = change(before).and_then(|after| Ok((after, after.undistributed(deal.value)?)));
    let (after, undistributed_amount) = judged(input, after.map_err(|fault| vec![fault]))?;
    Ok(Sums {
        distributed_percent_e10: after.percent_units,
        distributed_amount: after.amount,
        undistributed_amount,
    })
}
