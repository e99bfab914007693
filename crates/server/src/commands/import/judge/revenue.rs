//! The judging of deals and revenue distributions.

use std::collections::BTreeSet;

use apportion_core::currency::Currency;
use apportion_core::deal::DealMoney;
use apportion_core::deal_totals::{DealPart, DealTotals};
use apportion_core::decimal::Rate;
use apportion_core::id::DealId;
use apportion_core::units::Units;
use apportion_jsonapi::Input;
use apportion_store::deal::{self, DealRow, WrittenDeal};
use apportion_store::revenue_distribution::WrittenRevenueDistribution;
use apportion_store::{self as store};

use super::super::ImportError;
use super::super::names::{self, Names, Reference};
use super::super::plan::{Plan, PlannedDeal, PlannedDistribution, StoredDeal};
use super::Judge;
use crate::catalog::Work;
use crate::failure::{Result as Judged, judged};
use crate::resources::revenue::{deal as deals, revenue_distribution as distributions};

impl Judge<'_> {
    pub(super) fn deals(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        for row in &self.sheet.rows {
            let mut input = row.input.clone();
            let currency = stated_currency(&input, work.currency);
            self.give_amounts(work, row, currency.map(Units::Currency).as_ref(), &mut input);
            let judged = deals::new_row(work.currency, &mut input);
            let Some(written) = self.accept(row, judged)? else { continue };
            plan.deal_names.note(&written.name, plan.deals.len());
            let money = money(&written, work.currency);
            plan.deals.push(PlannedDeal { written, money, totals: DealTotals::default() });
        }
        Ok(())
    }

    pub(super) fn distributions(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        let rows = &self.sheet.rows;
        let names = Names::find(&mut work.tenant, "deal", &names::DEALS, rows)?;
        let mut inputs: Vec<Input> = rows.iter().map(|row| row.input.clone()).collect();
        let references: Vec<Option<Reference>> = rows
            .iter()
            .zip(&mut inputs)
            .map(|(row, input)| names.reference(row, &plan.deal_names, input))
            .collect();
        load_deals(work, &references, plan)?;
        for ((row, mut input), deal) in rows.iter().zip(inputs).zip(references) {
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
    let ids: BTreeSet<i64> = references
        .iter()
        .filter_map(|reference| match reference {
            Some(Reference::Stored(id)) => Some(*id),
            _ => None,
        })
        .filter(|id| !plan.stored.deals.contains_key(id))
        .collect();
    let ids: Vec<i64> = ids.into_iter().collect();
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
        return Err(crate::failure::Failure::not_found());
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
    Ok(PlannedDistribution { deal, written })
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
