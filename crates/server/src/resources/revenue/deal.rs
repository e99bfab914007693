//! The type `deals`. A change of the value, the currency or the exchange rate of a deal recomputes
//! the amounts of its distributions; a change of its status leaves them as they are. Not here: the
//! rules for a deal (`apportion-core`).

use apportion_core::currency::Currency;
use apportion_core::deal::{DealDraft, DealStatus, DealTerms};
use apportion_core::deal_totals::{DealTotals, RecomputedDeal};
use apportion_core::decimal::{Percent, Rate};
use apportion_core::fault::Fault;
use apportion_core::id::DealId;
use apportion_jsonapi::{Bounds, Decimals, Declaration, Input, Relationship, Scalar};
use apportion_store::deal::{self, DealRow, Sums, WrittenDeal};
use apportion_store::revenue_distribution::{self, DistributedPercent, Rewritten};
use apportion_store::{self as store, Tenant};

use crate::catalog::attributes::{
    PERCENT, RATE, date, decimal, external_id, instant, integer, organization, text, word,
};
use crate::catalog::draft::draft;
use crate::catalog::{Resource, Work, Writes};
use crate::failure::{Failure, Result, judged};

pub(crate) fn resource() -> Resource<DealRow> {
    let declaration =
        own_attributes(Declaration::new("deals", (|row: &DealRow| row.id.0, deal::ID), |row| {
            row.version
        }))
        .attribute(integer("value_default").field(deal::VALUE_DEFAULT), |row| {
            Scalar::Integer(row.value_default)
        })
        .attribute(
            decimal("distributed_percent", PERCENT).field(deal::DISTRIBUTED_PERCENT),
            |row| Scalar::Decimal { units: row.distributed_percent_e10, scale: Percent::SCALE },
        )
        .attribute(integer("distributed_amount").field(deal::DISTRIBUTED_AMOUNT), |row| {
            Scalar::Integer(row.distributed_amount)
        })
        .attribute(integer("undistributed_amount").field(deal::UNDISTRIBUTED_AMOUNT), |row| {
            Scalar::Integer(row.undistributed_amount)
        })
        .attribute(external_id(deal::EXTERNAL_ID), |row| row.external_id.as_deref().into())
        .attribute(instant("created_at").field(deal::CREATED_AT), |row| {
            Scalar::Instant(row.created_at)
        })
        .attribute(instant("updated_at").field(deal::UPDATED_AT), |row| {
            Scalar::Instant(row.updated_at)
        })
        .to_one(organization(deal::ORGANIZATION_ID), |row| Some(row.organization_id.0))
        .to_one(Relationship::to_one("creator", "people").field(deal::CREATOR_ID), |row| {
            row.creator_id.map(|id| id.0)
        })
        .to_many(Relationship::to_many(
            "revenue_distributions",
            "revenue_distributions",
            revenue_distribution::DEAL_ID,
        ));
    Resource {
        declaration: amounts(declaration),
        writes: Some(Writes { lock, create, update, delete }),
    }
}

/// Declares which attributes of a deal are amounts.
fn amounts(declaration: Declaration<DealRow, store::Field>) -> Declaration<DealRow, store::Field> {
    let own = ["value", "distributed_amount", "undistributed_amount"];
    declaration
        .amounts(&own, Decimals::Own(|row| row.currency.decimals()))
        .amounts(&["value_default"], Decimals::Common)
}

/// Declares the attributes of a deal that clients can write.
fn own_attributes(
    declaration: Declaration<DealRow, store::Field>,
) -> Declaration<DealRow, store::Field> {
    declaration
        .writable()
        .attribute(text("name").required().field(deal::NAME), |row| Scalar::Text(&row.name))
        .attribute(
            text("currency")
                .bounded(Bounds::Pattern("^[A-Z]{3}$"))
                .writable()
                .field(deal::CURRENCY),
            |row| Scalar::Text(row.currency.code()),
        )
        .attribute(integer("value").writable().field(deal::VALUE), |row| Scalar::Integer(row.value))
        .attribute(
            decimal("exchange_rate", RATE)
                .bounded(Bounds::Positive { digits: 6, decimals: 12 })
                .nullable()
                .writable()
                .field(deal::EXCHANGE_RATE),
            exchange_rate,
        )
        .attribute(date("exchange_date").nullable().writable().field(deal::EXCHANGE_DATE), |row| {
            row.exchange_date.into()
        })
        .attribute(
            integer("probability")
                .bounded(Bounds::Between(0, 100))
                .writable()
                .field(deal::PROBABILITY),
            |row| Scalar::Integer(row.probability),
        )
        .attribute(word("status", DealStatus::NAMES).writable().field(deal::STATUS), |row| {
            Scalar::Text(row.status.name())
        })
        .attribute(date("date").nullable().writable().field(deal::DATE), |row| row.date.into())
        .attribute(date("end_date").nullable().writable().field(deal::END_DATE), |row| {
            row.end_date.into()
        })
}

fn exchange_rate(row: &DealRow) -> Scalar<'_> {
    let rate = |units| Scalar::Decimal { units, scale: Rate::SCALE };
    row.exchange_rate_e12.map_or(Scalar::Null, rate)
}

draft! {
    DealDraft of row: &DealRow;
    WrittenDeal of terms: &DealTerms;
    {
        name: Some(row.name.clone()) => name: terms.name.clone(),
        currency: Some(row.currency.code().to_owned()) => currency: terms.currency,
        value: Some(row.value) => value: terms.value,
        exchange_rate: row.exchange_rate_e12
            => exchange_rate_e12: terms.exchange_rate.map(Rate::units),
        exchange_date: row.exchange_date => exchange_date: terms.exchange_date,
        date: row.date => date: terms.date,
        end_date: row.end_date => end_date: terms.end_date,
        probability: Some(row.probability) => probability: terms.probability,
        status: Some(row.status.name().to_owned()) => status: terms.status,
    }
    written { value_default: terms.value_default }
}

fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<DealRow>> {
    deal::lock(tenant, DealId(id))
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let new = new_row(work.currency, input)?;
    Ok(deal::insert(&mut work.tenant, &new, work.now)?.0)
}

/// Returns the columns of a new deal of an organization with this currency, or refuses the input.
pub(crate) fn new_row(currency: Currency, input: &mut Input) -> Result<WrittenDeal> {
    let mut draft = DealDraft::default();
    read(input, &mut draft);
    Ok(written(&judged(input, draft.check(currency))?))
}

fn update(work: &mut Work<'_>, row: &DealRow, input: &mut Input) -> Result<()> {
    let mut draft = draft(row);
    read(input, &mut draft);
    // A deal in the tenant's currency needs no rate, so the old rate is removed unless the request
    // states one.
    let returns = draft.currency.as_deref() == Some(work.currency.code());
    if returns && !input.gives("exchange_rate") {
        draft.exchange_rate = None;
    }
    let terms = judged(input, draft.check(work.currency))?;
    let written = written(&terms);
    let sums = if changes_money(row, &written) {
        rewrite(work, row, &terms, input)?
    } else {
        Sums {
            distributed_percent_e10: row.distributed_percent_e10,
            distributed_amount: row.distributed_amount,
            undistributed_amount: row.undistributed_amount,
        }
    };
    Ok(deal::update(&mut work.tenant, row.id, &written, sums, work.now)?)
}

fn delete(work: &mut Work<'_>, row: &DealRow) -> Result<()> {
    deal::delete(&mut work.tenant, row.id, work.now).map_err(Failure::from)
}

fn changes_money(row: &DealRow, written: &WrittenDeal) -> bool {
    row.value != written.value
        || row.currency != written.currency
        || row.exchange_rate_e12 != written.exchange_rate_e12
}

/// Updates the distributions of a deal to the amounts that follow from its new terms, and returns
/// the new sums of the deal.
fn rewrite(
    work: &mut Work<'_>,
    row: &DealRow,
    terms: &DealTerms,
    input: &mut Input,
) -> Result<Sums> {
    let rows = revenue_distribution::percents_of_deal(&mut work.tenant, row.id)?;
    let changed = redistribute(&rows, terms, work.currency);
    let (changed, undistributed_amount) = judged(input, changed.map_err(|fault| vec![fault]))?;
    let rewritten: Vec<Rewritten> = rows
        .iter()
        .zip(&changed.amounts)
        .map(|(row, amounts)| Rewritten {
            id: row.id,
            amount: amounts.amount,
            amount_default: amounts.amount_default,
        })
        .collect();
    revenue_distribution::rewrite(&mut work.tenant, terms.currency, &rewritten, work.now)?;
    Ok(Sums {
        distributed_percent_e10: changed.totals.percent_units,
        distributed_amount: changed.totals.amount,
        undistributed_amount,
    })
}

fn redistribute(
    rows: &[DistributedPercent],
    terms: &DealTerms,
    currency: Currency,
) -> Result<(RecomputedDeal, i64), Fault> {
    let percents: Vec<Percent> =
        rows.iter().filter_map(|row| Percent::from_units(row.amount_percent_e10).ok()).collect();
    let changed = DealTotals::recompute(&terms.money(currency), &percents)?;
    let left = changed.totals.undistributed(terms.value)?;
    Ok((changed, left))
}
