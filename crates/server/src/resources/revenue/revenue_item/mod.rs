//! The type `revenue_items`: the days of every distribution. Items are computed from the tenant's
//! ledger and never stored. The id of an item consists of its distribution and its day; inside the
//! server, both are packed into one number. Lists leave out the items of lost deals, as reports do,
//! unless a filter names the status; an item is shown by its id, whatever its deal.

mod order;
mod rows;
mod selection;

use std::sync::Arc;

use apportion_core::calendar::FIRST_DAY;
use apportion_core::deal::DealStatus;
use apportion_core::report::Entry;
use apportion_core::revenue_item::RevenueItemId;
use apportion_core::revenue_item_page::ItemPage;
use apportion_jsonapi::document::WalkPage;
use apportion_jsonapi::query::Walk;
use apportion_jsonapi::resource::{FilterKey, Ids, Relationship, ResourceType, SortKey, Takes};
use apportion_jsonapi::{Attribute, Kind};
use apportion_store::{self as store, Criteria, Field, FieldKind, Ledger, Tenant};
use chrono::NaiveDate;

use self::order::Listed;
use self::rows::{Item, ItemRows};
use self::selection::Selection;
use crate::catalog::{BoxedRows, CursorPage, OwnedRows, Page, Served};
use crate::failure::{Failure, Result};
use crate::revenue::report_row::{
    CURRENCY, DATE, DEAL_ID, ORGANIZATION_ID, REVENUE_DISTRIBUTION_ID, STATUS,
};

const ID: Field = Field::computed("revenue_items.id", FieldKind::Integer, false);
/// The number of bits of the day in a packed id. They suffice for every day of the calendar.
const DAY_BITS: u32 = 17;

/// The type `revenue_items`.
pub(crate) struct RevenueItems(ResourceType<Field>);

impl RevenueItems {
    pub(crate) fn new() -> Self {
        let integer = |name| Attribute::new(name, Kind::Integer);
        let filter = |name: &str, kind, field| FilterKey {
            name: name.to_owned(),
            kind,
            nullable: false,
            takes: Takes::All,
            field,
        };
        let sort = |name: &str, field| SortKey { name: name.to_owned(), field };
        Self(ResourceType {
            name: "revenue_items",
            id: ID,
            ids: Ids { decimal: false, read: read_id, write: |id| unpacked(id).to_string() },
            attributes: vec![
                Attribute::new("date", Kind::Date),
                integer("amount"),
                integer("amount_default"),
                integer("projected_amount"),
                integer("projected_amount_default"),
                Attribute::new("currency", Kind::Text),
                Attribute::new("currency_default", Kind::Text),
                Attribute::new("recognized", Kind::Boolean),
                Attribute::new("explanation", Kind::ANY_JSON).on_request(),
            ],
            relationships: vec![
                Relationship::to_one("revenue_distribution", "revenue_distributions"),
                Relationship::to_one("deal", "deals"),
            ],
            filters: vec![
                filter("date", Kind::Date, DATE),
                filter("deal_id", Kind::Id, DEAL_ID),
                filter("revenue_distribution_id", Kind::Id, REVENUE_DISTRIBUTION_ID),
                filter("currency", Kind::Text, CURRENCY),
                filter("status", Kind::Enumeration(DealStatus::NAMES), STATUS),
                filter("organization_id", Kind::Id, ORGANIZATION_ID),
            ],
            sorts: vec![
                sort("date", DATE),
                sort("deal_id", DEAL_ID),
                sort("revenue_distribution_id", REVENUE_DISTRIBUTION_ID),
                sort("organization_id", ORGANIZATION_ID),
            ],
            writable: false,
            append_only: false,
            hidden_rows: None,
            restricted: false,
            addressed: true,
        })
    }

    fn rows(tenant: &mut Tenant<'_>, items: Vec<Item>) -> Result<BoxedRows<'static>> {
        let organization = store::organization::find(tenant)?;
        let organization = organization.ok_or_else(Failure::not_found)?;
        Ok(Box::new(ItemRows::new(items, &organization, crate::clock::now())))
    }
}

/// Returns the packed id of an item, or `None` if it does not fit 64 bits.
fn packed(revenue_distribution: i64, date: NaiveDate) -> Option<i64> {
    let day = date.to_epoch_days().checked_sub(FIRST_DAY.to_epoch_days())?;
    let day = i64::from(day).checked_rem_euclid(1 << DAY_BITS)?;
    revenue_distribution.checked_mul(1 << DAY_BITS)?.checked_add(day)
}

fn unpacked(id: i64) -> RevenueItemId {
    let day = id.checked_rem_euclid(1 << DAY_BITS).and_then(|day| i32::try_from(day).ok());
    let day = day.unwrap_or(0).saturating_add(FIRST_DAY.to_epoch_days());
    RevenueItemId {
        revenue_distribution: id.checked_div_euclid(1 << DAY_BITS).unwrap_or(0),
        date: NaiveDate::from_epoch_days(day).unwrap_or(FIRST_DAY),
    }
}

fn read_id(text: &str) -> Option<i64> {
    let id: RevenueItemId = text.parse().ok()?;
    packed(id.revenue_distribution, id.date)
}

/// Returns the items on a page of a list.
fn items(ledger: &Ledger, listed: &Listed, page: &ItemPage) -> Vec<Item> {
    let places = listed.places(page).into_iter();
    let item = |(deal, revenue_distribution, day)| {
        let entry = ledger.entry(deal, revenue_distribution)?;
        Some(Item { entry, date: NaiveDate::from_epoch_days(day)? })
    };
    places.filter_map(item).collect()
}

/// Returns the items of a distribution, one for each of its days.
fn items_of(entry: Entry) -> impl Iterator<Item = Item> {
    let days = entry.days.first()..=entry.days.last();
    days.filter_map(NaiveDate::from_epoch_days).map(move |date| Item { entry, date })
}

impl Served for RevenueItems {
    fn resource(&self) -> &ResourceType<Field> {
        &self.0
    }

    fn load<'r>(&'r self, tenant: &mut Tenant<'_>, criteria: &Criteria) -> Result<Page<'r>> {
        let selection = Selection::new(criteria.filter.as_ref());
        let ledger: Arc<Ledger> = store::ledger(tenant)?;
        let listed = Listed::new(&ledger, &selection, &criteria.order);
        let total = i64::try_from(listed.count()).unwrap_or(i64::MAX);
        let offset = u64::try_from(criteria.offset).unwrap_or(0);
        let limit = usize::try_from(criteria.limit).unwrap_or(0);
        let found = items(&ledger, &listed, &listed.page(offset, limit));
        Ok(Page { rows: Self::rows(tenant, found)?, total })
    }

    fn walk<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        criteria: &Criteria,
        walk: &Walk,
    ) -> Result<Option<CursorPage<'r>>> {
        let from = match &walk.from {
            Some(cursor) => match order::read_keys(&cursor.keys) {
                Some(keys) => Some(keys),
                None => return Ok(None),
            },
            None => None,
        };
        let selection = Selection::new(criteria.filter.as_ref());
        let ledger: Arc<Ledger> = store::ledger(tenant)?;
        let listed = Listed::new(&ledger, &selection, &criteria.order);
        let (total, size) = (listed.count(), u64::try_from(walk.size).unwrap_or(0));
        let (offset, end) = match (from, walk.backwards) {
            (Some(keys), false) => (listed.rank(keys, true), total),
            (Some(keys), true) => (0, listed.rank(keys, false)),
            (None, _) => (0, total),
        };
        let between = end.saturating_sub(offset);
        let taken = between.min(size);
        let offset = if walk.backwards { end.saturating_sub(taken) } else { offset };
        let taken = usize::try_from(taken).unwrap_or(0);
        let found = items(&ledger, &listed, &listed.page(offset, taken));
        let keys = found.iter().map(Item::keys).collect();
        let page = WalkPage { keys, more: between > size };
        Ok(Some(CursorPage { rows: Self::rows(tenant, found)?, page }))
    }

    fn load_by<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        field: Field,
        ids: &[i64],
        limit: usize,
    ) -> Result<BoxedRows<'r>> {
        if field != ID {
            return Ok(self.load_held(tenant, field, ids, limit)?.rows);
        }
        let ledger: Arc<Ledger> = store::ledger(tenant)?;
        let item = |id: &i64| {
            let RevenueItemId { revenue_distribution, date } = unpacked(*id);
            let entry = ledger.find(revenue_distribution)?;
            let day = date.to_epoch_days();
            let covers = (entry.days.first()..=entry.days.last()).contains(&day);
            covers.then_some(Item { entry, date })
        };
        let found = ids.iter().filter_map(item).take(limit).collect();
        Self::rows(tenant, found)
    }

    fn load_held<'r>(
        &'r self,
        tenant: &mut Tenant<'_>,
        _: Field,
        owners: &[i64],
        limit: usize,
    ) -> Result<OwnedRows<'r>> {
        let ledger: Arc<Ledger> = store::ledger(tenant)?;
        let entries = owners.iter().filter_map(|owner| ledger.find(*owner));
        // As in the list of a distribution's items, where no filter names the status.
        let entries = entries.filter(|entry| !entry.status.is_left_out());
        let found: Vec<Item> = entries.flat_map(items_of).take(limit).collect();
        let owners = found.iter().map(|item| item.entry.revenue_distribution).collect();
        Ok(OwnedRows { owners, rows: Self::rows(tenant, found)? })
    }
}
