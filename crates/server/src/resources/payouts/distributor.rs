//! The type `distributors`. A change of the status, the schedule or the time zone opens,
//! reschedules or cancels the open distribution in the same transaction (`payouts::opening`).

use apportion_core::decimal::Percent;
use apportion_core::distributor::{
    DistributorDraft, DistributorStatus, DistributorTerms, RevenueScope, may_start,
};
use apportion_core::id::DistributorId;
use apportion_core::resolver::{DistributionResolver, PoolResolver};
use apportion_core::schedule::{Schedule, Tz};
use apportion_core::units::Units;
use apportion_jsonapi::{
    Attribute, Bounds, Decimals, Declaration, Input, Kind, Linkage, Relationship, Scalar,
};
use apportion_store::distributor::{self, DistributorRow, StoredDistributor, WrittenDistributor};
use apportion_store::{
    self as store, Tenant, collaborator, deal, distribution, metric, obligation,
};
use chrono::NaiveDateTime;

use crate::catalog::attributes::{
    PERCENT, boolean, date, decimal, decimals, external_id, instant, integer, long_text,
    organization, text, word,
};
use crate::catalog::{Resource, Work, Writes};
use crate::engine;
use crate::failure::{Result, judged};
use crate::payouts::kept_json::{self, METRIC_TYPES, SCHEDULE};
use crate::payouts::opening::{self, Paying, Unpaid};
use crate::payouts::terms::{draft, home_zone, read, written};

pub(crate) fn resource() -> Resource<DistributorRow> {
    let declaration = own_attributes(Declaration::new(
        "distributors",
        (|row: &DistributorRow| row.stored.id.0, distributor::ID),
        |row| row.stored.version,
    ))
    .attribute(
        instant("next_trigger_date").nullable().field(distributor::NEXT_TRIGGER_DATE),
        |row| row.next_trigger_date.map_or(Scalar::Null, Scalar::Instant),
    )
    .attribute(external_id(distributor::EXTERNAL_ID), |row| {
        row.stored.external_id.as_deref().into()
    })
    .attribute(instant("created_at").field(distributor::CREATED_AT), |row| {
        Scalar::Instant(row.stored.created_at)
    })
    .attribute(instant("updated_at").field(distributor::UPDATED_AT), |row| {
        Scalar::Instant(row.stored.updated_at)
    })
    .attribute(
        integer("collaborator_count").on_request().field(distributor::COLLABORATOR_COUNT),
        |row| Scalar::Integer(row.stored.collaborator_count),
    )
    .attribute(
        integer("accumulated_value").on_request().field(distributor::ACCUMULATED_VALUE),
        |row| Scalar::Integer(row.stored.accumulated_value),
    )
    .to_one(organization(distributor::ORGANIZATION_ID), |row| Some(row.stored.organization_id.0))
    .to_one(
        Relationship::to_one("current_distribution", "distributions")
            .field(distributor::CURRENT_DISTRIBUTION_ID),
        |row| row.current_distribution_id.map(|id| id.0),
    )
    .to_many(
        Relationship::to_many("collaborators", "collaborators", collaborator::DISTRIBUTOR_ID)
            .writable(),
    )
    .to_many(Relationship::to_many("deals", "deals", deal::DISTRIBUTOR_ID).writable())
    .to_many(Relationship::to_many("distributions", "distributions", distribution::DISTRIBUTOR_ID))
    .to_many(Relationship::to_many("metrics", "metrics", metric::DISTRIBUTOR_ID))
    .hide_rows(distributor::STATUS, DistributorStatus::Deleted.name())
    .amounts(
        &["pool_amount", "minimum_value", "accumulated_value"],
        Decimals::Own(|row| decimals(&row.stored.units)),
    );
    Resource { declaration, writes: Some(Writes { lock, create, update, delete }) }
}

/// Declares the attributes of a distributor that clients can write.
fn own_attributes(
    declaration: Declaration<DistributorRow, store::Field>,
) -> Declaration<DistributorRow, store::Field> {
    conditions(amounts(identity(declaration.writable())))
}

/// Declares the attributes that say who pays, in which units, and by which rules.
fn identity(
    declaration: Declaration<DistributorRow, store::Field>,
) -> Declaration<DistributorRow, store::Field> {
    let units = text("units").bounded(Bounds::Pattern("^\\p{L}{1,32}$"));
    let status = word("status", DistributorStatus::NAMES);
    declaration
        .attribute(text("name").required().field(distributor::NAME), |row| {
            Scalar::Text(&row.stored.name)
        })
        .attribute(
            long_text("description").nullable().writable().field(distributor::DESCRIPTION),
            |row| row.stored.description.as_deref().into(),
        )
        .attribute(units.required().field(distributor::UNITS), |row| {
            Scalar::Text(&row.stored.units)
        })
        .attribute(
            status
                .bounded(Bounds::Pattern("^(active|inactive)$"))
                .writable()
                .field(distributor::STATUS),
            |row| Scalar::Text(row.stored.status.name()),
        )
        .attribute(
            word("pool_resolver", PoolResolver::NAMES).required().field(distributor::POOL_RESOLVER),
            |row| Scalar::Text(row.stored.pool_resolver.name()),
        )
        .attribute(
            word("distribution_resolver", DistributionResolver::NAMES)
                .required()
                .field(distributor::DISTRIBUTION_RESOLVER),
            |row| Scalar::Text(row.stored.distribution_resolver.name()),
        )
}

/// Declares the attributes that say what a distributor pays, as far as its resolvers use them.
fn amounts(
    declaration: Declaration<DistributorRow, store::Field>,
) -> Declaration<DistributorRow, store::Field> {
    let amount = |name| integer(name).bounded(Bounds::Between(0, i64::MAX)).nullable().writable();
    declaration
        .attribute(amount("pool_amount").field(distributor::POOL_AMOUNT), |row| {
            row.stored.pool_amount.map_or(Scalar::Null, Scalar::Integer)
        })
        .attribute(
            decimal("revenue_percentage", PERCENT)
                .bounded(Bounds::Percentage(10))
                .nullable()
                .writable()
                .field(distributor::REVENUE_PERCENTAGE),
            |row| {
                let percent = |units| Scalar::Decimal { units, scale: Percent::SCALE };
                row.stored.revenue_percentage_e10.map_or(Scalar::Null, percent)
            },
        )
        .attribute(amount("minimum_value").field(distributor::MINIMUM_VALUE), |row| {
            row.stored.minimum_value.map_or(Scalar::Null, Scalar::Integer)
        })
        .attribute(
            word("revenue_scope", RevenueScope::NAMES).writable().field(distributor::REVENUE_SCOPE),
            |row| Scalar::Text(row.stored.revenue_scope.name()),
        )
}

/// Declares the attributes that say how and when a distributor pays.
fn conditions(
    declaration: Declaration<DistributorRow, store::Field>,
) -> Declaration<DistributorRow, store::Field> {
    declaration
        .attribute(
            boolean("requires_approval").writable().field(distributor::REQUIRES_APPROVAL),
            |row| Scalar::Boolean(row.stored.requires_approval),
        )
        .attribute(boolean("carry_over").writable().field(distributor::CARRY_OVER), |row| {
            Scalar::Boolean(row.stored.carry_over)
        })
        .attribute(Attribute::new("schedule", Kind::Json(SCHEDULE)).writable(), |row| {
            Scalar::Json((&row.stored.schedule).into())
        })
        .attribute(date("starts_on").nullable().writable().field(distributor::STARTS_ON), |row| {
            row.stored.starts_on.into()
        })
        .attribute(text("time_zone").writable().field(distributor::TIME_ZONE), |row| {
            Scalar::Text(&row.stored.time_zone)
        })
        .attribute(Attribute::new("metric_types", Kind::Json(METRIC_TYPES)).writable(), |row| {
            Scalar::Json((&row.stored.metric_types).into())
        })
}

/// A distributor as it is to be written: its columns, terms and links.
struct Wanted {
    written: WrittenDistributor,
    terms: DistributorTerms,
    schedule: Schedule,
    collaborators: Option<Linkage>,
    deals: Option<Linkage>,
}

fn lock(tenant: &mut Tenant<'_>, id: i64) -> store::Result<Option<DistributorRow>> {
    distributor::lock(tenant, DistributorId(id))
}

fn create(work: &mut Work<'_>, input: &mut Input) -> Result<i64> {
    let wanted = accepted(work, input, None)?;
    let id = distributor::insert(&mut work.tenant, &wanted.written, work.now)?;
    link(work, id, &wanted)?;
    open(work, id, false, &wanted)?;
    Ok(id.0)
}

fn update(work: &mut Work<'_>, row: &DistributorRow, input: &mut Input) -> Result<()> {
    changeable(&row.stored, DistributorStatus::Active)?;
    let wanted = accepted(work, input, Some(&row.stored))?;
    let mut row = row.clone();
    let status = row.stored.status;
    if wanted.terms.status == DistributorStatus::Active {
        // One that is made active again first runs what it missed, by the terms that it had.
        row.stored.status = wanted.terms.status;
    }
    let mut row = engine::trigger_due(work, row)?;
    row.stored.status = status;
    let old = &row.stored;
    let zone = home_zone(work)?;
    let before = judged(input, draft(old).check(zone))?;
    let in_use = in_use(work, &row)?;
    wanted.terms.may_replace(&before, in_use)?;
    distributor::update(&mut work.tenant, old, &wanted.written, work.now)?;
    if old.revenue_scope != wanted.terms.revenue_scope {
        // One that counts all deals names none: what it named before is not to come back unseen.
        work.set_members(distributor::DEALS, old.id.0, Some(&Linkage::Many(Vec::new())))?;
    }
    link(work, old.id, &wanted)?;
    let moved = old.anchor_at != wanted.written.anchor_at
        || old.schedule != wanted.written.schedule
        || old.time_zone != wanted.written.time_zone;
    open(work, old.id, moved, &wanted)
}

/// Returns the terms of a new distributor, or refuses the input.
pub(crate) fn new_terms(work: &mut Work<'_>, input: &mut Input) -> Result<DistributorTerms> {
    Ok(accepted(work, input, None)?.terms)
}

/// Triggers the open distribution if it is due, refuses if the distributor still owes, and
/// otherwise cancels what is open and sets the status to `deleted`. The row stays visible.
fn delete(work: &mut Work<'_>, row: &DistributorRow) -> Result<()> {
    changeable(&row.stored, DistributorStatus::Deleted)?;
    let row = engine::trigger_due(work, row.clone())?;
    let unpaid = Unpaid::read(work, row.stored.id)?;
    let owes = obligation::any_open(&mut work.tenant, row.stored.id)?
        || distribution::any_processing(&mut work.tenant, row.stored.id)?;
    DistributorStatus::may_be_deleted(owes, unpaid.carried)?;
    if let Some(open) = row.current_distribution_id {
        opening::cancel(work, open)?;
    }
    let status = DistributorStatus::Deleted;
    Ok(distributor::set_status(&mut work.tenant, row.stored.id, status, work.now)?)
}

fn changeable(stored: &StoredDistributor, to: DistributorStatus) -> Result<()> {
    Ok(stored.status.may_become(to)?)
}

/// Returns whether the period has credits or a pool that was carried to it, or the distributor has
/// obligations that may still be allocated. The units and the resolvers cannot be changed then.
fn in_use(work: &mut Work<'_>, row: &DistributorRow) -> Result<bool> {
    let unpaid = Unpaid::read(work, row.stored.id)?;
    let is_owing = unpaid.has_credits || unpaid.carried != 0;
    Ok(is_owing || obligation::any_open(&mut work.tenant, row.stored.id)?)
}

/// Returns whether a change of the deals adds any.
fn adds_any(change: &Linkage) -> bool {
    matches!(change, Linkage::Many(ids) | Linkage::Add(ids) if !ids.is_empty())
}

fn link(work: &mut Work<'_>, id: DistributorId, wanted: &Wanted) -> Result<()> {
    work.set_members(distributor::DEALS, id.0, wanted.deals.as_ref())?;
    if wanted.collaborators.is_some() {
        work.set_members(distributor::COLLABORATORS, id.0, wanted.collaborators.as_ref())?;
        distributor::update_collaborator_count(&mut work.tenant, id)?;
    }
    Ok(())
}

fn open(
    work: &mut Work<'_>,
    distributor: DistributorId,
    moved: bool,
    wanted: &Wanted,
) -> Result<()> {
    let paying = Paying {
        distributor,
        is_active: wanted.terms.status == DistributorStatus::Active,
        units: wanted.terms.units.name(),
        schedule: &wanted.schedule,
        anchor: wanted.written.anchor_at.and_utc(),
        zone: wanted.terms.time_zone,
        starts_on: wanted.terms.starts_on,
    };
    opening::bring_up_to_date(work, &paying, moved)
}

/// Returns the distributor that results from applying the input to `old`, or to a new distributor
/// if `old` is `None`, or refuses the input.
fn accepted(
    work: &mut Work<'_>,
    input: &mut Input,
    old: Option<&StoredDistributor>,
) -> Result<Wanted> {
    let home = home_zone(work)?;
    let mut draft = old.map(draft).unwrap_or_default();
    read(input, &mut draft);
    let mut metric_types: Option<String> = None;
    input.set("metric_types", &mut metric_types);
    if let Some(text) = metric_types.as_deref() {
        draft.metric_types = kept_json::read_metric_types(text);
        if !kept_json::is_list(text) {
            input.refuse("metric_types", "must be a list");
        }
    }
    let mut schedule = Some(old.map_or_else(|| "[]".to_owned(), |old| old.schedule.clone()));
    input.set("schedule", &mut schedule);
    let schedule = schedule.unwrap_or_default();
    let anchor = anchor(old, &schedule, draft.time_zone.as_deref(), work.now);
    let zone = draft.time_zone.as_deref().map_or(Some(home), |zone| zone.parse().ok());
    let (schedule, texts) = kept_json::read_schedule(&schedule, anchor.and_utc(), zone, input);
    let collaborators = work.members(input, "collaborators", "collaborators")?;
    let deals = work.members(input, "deals", "deals")?;
    draft.gives_deals = deals.as_ref().is_some_and(adds_any);
    if draft.gives_deals && !input.gives("revenue_scope") {
        draft.revenue_scope = None;
    }
    check_start(old, &draft, zone, work.now, input);
    check_units(work, old, &draft, input)?;
    let terms = judged(input, draft.check(home))?;
    let written = written(&terms, kept_json::write_schedule(&texts), anchor);
    Ok(Wanted { written, terms, schedule, collaborators, deals })
}

/// Refuses units that are set to a currency of the tenant in other letters than capitals: they
/// would be a plain unit without decimals.
fn check_units(
    work: &mut Work<'_>,
    old: Option<&StoredDistributor>,
    draft: &DistributorDraft,
    input: &mut Input,
) -> Result<()> {
    let Some(name) = draft.units.as_deref() else { return Ok(()) };
    let units: Option<Units> = name.parse().ok();
    let Some(currency) = units.and_then(|units| units.misspelt_currency()) else { return Ok(()) };
    if old.is_some_and(|old| old.units == name) {
        return Ok(());
    }
    if currency == work.currency || deal::any_in(&mut work.tenant, currency)? {
        let meant = format!("must be {currency} for the currency; {name} would have no decimals");
        input.refuse("units", &meant);
    }
    Ok(())
}

/// Checks the first day of the first period, which is given at creation and then stays.
fn check_start(
    old: Option<&StoredDistributor>,
    draft: &DistributorDraft,
    zone: Option<Tz>,
    now: NaiveDateTime,
    input: &mut Input,
) {
    match old {
        Some(old) if old.starts_on == draft.starts_on => {}
        Some(_) => input.refuse("starts_on", "cannot be changed"),
        None => {
            let today = now.and_utc().with_timezone(&zone.unwrap_or(Tz::UTC)).date_naive();
            if let Some(Err(reason)) = draft.starts_on.map(|day| may_start(day, today)) {
                input.refuse("starts_on", &reason);
            }
        }
    }
}

/// Returns the time from which the schedule counts, UTC: the time of the previous distributor if
/// its schedule and time zone are unchanged, and otherwise `now`.
fn anchor(
    old: Option<&StoredDistributor>,
    schedule: &str,
    zone: Option<&str>,
    now: NaiveDateTime,
) -> NaiveDateTime {
    let same =
        |old: &&StoredDistributor| old.schedule == schedule && Some(old.time_zone.as_str()) == zone;
    old.filter(same).map_or(now, |old| old.anchor_at)
}
