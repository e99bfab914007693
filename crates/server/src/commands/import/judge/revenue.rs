//! The judging of deals and revenue distributions.

use apportion_core::currency::Currency;
use apportion_core::deal::DealMoney;
use apportion_core::deal_totals::{DealPart, DealTotals};
use apportion_core::decimal::Rate;
use apportion_core::id::DealId;
use apportion_core::units::Units;
use apportion_jsonapi::Input;
use apportion_store as store;
use apportion_store::deal::{self, DealRow, WrittenDeal};
use apportion_store::revenue_distribution::WrittenRevenueDistribution;

use super::super::ImportError;
use super::super::names::{self, Names, Reference};
use super::super::plan::{Plan, PlannedDeal, PlannedDistribution, StoredDeal};
use super::{Judge, NewRow};
use crate::catalog::Work;
use crate::failure::{Failure, Result as Judged, judged};
use crate::resources::revenue::{deal as deals, revenue_distribution as distributions};

impl Judge<'_> {
    pub(super) fn deals(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        for NewRow { row, mut input } in std::mem::take(&mut self.rows) {
            let currency = stated_currency(&input, work.currency);
            self.give_amounts(work, row, currency.map(Units::Currency).as_ref(), &mut input);
            let judged = deals::new_row(work.currency, &mut input);
            let Some(written) = self.accept(row, judged)? else { continue };
            let position = plan.deals.len();
            plan.names_of("deals").note(&written.name, position);
            let external_id = plan.note_external("deals", position, &input);
            let (money, totals) = (money(&written, work.currency), DealTotals::default());
            plan.deals.push(PlannedDeal { external_id, written, money, totals });
        }
        Ok(())
    }

    pub(super) fn distributions(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        let mut rows = std::mem::take(&mut self.rows);
        let lines = rows.iter().map(|new| new.row);
        let names = Names::find(&mut work.tenant, "deal", &names::DEALS, lines)?;
        let references: Vec<Option<Reference>> = rows
            .iter_mut()
            .map(|NewRow { row, input }| names.reference(row, plan.names.get("deals"), input))
            .collect();
        load_deals(work, &references, plan)?;
        for (NewRow { row, mut input }, deal) in rows.into_iter().zip(references) {
            let judged = planned(work.currency, deal, plan, &mut input);
            let Some(planned) = self.accept(row, judged)? else { continue };
            plan.distributions.push(planned);
        }
        Ok(())
    }
}

/// Returns the currency that a deal states, or that of its organization. Returns `None` if there is
/// no such currency, which is a fault.
fn stated_currency(input: &Input, organization: Currency) -> Option<Currency> {
    let mut code: Option<String> = None;
    input.set("currency", &mut code);
    code.map_or(Some(organization), |code| code.parse().ok())
}

/// Returns the figures of a deal from which the amounts of its distributions are computed.
fn money(written: &WrittenDeal, default_currency: Currency) -> DealMoney {
    DealMoney {
        value: written.value,
        currency: written.currency,
        exchange_rate: written.exchange_rate_e12.and_then(|units| Rate::from_units(units).ok()),
        default_currency,
    }
}

/// Loads the stored deals that rows refer to, unless they are known.
fn load_deals(
    work: &mut Work<'_>,
    references: &[Option<Reference>],
    plan: &mut Plan,
) -> store::Result<()> {
    let ids = names::unknown(references.iter().copied(), &plan.stored.deals);
    let found = store::load_by::<DealRow>(&mut work.tenant, deal::ID, &ids, ids.len())?;
    plan.stored.deals.extend(found.into_iter().map(|row| {
        let totals = DealTotals {
            percent_units: row.distributed_percent_e10,
            amount: row.distributed_amount,
        };
        let money = distributions::money(&row, work.currency);
        (row.id.0, StoredDeal { version: row.version, money, totals })
    }));
    Ok(())
}

/// Returns the distribution that an input makes of a deal, and adds it to the sums of the deal.
fn planned(
    default_currency: Currency,
    deal: Option<Reference>,
    plan: &mut Plan,
    input: &mut Input,
) -> Judged<PlannedDistribution> {
    let sums = deal.and_then(|deal| sums_of(plan, deal));
    if sums.is_none() && deal.is_some() {
        names::refuse_unlinked(input, "deal", "deals");
    }
    let money = sums.as_ref().map(|(money, _)| *money);
    let (terms, amounts) = distributions::new_terms(money.as_ref(), input)?;
    let (Some(deal), Some((money, totals))) = (deal, sums) else {
        return Err(Failure::not_found());
    };
    let part = DealPart { percent: terms.percent, amount: amounts.amount };
    let after = totals.with(part).and_then(|after| {
        after.undistributed(money.value)?;
        Ok(after)
    });
    *totals = judged(input, after.map_err(|fault| vec![fault]))?;
    let written = WrittenRevenueDistribution {
        deal_id: DealId(0),
        start_on: terms.range.start(),
        end_on: terms.range.end(),
        amount_percent_e10: terms.percent.units(),
        amount: amounts.amount,
        amount_default: amounts.amount_default,
        currency: money.currency,
        currency_default: default_currency,
    };
    let position = plan.distributions.len();
    let external_id = plan.note_external("revenue_distributions", position, input);
    Ok(PlannedDistribution { external_id, deal, written })
}

/// Returns the figures of a deal and the sums of its distributions, if it exists.
fn sums_of(plan: &mut Plan, deal: Reference) -> Option<(DealMoney, &mut DealTotals)> {
    match deal {
        Reference::Stored(id) => {
            plan.stored.deals.get_mut(&id).map(|deal| (deal.money, &mut deal.totals))
        }
        Reference::Planned(at) => plan.deals.get_mut(at).map(|deal| (deal.money, &mut deal.totals)),
    }
}
