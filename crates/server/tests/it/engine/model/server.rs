//! The server's side of a history: the requests that a step makes, and the comparison of everything
//! that is served with the model.

use apportion_core::organization::OrganizationDraft;
use apportion_server::Clock;
use apportion_server::admin::{self, TokenDraft};
use apportion_server::engine::{Tick, tick};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use super::plain::{Allocation, Distribution, Kind, Model, REVENUE_A_DAY, Rule, Schedule, Terms};
use super::{Change, Step, due_on};
use crate::support::world::{World, document, run_sql};

/// The server's side of a history: an organization of its own.
pub struct Server<'w> {
    world: &'w mut World,
    clock: &'w Clock,
    distributor: String,
    people: Vec<String>,
    /// The ids of the obligations, in the order of the model.
    obligations: Vec<String>,
    distributions: Vec<String>,
}

/// The first instant of each history.
pub fn beginning() -> DateTime<Utc> {
    "2025-03-25T09:30:00Z".parse().unwrap()
}

impl<'w> Server<'w> {
    #[track_caller]
    pub fn start(world: &'w mut World, clock: &'w Clock, terms: &Terms) -> Self {
        clock.set(beginning());
        let draft = OrganizationDraft {
            name: "Model".to_owned(),
            currency: "EUR".to_owned(),
            time_zone: "UTC".to_owned(),
        };
        let organization = admin::create_organization(&world.database, &draft).unwrap();
        let draft = TokenDraft { organization, person: None, scope: "write", label: None };
        let token = admin::create_token(&world.database, draft).unwrap();
        world.token = token.reveal().to_owned();
        world.organization = organization;
        let (from, until) = (beginning() - TimeDelta::days(5), beginning() + TimeDelta::days(200));
        let days = (until - from).num_days() + 1;
        let deal = world.deal("Model", days * REVENUE_A_DAY);
        let [from, until] = [from, until].map(|day| day.date_naive().to_string());
        world.spread(&deal, &from, &until, "100");
        let person = |name| world.create("collaborators", json!({"full_name": name}), &[]);
        let people = ["Ann", "Ben", "Eva"].map(person).to_vec();
        let members = people.iter().map(|id| json!({"type": "collaborators", "id": id}));
        let members: Vec<Value> = members.collect();
        let mut body = document("distributors", attributes(terms), &[]);
        body["data"]["relationships"] = json!({"collaborators": {"data": members}});
        let made = world.post("/distributors", &body).expect(201).json();
        let distributor = made["data"]["id"].as_str().unwrap().to_owned();
        let (obligations, distributions) = (Vec::new(), Vec::new());
        let mut server = Self { world, clock, distributor, people, obligations, distributions };
        server.distributions = server.ids("distributions");
        server
    }

    /// Ends a history: the passes of later ones find nothing of it that is due.
    pub fn end(self) {
        let organization = self.world.organization;
        let set = "UPDATE distributions SET status = 'cancelled' WHERE status = 'pending'";
        run_sql(self.world, &format!("{set} AND organization_id = {organization}"));
    }

    /// Returns the ids of the organization's rows of a type, in their order.
    #[track_caller]
    fn ids(&self, kind: &str) -> Vec<String> {
        self.list(kind).iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
    }

    #[track_caller]
    fn list(&self, kind: &str) -> Vec<Value> {
        let path = format!("/{kind}?sort=id&page[size]=200");
        let rows = self.world.get(&path).expect(200).json()["data"].as_array().unwrap().clone();
        assert!(rows.len() < 200, "{kind}");
        rows
    }

    /// Does a step, before the model does it; returns whether it was accepted.
    #[track_caller]
    pub fn take(&self, step: &Step, model: &Model, now: DateTime<Utc>) -> bool {
        self.clock.set(now);
        let person = |who: usize| self.people[who - 1].as_str();
        let payer = ("distributor", "distributors", self.distributor.as_str());
        let obligation = |at: usize| self.obligations[at].as_str();
        let path = |at: usize| format!("/obligations/{}", obligation(at));
        let (method, path, body) = match step {
            Step::Pass => {
                let pass = Tick { at: now, dry_run: false };
                assert_eq!(tick(&self.world.database, pass, |_| {}).unwrap().left, 0);
                return true;
            }
            Step::Credit { who, points } => {
                let links = [payer, ("collaborator", "collaborators", person(*who))];
                let body = document("metric_credits", json!({"points": points}), &links);
                ("POST", "/metric_credits".to_owned(), Some(body))
            }
            Step::Owe { who, value, is_approved, due_in } => {
                let links = [payer, ("collaborator", "collaborators", person(*who))];
                let status = if *is_approved { "approved" } else { "pending" };
                let due_on = due_on(*due_in, now);
                let owed = json!({"value": value, "status": status, "due_on": due_on});
                ("POST", "/obligations".to_owned(), Some(document("obligations", owed, &links)))
            }
            Step::Status { at, to } => {
                // A reason may be locked where nothing has to be explained.
                let explained = [("fulfilled", "approved"), ("approved", "cancelled")];
                let change = match explained.contains(&(model.owed[*at].status, to)) {
                    true => json!({"status": to, "reason": "R"}),
                    false => json!({"status": to}),
                };
                ("PATCH", path(*at), Some(document("obligations", change, &[])))
            }
            Step::Reverse { of, value } => {
                let links = [
                    payer,
                    ("collaborator", "collaborators", person(model.owed[*of].who)),
                    ("reverses", "obligations", obligation(*of)),
                ];
                let owed = json!({"value": value, "status": "approved"});
                ("POST", "/obligations".to_owned(), Some(document("obligations", owed, &links)))
            }
            Step::Rewrite { at, value: Some(value) } => {
                let body = document("obligations", json!({"value": value}), &[]);
                ("PATCH", path(*at), Some(body))
            }
            Step::Rewrite { at, value: None } => ("DELETE", path(*at), None),
            Step::Terms(change) => {
                let body = document("distributors", change_attributes(change), &[]);
                ("PATCH", format!("/distributors/{}", self.distributor), Some(body))
            }
            Step::Settle { distribution } => {
                let link = ("distribution", "distributions", self.distribution(*distribution));
                let body = document("settlements", json!({}), &[link]);
                ("POST", "/settlements".to_owned(), Some(body))
            }
            Step::Refund { distribution, amount } => {
                let link = ("distribution", "distributions", self.distribution(*distribution));
                let body = document("distribution_refunds", json!({"amount": amount}), &[link]);
                ("POST", "/distribution_refunds".to_owned(), Some(body))
            }
        };
        let answer = self.world.request(method, &path, body.as_ref());
        assert!(
            [200, 201, 204, 404, 409, 422].contains(&answer.status),
            "{step:?} answers {} {}",
            answer.status,
            String::from_utf8_lossy(&answer.body)
        );
        answer.status < 300
    }

    fn distribution(&self, at: usize) -> &str {
        &self.distributions[at]
    }

    /// Compares everything with the model, and checks that every law holds.
    #[track_caller]
    pub fn compare(&mut self, model: &Model) {
        self.name_new_rows(model);
        let path = format!(
            "/distributors/{}?fields[distributors]=accumulated_value,next_trigger_date",
            self.distributor
        );
        let shown = self.world.get(&path).expect(200).json()["data"]["attributes"].clone();
        assert_eq!(shown["accumulated_value"], model.accumulated());
        assert_eq!(instant(&shown["next_trigger_date"]), model.trigger_date());
        let rows = self.list("distributions");
        let distributions: Vec<Distribution> = rows.iter().map(distribution).collect();
        assert_eq!(distributions, model.distributions);
        self.compare_obligations(model);
        let mut allocations: Vec<Allocation> =
            self.list("allocations").iter().map(|row| self.allocation(row)).collect();
        allocations.sort();
        let mut expected = model.allocations.clone();
        expected.sort();
        assert_eq!(allocations, expected);
        self.world.check_laws();
    }

    /// Gives the obligations and distributions that are new their places in the model.
    #[track_caller]
    pub fn name_new_rows(&mut self, model: &Model) {
        let new = |known: &[String], ids: Vec<String>| {
            ids.into_iter().filter(|id| !known.contains(id)).collect::<Vec<_>>()
        };
        let obligations = new(&self.obligations, self.ids("obligations"));
        self.obligations.extend(obligations);
        let distributions = new(&self.distributions, self.ids("distributions"));
        self.distributions.extend(distributions);
        let counts = (self.obligations.len(), self.distributions.len());
        assert_eq!(counts, (model.owed.len(), model.distributions.len()));
    }

    #[track_caller]
    fn compare_obligations(&self, model: &Model) {
        let rows = self.list("obligations");
        let mut rows = rows.iter();
        for (id, owed) in self.obligations.iter().zip(&model.owed) {
            if owed.status == "deleted" {
                continue;
            }
            let row = rows.next().unwrap();
            let shown = &row["attributes"];
            let link = |name: &str| row["relationships"][name]["data"]["id"].clone();
            let reversed = owed.reverses.map(|at| self.obligations[at].as_str());
            assert_eq!(row["id"], json!(id));
            assert_eq!(shown["value"], owed.value, "{owed:?} {row}");
            assert_eq!(shown["status"], owed.status, "{owed:?} {row}");
            assert_eq!(link("collaborator"), json!(self.people[owed.who - 1]), "{owed:?} {row}");
            assert_eq!(link("reverses"), json!(reversed), "{owed:?} {row}");
            assert_eq!(link("allocation").is_null(), owed.allocation.is_none(), "{owed:?} {row}");
        }
        assert!(rows.next().is_none());
    }

    #[track_caller]
    fn allocation(&self, row: &Value) -> Allocation {
        let place = |name: &str, ids: &[String]| {
            let id = &row["relationships"][name]["data"]["id"];
            ids.iter().position(|known| json!(known) == *id).unwrap()
        };
        Allocation {
            distribution: place("distribution", &self.distributions),
            obligation: place("obligation", &self.obligations),
            value: row["attributes"]["value"].as_i64().unwrap(),
            status: status(row),
        }
    }
}

/// Returns the status of a row as the model's own word.
#[track_caller]
fn status(row: &Value) -> &'static str {
    let words = ["pending", "processing", "complete", "cancelled", "returned", "failed"];
    let shown = row["attributes"]["status"].as_str().unwrap();
    words.into_iter().find(|word| *word == shown).unwrap()
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    value.as_str().map(|text| text.parse().unwrap())
}

#[track_caller]
fn distribution(row: &Value) -> Distribution {
    let shown = &row["attributes"];
    let date = |name: &str| shown[name].as_str().map(|text| text.parse().unwrap());
    let status = status(row);
    // The value of an open distribution is a forecast, of which others take care.
    let value = shown["value"].as_i64().filter(|_| status != "pending");
    Distribution {
        status,
        value,
        trigger: instant(&shown["trigger_date"]).unwrap(),
        from: date("period_from").unwrap(),
        until: date("period_until"),
    }
}

/// Returns the attributes of a new distributor.
fn attributes(terms: &Terms) -> Value {
    let rule = match terms.rule {
        Rule::Evenly => "evenly_shared_pool",
        Rule::Performance => "performance_shared_pool",
        Rule::Top => "top_score_wins",
    };
    let (pool, rule) = match terms.kind {
        Kind::Fixed => ("fixed_amount", rule),
        Kind::Revenue => ("recognized_revenue", rule),
        Kind::Owed => ("obligations", "accumulated_obligations"),
    };
    json!({
        "name": "Model", "units": "EUR", "pool_resolver": pool, "distribution_resolver": rule,
        "pool_amount": terms.amount, "revenue_percentage": percentage(terms.eighths),
        "minimum_value": terms.minimum, "requires_approval": terms.approval,
        "carry_over": terms.carry_over, "time_zone": terms.zone.name(),
        "schedule": schedule(terms.schedule),
        "metric_types": [{"type": "manual", "points": 1}],
    })
}

fn change_attributes(change: &Change) -> Value {
    match *change {
        Change::Pool { amount, eighths } => {
            json!({"pool_amount": amount, "revenue_percentage": percentage(eighths)})
        }
        Change::Minimum(minimum) => json!({"minimum_value": minimum}),
        Change::Approval(approval) => json!({"requires_approval": approval}),
        Change::CarryOver(carry_over) => json!({"carry_over": carry_over}),
        Change::Zone(zone) => json!({"time_zone": zone.name()}),
        Change::Schedule(wanted) => json!({"schedule": schedule(wanted)}),
        Change::Active(active) => {
            json!({"status": if active { "active" } else { "inactive" }})
        }
    }
}

fn percentage(eighths: i64) -> String {
    format!("{}.{}", eighths * 125 / 10, eighths * 125 % 10)
}

fn schedule(schedule: Option<Schedule>) -> Value {
    let Some(Schedule { hour, weekday }) = schedule else { return json!([]) };
    let often = match weekday {
        None => "FREQ=DAILY".to_owned(),
        Some(day) => format!("FREQ=WEEKLY;BYDAY={}", day.to_string()[..2].to_uppercase()),
    };
    json!([format!("{often};BYHOUR={hour};BYMINUTE=0;BYSECOND=0")])
}
