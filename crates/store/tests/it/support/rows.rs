//! Rows as the store writes and reads them. The types of rows are named here and nowhere else in
//! this suite: the cases speak of ids, names and amounts.

use apportion_core::calendar::DateRange;
use apportion_core::distributor::RevenueScope;
use apportion_core::id::{DealId, RevenueDistributionId};
use apportion_store::deal::{self, DealRow, Summed, Sums, WrittenDeal};
use apportion_store::distribution::{self, NewDistribution};
use apportion_store::distributor::{self, DistributorRow, WrittenDistributor};
use apportion_store::organization::{self, NewOrganization};
use apportion_store::person::{self, WrittenPerson};
use apportion_store::revenue_distribution::WrittenRevenueDistribution;
use apportion_store::revenue_distribution::{self, RevenueDistributionRow};
use apportion_store::token::NewToken;
use apportion_store::{
    Criteria, ExternalId, OrganizationId, PersonId, Result, Scope, Session, Tenant,
};
use apportion_store::{Field, Order, event, idempotency, load, load_by, load_keyed};
use chrono::{NaiveDate, NaiveDateTime};

use super::instant;

/// Inserts a tenant in EUR.
pub fn insert_organization(session: &mut Session, name: &str) -> Scope {
    let new = NewOrganization {
        name: name.to_owned(),
        currency: "EUR".parse().unwrap(),
        time_zone: "UTC".to_owned(),
    };
    Scope::of(organization::insert(session, &new, instant(0)).unwrap())
}

/// Returns the name of the tenant, as the tenant reads it.
pub fn organization_name(tenant: &mut Tenant<'_>) -> Option<String> {
    organization::find(tenant).unwrap().map(|row| row.name)
}

/// Inserts a person.
pub fn insert_person(tenant: &mut Tenant<'_>, first_name: &str) -> Result<i64> {
    let content = WrittenPerson {
        first_name: first_name.to_owned(),
        last_name: "Person".to_owned(),
        email: None,
    };
    Ok(person::insert(tenant, &content, instant(0))?.0)
}

/// Returns a token of a tenant, to be inserted.
pub fn new_token(organization: OrganizationId, person: Option<i64>, hash: u8) -> NewToken {
    NewToken {
        organization,
        person: person.map(PersonId),
        hash: [hash; 32],
        scope: "write",
        label: Some(format!("token {hash}")),
        expires_at: None,
        replaces: None,
    }
}

/// The values that a deal is inserted with. The other columns follow from them or are fixed.
#[derive(Clone, Debug)]
pub struct DealValues {
    pub name: String,
    pub currency: &'static str,
    pub status: &'static str,
    pub value: i64,
    pub exchange_rate: Option<i64>,
    pub date: Option<NaiveDate>,
    pub end_date: Option<NaiveDate>,
}

impl Default for DealValues {
    fn default() -> Self {
        Self {
            name: String::new(),
            currency: "EUR",
            status: "won",
            value: 0,
            exchange_rate: None,
            date: None,
            end_date: None,
        }
    }
}

impl DealValues {
    fn content(&self) -> WrittenDeal {
        WrittenDeal {
            name: self.name.clone(),
            currency: self.currency.parse().unwrap(),
            value: self.value,
            exchange_rate_e12: self.exchange_rate,
            exchange_date: None,
            probability: 50,
            status: self.status.parse().unwrap(),
            date: self.date,
            end_date: self.end_date,
            value_default: self.value,
        }
    }
}

/// Inserts a deal at an instant.
pub fn insert_deal_at(
    tenant: &mut Tenant<'_>,
    values: &DealValues,
    now: NaiveDateTime,
) -> Result<i64> {
    Ok(deal::insert(tenant, &values.content(), now)?.0)
}

/// Inserts a deal of that name.
pub fn insert_deal(tenant: &mut Tenant<'_>, name: &str) -> Result<i64> {
    let values = DealValues { name: name.to_owned(), ..DealValues::default() };
    insert_deal_at(tenant, &values, instant(0))
}

/// Inserts deals of these names together; returns their ids.
pub fn insert_deals(tenant: &mut Tenant<'_>, names: &[&str]) -> Result<Vec<i64>> {
    let row = |name: &&str| {
        let values = DealValues { name: (*name).to_owned(), ..DealValues::default() };
        (values.content(), NO_SUMS)
    };
    let rows: Vec<_> = names.iter().map(|name| (row(name), ExternalId::default())).collect();
    deal::insert_many(tenant, &rows, instant(0))
}

/// Raises the versions of deals that are locked together, and sets what they distribute.
pub fn raise_deals(tenant: &mut Tenant<'_>, deals: &[(i64, i64)], amount: i64) -> Result<()> {
    let sums = Sums { distributed_amount: amount, ..NO_SUMS };
    let raised = |(id, version): &(i64, i64)| Summed { id: DealId(*id), version: *version, sums };
    let raised: Vec<Summed> = deals.iter().map(raised).collect();
    deal::update_sums_of_many(tenant, &raised, instant(0))
}

/// Locks a deal until the end of the transaction. Returns its name if there is such a deal.
pub fn lock_deal(tenant: &mut Tenant<'_>, id: i64) -> Result<Option<String>> {
    Ok(deal::lock(tenant, DealId(id))?.map(|row| row.name))
}

/// Updates the name of a deal, which raises its version.
pub fn rename_deal(tenant: &mut Tenant<'_>, id: i64, name: &str) -> Result<()> {
    let values = DealValues { name: name.to_owned(), ..DealValues::default() };
    deal::update(tenant, DealId(id), &values.content(), NO_SUMS, instant(0))
}

/// Sets the status of a deal, and its other values to the usual ones.
pub fn set_status(tenant: &mut Tenant<'_>, id: i64, status: &'static str) -> Result<()> {
    let values = DealValues { status, ..DealValues::default() };
    deal::update(tenant, DealId(id), &values.content(), NO_SUMS, instant(0))
}

/// Raises the version of a deal, as everybody does who writes one of its distributions.
pub fn raise_deal(tenant: &mut Tenant<'_>, id: i64) -> Result<()> {
    deal::update_sums(tenant, DealId(id), NO_SUMS, instant(0))
}

const NO_SUMS: Sums =
    Sums { distributed_percent_e10: 0, distributed_amount: 0, undistributed_amount: 0 };

/// Deletes a deal without distributions.
pub fn delete_deal(tenant: &mut Tenant<'_>, id: i64) -> Result<()> {
    deal::delete(tenant, DealId(id), instant(0))
}

/// Returns the names of all deals of the tenant, in the order of their ids.
pub fn deal_names(tenant: &mut Tenant<'_>) -> Result<Vec<String>> {
    let criteria = Criteria { order: vec![ascending(deal::ID)], limit: 10_000, ..blank() };
    Ok(load::<DealRow>(tenant, &criteria)?.rows.into_iter().map(|row| row.name).collect())
}

/// Returns the names of those of these deals that are the tenant's.
pub fn deal_names_by(tenant: &mut Tenant<'_>, ids: &[i64]) -> Result<Vec<String>> {
    let found = load_by::<DealRow>(tenant, deal::ID, ids, ids.len())?;
    Ok(found.into_iter().map(|row| row.name).collect())
}

/// Returns how many deals the tenant has, as a list of them shows it.
pub fn deal_total(tenant: &mut Tenant<'_>) -> Result<i64> {
    let criteria = Criteria { order: vec![ascending(deal::ID)], limit: 1, ..blank() };
    Ok(load::<DealRow>(tenant, &criteria)?.total)
}

/// Inserts a distribution of a deal over the first day of 2025.
pub fn insert_distribution(tenant: &mut Tenant<'_>, deal: i64, amount: i64) -> Result<i64> {
    let start_on = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    insert_distribution_from(tenant, deal, (start_on, amount), instant(0))
}

/// Inserts a distribution of a deal over one day.
pub fn insert_distribution_from(
    tenant: &mut Tenant<'_>,
    deal: i64,
    (start_on, amount): (NaiveDate, i64),
    now: NaiveDateTime,
) -> Result<i64> {
    let content = distribution_content(deal, start_on, amount);
    Ok(revenue_distribution::insert(tenant, &content, now)?.0)
}

/// The days and amounts of a distribution, in the currency of its deal and in EUR.
#[derive(Clone, Copy)]
pub struct Slices {
    pub days: DateRange,
    pub amount: i64,
    pub amount_default: i64,
    pub currency: &'static str,
}

/// Inserts a distribution of a deal over some days.
pub fn insert_slices(tenant: &mut Tenant<'_>, deal: i64, slices: &Slices) {
    let content = WrittenRevenueDistribution {
        end_on: slices.days.end(),
        amount_default: slices.amount_default,
        currency: slices.currency.parse().unwrap(),
        ..distribution_content(deal, slices.days.start(), slices.amount)
    };
    revenue_distribution::insert(tenant, &content, instant(0)).unwrap();
}

/// Updates the amount of a distribution of a deal.
pub fn set_amount(tenant: &mut Tenant<'_>, id: i64, deal: i64, amount: i64) -> Result<()> {
    let start_on = NaiveDate::from_ymd_opt(2025, 1, 1).unwrap();
    let content = distribution_content(deal, start_on, amount);
    revenue_distribution::update(tenant, RevenueDistributionId(id), &content, instant(0))
}

/// Deletes a distribution.
pub fn delete_distribution(tenant: &mut Tenant<'_>, id: i64) -> Result<()> {
    revenue_distribution::delete(tenant, RevenueDistributionId(id), instant(0))
}

fn distribution_content(deal: i64, start_on: NaiveDate, amount: i64) -> WrittenRevenueDistribution {
    WrittenRevenueDistribution {
        deal_id: DealId(deal),
        start_on,
        end_on: start_on,
        amount_percent_e10: 1,
        amount,
        amount_default: amount,
        currency: "EUR".parse().unwrap(),
        currency_default: "EUR".parse().unwrap(),
    }
}

/// The values that a distributor is inserted with; `triggered_at` makes an open distribution too.
#[derive(Clone, Debug, Default)]
pub struct DistributorValues {
    pub name: String,
    pub description: Option<String>,
    pub pool_amount: Option<i64>,
    pub requires_approval: bool,
    pub names_deals: bool,
    pub triggered_at: Option<NaiveDateTime>,
}

/// Inserts a distributor, and an open distribution of it. Returns their ids.
pub fn insert_distributor(
    tenant: &mut Tenant<'_>,
    values: &DistributorValues,
) -> (i64, Option<i64>) {
    let content = WrittenDistributor {
        name: values.name.clone(),
        description: values.description.clone(),
        units: "EUR".to_owned(),
        status: "active".parse().unwrap(),
        pool_resolver: "fixed_amount".parse().unwrap(),
        distribution_resolver: "evenly_shared_pool".parse().unwrap(),
        pool_amount: values.pool_amount,
        revenue_percentage_e10: None,
        minimum_value: None,
        revenue_scope: if values.names_deals { RevenueScope::Deals } else { RevenueScope::All },
        requires_approval: values.requires_approval,
        carry_over: false,
        schedule: "[]".to_owned(),
        anchor_at: instant(0),
        starts_on: None,
        time_zone: "UTC".to_owned(),
        metric_types: "[]".to_owned(),
    };
    let id = distributor::insert(tenant, &content, instant(0)).unwrap();
    let open = values.triggered_at.map(|trigger_date| {
        let content = NewDistribution {
            distributor_id: id,
            status: "pending".parse().unwrap(),
            value: 0,
            units: "EUR".to_owned(),
            opened_at: instant(0),
            period_from: instant(0).date(),
            trigger_date,
            carried: 0,
        };
        distribution::insert(tenant, &content, instant(0)).unwrap().0
    });
    (id.0, open)
}

/// Names deals whose revenue counts for a distributor.
pub fn name_deals(tenant: &mut Tenant<'_>, distributor: i64, deals: &[i64]) {
    distributor::DEALS.add(tenant, distributor, deals).unwrap();
}

/// Returns how many events the tenant has, as the store counts them.
pub fn event_count(tenant: &mut Tenant<'_>) -> i64 {
    event::count(tenant).unwrap()
}

/// Reads a page of a table: the ids of its rows, and how many rows there are on all pages.
pub type List = fn(&mut Tenant<'_>, &Criteria) -> (Vec<i64>, i64);
/// Reads rows of a table: their ids, each with the keys of the row in the order of the list.
pub type ListKeyed = fn(&mut Tenant<'_>, &Criteria) -> Vec<(i64, String)>;

macro_rules! lists {
    ($($list:ident, $keyed:ident of $row:ty, by $id:expr;)*) => {$(
        pub fn $list(tenant: &mut Tenant<'_>, criteria: &Criteria) -> (Vec<i64>, i64) {
            let loaded = load::<$row>(tenant, criteria).unwrap();
            (loaded.rows.iter().map($id).collect(), loaded.total)
        }

        pub fn $keyed(tenant: &mut Tenant<'_>, criteria: &Criteria) -> Vec<(i64, String)> {
            let found = load_keyed::<$row>(tenant, criteria).unwrap();
            found.iter().map(|(row, keys)| ($id(row), keys.clone())).collect()
        }
    )*};
}

lists! {
    list_deals, list_deals_keyed of DealRow, by |row: &DealRow| row.id.0;
    list_distributors, list_distributors_keyed of DistributorRow,
        by |row: &DistributorRow| row.stored.id.0;
    list_distributions, list_distributions_keyed of RevenueDistributionRow,
        by |row: &RevenueDistributionRow| row.id.0;
}

fn ascending(field: Field) -> Order {
    Order { field, descending: false, reversed: false }
}

fn blank() -> Criteria {
    Criteria::default()
}

/// A request that carries an idempotency key.
pub fn keyed_request(key: &str, hash: u8) -> idempotency::Request {
    idempotency::Request {
        method: "POST".to_owned(),
        path: "/deals".to_owned(),
        key: key.to_owned(),
        hash: [hash; 32],
        is_clock_sound: true,
    }
}
