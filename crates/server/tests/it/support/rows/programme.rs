//! A distributor with three collaborators, whose trigger dates come when the test wants them.

use std::sync::Arc;

use apportion_core::distribution::DistributionStatus;
use apportion_core::engine::OpenDistribution;
use apportion_core::id::DistributorId;
use apportion_core::schedule::{Schedule, Tz};
use apportion_server::Clock;
use apportion_server::engine::{PassSummary, Tick, tick};
use apportion_server::store::distribution::{self, Outcome};
use apportion_server::store::distributor::{self, WrittenDistributor};
use apportion_server::store::{OrganizationId, Scope, Session, Tenant};
use apportion_testing::Place;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::support::resources::attributes;
use crate::support::rows::payouts::pool;
use crate::support::world::{World, document, run_sql};

/// A server with a distributor, by default the first of ours.
#[derive(Clone)]
pub struct Programme {
    pub world: Arc<World>,
    pub id: String,
    /// The ids of the collaborators, 1 to 3, all of them members.
    pub people: Vec<String>,
}

impl Programme {
    /// Starts a server with a pool of 100.00 EUR a year that is shared by score, unless `more` says
    /// otherwise.
    #[track_caller]
    pub fn start(place: &Place, more: Value) -> Self {
        Self::of(World::start(place), more)
    }

    /// Does the same on a server whose clock stands at an instant. If that is long ago, so are the
    /// trigger dates that follow, and the laws look at all that waits since.
    #[track_caller]
    pub fn long_ago(place: &Place, instant: &str, more: Value) -> Self {
        let clock = Clock::standing(instant.parse().unwrap());
        Self::of(World::configured(place, |config| config.service.clock = clock), more)
    }

    #[track_caller]
    fn of(world: World, more: Value) -> Self {
        let person = |name| world.create("collaborators", json!({"full_name": name}), &[]);
        let people = ["Ann", "Ben", "Eva"].map(person).to_vec();
        let first = Self { world: Arc::new(world), id: String::new(), people };
        first.also(more)
    }

    /// Makes another distributor on the same server.
    #[track_caller]
    pub fn also(&self, more: Value) -> Self {
        Self { world: Arc::clone(&self.world), id: self.add(more), people: self.people.clone() }
    }

    /// Makes another distributor with the same collaborators; returns its id.
    #[track_caller]
    pub fn add(&self, more: Value) -> String {
        let mut attributes = pool();
        attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let mut body = document("distributors", attributes, &[]);
        let members = self.people.iter().map(|id| json!({"type": "collaborators", "id": id}));
        let members: Vec<Value> = members.collect();
        body["data"]["relationships"] = json!({"collaborators": {"data": members}});
        let answer = self.world.post("/distributors", &body).expect(201);
        answer.json()["data"]["id"].as_str().unwrap().to_owned()
    }

    /// Returns the path of the distributor.
    pub fn path(&self) -> String {
        format!("/distributors/{}", self.id)
    }

    #[track_caller]
    fn link(&self, kind: &str, who: &str, attributes: Value) -> String {
        let links = [
            ("distributor", "distributors", self.id.as_str()),
            ("collaborator", "collaborators", who),
        ];
        self.amid_period(|| self.world.create(kind, attributes, &links))
    }

    /// Does something as if the trigger date of the open distribution had not come yet, which may
    /// lie in the past. Whoever writes after the trigger date finds the distribution triggered.
    #[track_caller]
    pub fn amid_period<T>(&self, work: impl FnOnce() -> T) -> T {
        let date = attributes(&self.world, &self.path())["next_trigger_date"].clone();
        let Ok(due) = serde_json::from_value::<DateTime<Utc>>(date) else { return work() };
        if due > Utc::now() {
            return work();
        }
        self.move_trigger("2199-12-31T00:00:00Z".parse().unwrap());
        let done = work();
        self.move_trigger(due);
        done
    }

    /// Moves the trigger date of the open distribution past the service.
    #[track_caller]
    pub fn move_due(&self, to: &str) {
        self.move_trigger(to.parse().unwrap());
    }

    fn move_trigger(&self, to: DateTime<Utc>) {
        let scope = Scope::of(OrganizationId(self.world.organization));
        let id = DistributorId(self.id.parse().unwrap());
        let mut session = Session::open(&self.world.database).unwrap();
        let done = Tenant::new(scope, &mut session).transaction(|tenant| {
            let open = distribution::find_open(tenant, id)?.unwrap();
            distribution::reschedule(tenant, open.id, to.naive_utc(), &open.units, open.updated_at)
        });
        done.unwrap();
    }

    /// Credits collaborators, by their ids.
    #[track_caller]
    pub fn credit(&self, points: &[(&str, i64)]) {
        for (who, points) in points {
            self.link("metric_credits", who, json!({"points": points}));
        }
    }

    /// Makes an obligation to a collaborator; returns its id.
    #[track_caller]
    pub fn owe(&self, who: &str, value: i64, more: Value) -> String {
        let mut attributes = json!({"status": "approved", "value": value});
        attributes.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.link("obligations", who, attributes)
    }

    /// Runs a pass; returns its line about each distribution, without the date in front.
    #[track_caller]
    pub fn tick(&self, at: &str) -> Vec<String> {
        let (passed, lines) = pass(&self.world, at, false);
        assert_eq!((passed.triggered, passed.left), (lines.len(), 0));
        lines
    }

    /// Runs a pass at the distributor's trigger date, and returns that.
    #[track_caller]
    pub fn tick_when_due(&self) -> String {
        let due = self.due();
        let lines = self.tick(&due);
        assert_eq!(lines.len(), 1, "{lines:?}");
        due
    }

    /// Changes the row of the distributor past the service.
    #[track_caller]
    pub fn rewrite(&self, change: impl FnOnce(&mut WrittenDistributor)) {
        let scope = Scope::of(OrganizationId(self.world.organization));
        let id = DistributorId(self.id.parse().unwrap());
        let mut session = Session::open(&self.world.database).unwrap();
        let done = Tenant::new(scope, &mut session).transaction(|tenant| {
            let stored = distributor::lock(tenant, id)?.unwrap().stored;
            let mut written = WrittenDistributor {
                name: stored.name.clone(),
                description: stored.description.clone(),
                units: stored.units.clone(),
                status: stored.status,
                pool_resolver: stored.pool_resolver,
                distribution_resolver: stored.distribution_resolver,
                pool_amount: stored.pool_amount,
                revenue_percentage_e10: stored.revenue_percentage_e10,
                minimum_value: stored.minimum_value,
                revenue_scope: stored.revenue_scope,
                requires_approval: stored.requires_approval,
                carry_over: stored.carry_over,
                schedule: stored.schedule.clone(),
                anchor_at: stored.anchor_at,
                time_zone: stored.time_zone.clone(),
                metric_types: stored.metric_types.clone(),
                starts_on: stored.starts_on,
            };
            change(&mut written);
            distributor::update(tenant, &stored, &written, stored.updated_at)
        });
        done.unwrap();
    }

    /// Moves the moment at which the schedule was set to that instant: the open distribution is
    /// cancelled, and another opened.
    #[track_caller]
    pub fn begin_at(&self, instant: &str) {
        let at: DateTime<Utc> = instant.parse().unwrap();
        let mut terms = None;
        self.rewrite(|written| {
            written.anchor_at = at.naive_utc();
            terms = Some((written.schedule.clone(), written.time_zone.clone()));
        });
        let (schedule, zone) = terms.unwrap();
        let texts: Vec<String> = serde_json::from_str(&schedule).unwrap();
        let (schedule, zone) = (Schedule::parse(&texts).unwrap(), zone.parse::<Tz>().unwrap());
        let first = OpenDistribution::beginning(at, zone, None);
        let first = first.rescheduled(at, |after| schedule.next_after(at, zone, after)).unwrap();
        let scope = Scope::of(OrganizationId(self.world.organization));
        let id = DistributorId(self.id.parse().unwrap());
        let mut session = Session::open(&self.world.database).unwrap();
        let done = Tenant::new(scope, &mut session).transaction(|tenant| {
            let open = distribution::find_open(tenant, id)?.unwrap();
            let cancelled = Outcome { status: DistributionStatus::Cancelled, value: 0 };
            distribution::set_outcome(tenant, open.id, cancelled, at.naive_utc())?;
            let new = distribution::NewDistribution {
                distributor_id: id,
                status: DistributionStatus::Pending,
                value: 0,
                units: open.units,
                opened_at: first.opened_at.naive_utc(),
                period_from: first.period_from,
                trigger_date: first.trigger_at.naive_utc(),
                carried: 0,
            };
            distribution::insert(tenant, &new, at.naive_utc())?;
            Ok::<_, apportion_server::store::Error>(open.id)
        });
        // What is cancelled leaves its period to the next, whose begin was moved.
        let (cancelled, from) = (done.unwrap(), first.period_from);
        let moved = format!("SET period_from = '{from}' WHERE id = {cancelled}");
        run_sql(&self.world, &format!("UPDATE distributions {moved}"));
    }

    /// Returns the next trigger date.
    #[track_caller]
    pub fn due(&self) -> String {
        let date = attributes(&self.world, &self.path())["next_trigger_date"].clone();
        date.as_str().unwrap_or_else(|| panic!("nothing is open")).to_owned()
    }

    /// Returns the ids and trigger dates of the executed distributions, by id.
    #[track_caller]
    pub fn executed(&self) -> Vec<(String, String)> {
        let rows = self.list(&format!("{}/distributions?sort=id", self.path()));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let done = rows.iter().filter(|row| {
            !["pending", "cancelled"].contains(&row["attributes"]["status"].as_str().unwrap())
        });
        done.map(|row| (text(&row["id"]), text(&row["attributes"]["trigger_date"]))).collect()
    }

    /// Returns status and value of each distribution of the distributor, by id.
    #[track_caller]
    pub fn states(&self) -> Vec<String> {
        let list = self.list(&format!("{}/distributions?sort=id", self.path()));
        let state = |row: &Value| {
            let attributes = &row["attributes"];
            format!("{} {}", attributes["status"].as_str().unwrap(), attributes["value"])
        };
        list.iter().map(state).collect()
    }

    /// Returns the allocations of a distribution: collaborator, value, status of allocation and
    /// obligation.
    #[track_caller]
    pub fn paid(&self, distribution: &str) -> Vec<String> {
        let path = format!("/distributions/{distribution}/allocations?sort=id&include=obligation");
        let shown = self.world.get(&path).expect(200).json();
        let included = shown["included"].as_array().cloned().unwrap_or_default();
        let one = |row: &Value| {
            let to = |name: &str| row["relationships"][name]["data"]["id"].clone();
            let owed = included.iter().find(|other| other["id"] == to("obligation")).unwrap();
            assert_eq!(owed["attributes"]["value"], row["attributes"]["value"]);
            assert_eq!(owed["relationships"]["allocation"]["data"]["id"], row["id"]);
            assert_eq!(owed["relationships"]["collaborator"]["data"]["id"], to("collaborator"));
            format!(
                "{} {} {} {}",
                to("collaborator").as_str().unwrap(),
                row["attributes"]["value"],
                row["attributes"]["status"].as_str().unwrap(),
                owed["attributes"]["status"].as_str().unwrap(),
            )
        };
        shown["data"].as_array().unwrap().iter().map(one).collect()
    }

    /// Returns the explanation of a distribution.
    #[track_caller]
    pub fn explanation(&self, distribution: &str) -> Value {
        let path = format!("/distributions/{distribution}?fields[distributions]=explanation");
        attributes(&self.world, &path)["explanation"].clone()
    }

    /// Returns the rows of a list of at most 200.
    #[track_caller]
    pub fn list(&self, path: &str) -> Vec<Value> {
        let joint = if path.contains('?') { '&' } else { '?' };
        let list = self.world.get(&format!("{path}{joint}page[size]=200")).expect(200).json();
        let rows = list["data"].as_array().unwrap().clone();
        assert_eq!(list["meta"]["total_count"], rows.len(), "{path}");
        rows
    }
}

/// Runs a pass over the server's database; returns its lines without the date in front.
#[track_caller]
pub fn pass(world: &World, at: &str, dry_run: bool) -> (PassSummary, Vec<String>) {
    let at: DateTime<Utc> = at.parse().unwrap();
    let mut lines = Vec::new();
    let passed = tick(&world.database, Tick { at, dry_run }, |triggered| {
        let line = triggered.to_string();
        lines.push(line.split_once(' ').unwrap().1.to_owned());
    });
    (passed.unwrap(), lines)
}
