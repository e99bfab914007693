//! The demo's revenue-share programme, played over a year: collaborators are credited and owed, the
//! engine runs at the beginning of each month, and what it pays is settled within the month.
//! Nothing is written but through the declarations and the engine, at the clock's instants.

use apportion_core::currency::Currency;
use apportion_core::obligation::ObligationStatus;
use apportion_jsonapi::Input;
use apportion_jsonapi::input::Action;
use apportion_store::{self as store, Address, Criteria, Order, Tenant, collaborator, obligation};
use chrono::{Days, Months, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::{Value, json};

use crate::catalog::Work;
use crate::engine::{self, Tick};
use crate::failure::{Failure, Result};
use crate::resources;

/// The programme begins on this day, as days from 1970-01-01: 2025-07-01.
const FIRST_DAY: i32 = 20_270;
const MONTHS: u64 = 12;
/// As many as the file has, at most.
const COLLABORATORS: i64 = 40;

/// Half a percent of revenue by score; a prize for the best; and what is owed one by one.
fn distributors() -> [Value; 3] {
    let of = |name: &str, description: &str, pool: &str, resolver: &str, terms: Value| {
        let mut attributes = json!({
            "name": name, "description": description, "units": "EUR", "pool_resolver": pool,
            "distribution_resolver": resolver, "schedule": ["first day of next month"],
        });
        if let (Some(all), Value::Object(terms)) = (attributes.as_object_mut(), terms) {
            all.extend(terms);
        }
        attributes
    };
    let manual = json!([{"type": "manual", "points": 1}]);
    [
        of(
            "Revenue share",
            "Half a percent of each month's revenue, by points",
            "recognized_revenue",
            "performance_shared_pool",
            json!({"revenue_percentage": "0.5", "carry_over": true, "metric_types": manual}),
        ),
        of(
            "Top of the month",
            "500.00 for whoever has the most points; those who draw share it",
            "fixed_amount",
            "top_score_wins",
            json!({"pool_amount": 50_000, "metric_types": manual}),
        ),
        of(
            "Commissions",
            "What is owed by agreement, from 50.00 on",
            "obligations",
            "accumulated_obligations",
            json!({"minimum_value": 5_000}),
        ),
    ]
}

/// Plays the programme, in the tenant's currency.
pub(super) fn play(
    database: &Address,
    tenant: Tenant<'_>,
    currency: Currency,
) -> std::result::Result<(), store::Error> {
    let (distributors, collaborators) = (Vec::new(), Vec::new());
    let mut stage = Stage { tenant, currency, distributors, collaborators };
    let mut first = NaiveDate::from_epoch_days(FIRST_DAY).unwrap_or_default();
    stage.begin(morning(first)).map_err(written)?;
    for month in 0..MONTHS {
        stage.month(month, first).map_err(written)?;
        first = first.checked_add_months(Months::new(1)).unwrap_or(first);
        let tick = Tick { at: morning(first).and_utc(), dry_run: false };
        engine::tick(database, tick, |_| {})?;
    }
    Ok(())
}

/// The demo's own rows are sound.
fn written(failure: Failure) -> store::Error {
    match failure {
        Failure::Store(error) => error,
        Failure::Refused(errors) => {
            let details: Vec<&str> = errors.iter().map(|error| error.detail.as_ref()).collect();
            store::Error::Query(format!("the demo is refused: {}", details.join("; ")))
        }
    }
}

fn morning(day: NaiveDate) -> NaiveDateTime {
    day.and_time(NaiveTime::MIN).checked_add_signed(chrono::TimeDelta::hours(6)).unwrap_or_default()
}

struct Stage<'s> {
    tenant: Tenant<'s>,
    currency: Currency,
    distributors: Vec<i64>,
    collaborators: Vec<i64>,
}

impl Stage<'_> {
    /// Makes the distributors, of which everybody is a member.
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

    /// What happens in a month before the engine runs.
    fn month(&mut self, month: u64, first: NaiveDate) -> Result<()> {
        let collaborators = self.collaborators.clone();
        for (at, collaborator) in (0_u64..).zip(collaborators) {
            let Lot { day, points, owed } = Lot::of(at, month);
            let day = first.checked_add_days(Days::new(day)).unwrap_or(first);
            if points > 0 {
                self.credit(collaborator, points, morning(day))?;
            }
            if owed > 0 {
                self.owe(collaborator, owed, day)?;
            }
        }
        let payday = first.checked_add_days(Days::new(19)).unwrap_or(first);
        self.settle(payday)
    }

    fn credit(&mut self, collaborator: i64, points: u64, now: NaiveDateTime) -> Result<()> {
        // The last one pays what is owed, and counts nothing.
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

    /// Pays what the engine allocated.
    fn settle(&mut self, day: NaiveDate) -> Result<()> {
        let (field, ids) = (obligation::DISTRIBUTOR_ID, self.distributors.as_slice());
        let owed =
            store::load_by::<obligation::ObligationRow>(&mut self.tenant, field, ids, usize::MAX)?;
        let due = owed.iter().map(|row| &row.stored).filter(|stored| {
            stored.allocation_id.is_some() && stored.status == ObligationStatus::Approved
        });
        for stored in due {
            let reference = format!("SEPA {day} {}", stored.id);
            let attributes = json!({"status": "fulfilled", "reference": reference});
            let document = json!({"data": {
                "type": "obligations", "id": stored.id.to_string(), "attributes": attributes,
            }});
            self.write("obligations", Action::Update(stored.id.0), &document, morning(day))?;
        }
        Ok(())
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

    /// Writes as a request would; answers with the id.
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
            let mut work = Work { resources: &resources, tenant, currency, now, expected: None };
            match action {
                Action::Create => served.create(&mut work, &mut input),
                Action::Update(id) => served.update(&mut work, id, &mut input).map(|()| id),
            }
        })
    }
}

/// What a month brings a collaborator.
struct Lot {
    /// Days after the first.
    day: u64,
    /// 0 for none.
    points: u64,
    /// Minor units, 0 for nothing.
    owed: u64,
}

impl Lot {
    /// Any spread will do, as long as it is the same in every demo.
    #[expect(clippy::arithmetic_side_effects, reason = "of 40 collaborators and 12 months")]
    fn of(collaborator: u64, month: u64) -> Self {
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
