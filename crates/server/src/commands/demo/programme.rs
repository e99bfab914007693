//! The demo's revenue-share programme, played over a year: each month collaborators get credits and
//! obligations, what was allocated is settled, and then the engine runs. In one month an obligation
//! is clawed back, in another a part of a pool is refunded. All rows are written
//! through the declarations and the engine, as of the instants of that year, so that they obey the
//! rules.

use std::collections::BTreeMap;

use apportion_core::currency::Currency;
use apportion_core::distribution::DistributionStatus;
use apportion_core::obligation::ObligationStatus;
use apportion_jsonapi::Input;
use apportion_jsonapi::input::Action;
use apportion_store::distribution::{self, DistributionRow, StoredDistribution};
use apportion_store::obligation::{self, ObligationRow};
use apportion_store::{self as store, Address, Criteria, Order, Tenant, collaborator};
use chrono::{Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Value, json};

use crate::catalog::Work;
use crate::commands::import::ImportError;
use crate::engine::{self, Tick};
use crate::failure::{Failure, Result};
use crate::resources;

/// The first day of the programme, 2025-07-01, in days from 1970-01-01.
const FIRST_DAY: i32 = 20_270;
const MONTHS: u64 = 12;
/// The month, from 0, in which an obligation is clawed back.
const CLAWBACK: u64 = 4;
/// The month, from 0, in which a part of a pool is refunded.
const REFUND: u64 = 6;
/// The largest number of collaborators: the file has as many.
const COLLABORATORS: i64 = 40;

/// Returns the attributes of the distributors: one shares half a percent of revenue by score, one
/// gives a prize to the best, and one pays what is owed by agreement.
fn distributors() -> [Value; 3] {
    let attributes = |name: &str, description: &str, pool: &str, resolver: &str, terms: Value| {
        let mut all = json!({
            "name": name, "description": description, "units": "EUR", "pool_resolver": pool,
            "distribution_resolver": resolver, "schedule": ["first day of next month"],
        });
        if let (Some(members), Value::Object(terms)) = (all.as_object_mut(), terms) {
            members.extend(terms);
        }
        all
    };
    let manual = json!([{"type": "manual", "points": 1}]);
    [
        attributes(
            "Revenue share",
            "Half a percent of each month's revenue, by points",
            "recognized_revenue",
            "performance_shared_pool",
            json!({"revenue_percentage": "0.5", "carry_over": true, "metric_types": manual}),
        ),
        attributes(
            "Top of the month",
            "500.00 for whoever has the most points; those who draw share it",
            "fixed_amount",
            "top_score_wins",
            json!({"pool_amount": 50_000, "metric_types": manual}),
        ),
        attributes(
            "Commissions",
            "What is owed by agreement, from 50.00 on",
            "obligations",
            "accumulated_obligations",
            json!({"minimum_value": 5_000}),
        ),
    ]
}

/// Plays the programme for a tenant with this currency.
pub(super) fn play(
    database: &Address,
    tenant: Tenant<'_>,
    currency: Currency,
) -> std::result::Result<(), ImportError> {
    let (distributors, collaborators) = (Vec::new(), Vec::new());
    let mut programme = Programme { tenant, currency, distributors, collaborators };
    let mut first = NaiveDate::from_epoch_days(FIRST_DAY).unwrap_or_default();
    programme.begin(morning(first)).map_err(into_import_error)?;
    for month in 0..MONTHS {
        programme.play_month(month, first).map_err(into_import_error)?;
        first = first.checked_add_months(Months::new(1)).unwrap_or(first);
        let tick = Tick { at: morning(first).and_utc(), dry_run: false };
        engine::tick(database, tick, |_| {})?;
    }
    Ok(())
}

/// Turns a failure into an error of the command. The rules refuse no row of the demo, unless its
/// data or the rules have changed.
fn into_import_error(failure: Failure) -> ImportError {
    match failure {
        Failure::Store(error) => ImportError::Store(error),
        Failure::Refused(errors) => {
            let details: Vec<&str> = errors.iter().map(|error| error.detail.as_ref()).collect();
            let details = details.join("; ");
            ImportError::Broken(format!("the rules refuse a row of the demo: {details}"))
        }
        Failure::Broken(why) => ImportError::Broken(why),
    }
}

/// Returns six o'clock of a day, UTC.
fn morning(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN).checked_add_signed(chrono::TimeDelta::hours(6)).unwrap_or_default()
}

/// The programme in play: the tenant, and the ids of its distributors and collaborators.
struct Programme<'s> {
    tenant: Tenant<'s>,
    currency: Currency,
    distributors: Vec<i64>,
    collaborators: Vec<i64>,
}

impl Programme<'_> {
    /// Creates the distributors, with all collaborators as members.
    fn begin(&mut self, now: NaiveDateTime) -> Result<()> {
        let order = vec![Order { field: collaborator::ID, descending: false, reversed: false }];
        let all = Criteria { filter: None, order, limit: COLLABORATORS, offset: 0 };
        let found = store::load::<collaborator::CollaboratorRow>(&mut self.tenant, &all)?.rows;
        self.collaborators = found.iter().map(|row| row.id.0).collect();
        let members: Vec<Value> =
            self.collaborators.iter().map(|id| identifier("collaborators", *id)).collect();
        for attributes in distributors() {
            let links = json!({"collaborators": {"data": members}});
            let id = self.add("distributors", attributes, links, now)?;
            self.distributors.push(id);
        }
        Ok(())
    }

    /// Plays a month up to the run of the engine: credits, obligations and payments.
    fn play_month(&mut self, month: u64, first: NaiveDate) -> Result<()> {
        let collaborators = self.collaborators.clone();
        for (at, collaborator) in (0_u64..).zip(collaborators) {
            let Activity { day, points, owed } = Activity::compute(at, month);
            let day = first.checked_add_days(Days::new(day)).unwrap_or(first);
            if points > 0 {
                self.credit(collaborator, points, morning(day))?;
            }
            if owed > 0 {
                self.owe(collaborator, owed, day)?;
            }
        }
        let payday = first.checked_add_days(Days::new(19)).unwrap_or(first);
        self.settle(payday)?;
        match month {
            CLAWBACK => self.claw_back(payday),
            REFUND => self.refund(payday),
            _ => Ok(()),
        }
    }

    fn credit(&mut self, collaborator: i64, points: u64, now: NaiveDateTime) -> Result<()> {
        // The last distributor pays obligations, and counts no metrics.
        let counting: Vec<i64> = self.distributors.iter().take(2).copied().collect();
        for distributor in counting {
            let attributes = json!({"points": points, "reason": "Orders brought in"});
            self.add("metric_credits", attributes, links(collaborator, distributor), now)?;
        }
        Ok(())
    }

    fn owe(&mut self, collaborator: i64, value: u64, day: NaiveDate) -> Result<()> {
        let Some(distributor) = self.distributors.last().copied() else { return Ok(()) };
        let reason = format!("Referral of {day}");
        let attributes = json!({
            "value": value, "status": "approved", "award_type": "referral", "reason": reason,
        });
        let links = links(collaborator, distributor);
        self.add("obligations", attributes, links, morning(day)).map(|_| ())
    }

    /// Settles the distributions that the engine triggered.
    fn settle(&mut self, day: NaiveDate) -> Result<()> {
        for id in self.distributions(DistributionStatus::Processing)?.keys() {
            let attributes = json!({"reference": format!("SEPA {day} {id}"), "settled_on": day});
            let links = json!({"distribution": {"data": identifier("distributions", *id)}});
            self.add("settlements", attributes, links, morning(day))?;
        }
        Ok(())
    }

    /// Returns the distributions with this status, by their ids.
    fn distributions(
        &mut self,
        status: DistributionStatus,
    ) -> Result<BTreeMap<i64, StoredDistribution>> {
        let (field, ids) = (distribution::DISTRIBUTOR_ID, self.distributors.as_slice());
        let rows = store::load_by::<DistributionRow>(&mut self.tenant, field, ids, usize::MAX)?;
        let rows = rows.into_iter().map(|row| (row.stored.id.0, row.stored));
        Ok(rows.filter(|(_, stored)| stored.status == status).collect())
    }

    /// Takes back the first obligation that was paid by agreement.
    fn claw_back(&mut self, day: NaiveDate) -> Result<()> {
        let Some(distributor) = self.distributors.last().copied() else { return Ok(()) };
        let field = obligation::DISTRIBUTOR_ID;
        let owed =
            store::load_by::<ObligationRow>(&mut self.tenant, field, &[distributor], usize::MAX)?;
        let paid = owed.iter().find(|row| row.stored.status == ObligationStatus::Fulfilled);
        let Some(paid) = paid.map(|row| &row.stored) else { return Ok(()) };
        let attributes = json!({
            "status": "approved", "award_type": "referral", "reason": "The order was returned",
        });
        let mut links = links(paid.collaborator_id.0, distributor);
        if let Some(links) = links.as_object_mut() {
            let reverses = json!({"data": identifier("obligations", paid.id.0)});
            links.insert("reverses".to_owned(), reverses);
        }
        self.add("obligations", attributes, links, morning(day)).map(|_| ())
    }

    /// Refunds a tenth of the first pool of revenue that was shared.
    fn refund(&mut self, day: NaiveDate) -> Result<()> {
        let first = self.distributors.first().copied();
        let complete = self.distributions(DistributionStatus::Complete)?;
        let mut shared = complete.values();
        let shared = shared.find(|it| Some(it.distributor_id.0) == first && it.value >= 10);
        let Some(shared) = shared else { return Ok(()) };
        let amount = shared.value.checked_div(10).unwrap_or_default();
        let attributes = json!({"amount": amount, "reason": "A customer was refunded"});
        let links = json!({"distribution": {"data": identifier("distributions", shared.id.0)}});
        self.add("distribution_refunds", attributes, links, morning(day)).map(|_| ())
    }

    fn add(
        &mut self,
        kind: &str,
        attributes: Value,
        relationships: Value,
        now: NaiveDateTime,
    ) -> Result<i64> {
        let data = json!({"type": kind, "attributes": attributes, "relationships": relationships});
        self.write(kind, Action::Create, &json!({"data": data}), now)
    }

    /// Writes a document as a request would, and returns the id of the row.
    fn write(
        &mut self,
        kind: &str,
        action: Action,
        document: &Value,
        now: NaiveDateTime,
    ) -> Result<i64> {
        let resources = resources::own();
        let served = resources.find(kind).ok_or_else(Failure::not_found)?.served;
        let body = document.to_string();
        let mut input = Input::read(body.as_bytes(), served.resource(), action)?;
        let currency = self.currency;
        self.tenant.transaction(|tenant| {
            let tenant = tenant.reborrow();
            let mut work = Work {
                resources: &resources,
                tenant,
                currency,
                now,
                is_clock_sound: true,
                expected: None,
                secret: None,
            };
            match action {
                Action::Create => served.create(&mut work, &mut input),
                Action::Update(id) => served.update(&mut work, id, &mut input).map(|()| id),
            }
        })
    }
}

/// The activity of a collaborator in a month.
struct Activity {
    /// The day, counted from the first of the month, which is 0.
    day: u64,
    /// The points to credit; 0 for no credit.
    points: u64,
    /// The obligation in minor units; 0 for no obligation.
    owed: u64,
}

impl Activity {
    /// Computes an activity from the positions of the collaborator and the month. The formula is
    /// arbitrary, but makes every demo the same.
    #[expect(clippy::arithmetic_side_effects, reason = "of 40 collaborators and 12 months")]
    fn compute(collaborator: u64, month: u64) -> Self {
        let luck = collaborator * collaborator * (month + 3) + collaborator * 37 + month * 101;
        let owed = match (collaborator + month) % 8 {
            0 => 2_100 + (collaborator * 977 + month * 613) % 30_000,
            _ => 0,
        };
        Self { day: 2 + collaborator % 24, points: (luck % 13).saturating_sub(6), owed }
    }
}

fn identifier(kind: &str, id: i64) -> Value {
    json!({"type": kind, "id": id.to_string()})
}

fn links(collaborator: i64, distributor: i64) -> Value {
    json!({
        "collaborator": {"data": identifier("collaborators", collaborator)},
        "distributor": {"data": identifier("distributors", distributor)},
    })
}
