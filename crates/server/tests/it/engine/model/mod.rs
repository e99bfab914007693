//! One distributor beside a plain model of it: both live through the same random history of
//! credits, obligations, corrections, changes of terms, pauses, and passes that are late or missed.
//! After each step they have the same money, and every law holds.

mod plain;
mod plain_writes;
mod server;

use std::ops::RangeInclusive;

use apportion_core::schedule::Tz;
use apportion_server::Clock;
use apportion_testing::{Place, rounds};
use chrono::{DateTime, Days, NaiveDate, TimeDelta, Utc, Weekday};

use self::plain::{Kind, Model, Owed, Rule, Schedule, Terms};
use self::server::{Server, beginning};
use crate::support::dice::Dice;
use crate::support::world::World;

apportion_testing::cases! { histories_equal_the_model, passes_at_any_time_pay_the_same }

/// The histories of a whole run. The variable `MODEL_RUNS` sets another number, such as the 10,000
/// of docs/performance.md.
const HISTORIES: usize = 100;
/// The histories of a whole run that are played three times.
const THRICE: usize = 30;
const STEPS: usize = 24;
const PEOPLE: usize = 3;
const ZONES: [Tz; 5] = [
    Tz::UTC,
    Tz::Europe__Vienna,
    Tz::America__New_York,
    Tz::Pacific__Kiritimati,
    Tz::Pacific__Pago_Pago,
];

/// Returns the numbers of the histories that are played. `MODEL_RUNS` is the last of them, and
/// `MODEL_FROM` the first.
fn histories(of_a_whole_run: usize) -> RangeInclusive<usize> {
    let number = |name: &str| std::env::var(name).ok().map(|number| number.parse().unwrap());
    number("MODEL_FROM").unwrap_or(1)
        ..=number("MODEL_RUNS").unwrap_or_else(|| rounds(of_a_whole_run))
}

/// A step of a history.
#[derive(Clone, Debug)]
enum Step {
    Pass,
    Credit { who: usize, points: i64 },
    Owe { who: usize, value: i64, is_approved: bool, due_in: Option<u64> },
    Status { at: usize, to: &'static str },
    Reverse { of: usize, value: i64 },
    Rewrite { at: usize, value: Option<i64> },
    Terms(Change),
    Settle { distribution: usize },
    Refund { distribution: usize, amount: i64 },
}

/// A change of terms.
#[derive(Clone, Debug)]
enum Change {
    Pool { amount: i64, eighths: i64 },
    Minimum(Option<i64>),
    Approval(bool),
    CarryOver(bool),
    Zone(Tz),
    Schedule(Option<Schedule>),
    Active(bool),
}

impl Step {
    /// Returns whether every row that the step names is there.
    fn is_about(&self, model: &Model) -> bool {
        match self {
            Step::Status { at, .. } | Step::Rewrite { at, .. } | Step::Reverse { of: at, .. } => {
                *at < model.owed.len()
            }
            Step::Settle { distribution } | Step::Refund { distribution, .. } => {
                *distribution < model.distributions.len()
            }
            _ => true,
        }
    }
}

fn any_schedule(dice: &mut Dice) -> Schedule {
    let weekday = dice.is(4).then(|| dice.pick(&[Weekday::Mon, Weekday::Sat]));
    Schedule { hour: dice.pick(&[0, 12]), weekday }
}

fn any_terms(dice: &mut Dice) -> Terms {
    Terms {
        kind: dice.pick(&[Kind::Fixed, Kind::Revenue, Kind::Revenue, Kind::Owed]),
        rule: dice.pick(&[Rule::Evenly, Rule::Performance, Rule::Performance, Rule::Top]),
        amount: dice.amount(2_000),
        eighths: dice.amount(8) + 1,
        minimum: dice.is(3).then(|| dice.amount(600)),
        approval: dice.is(4),
        carry_over: dice.is(2),
        zone: dice.pick(&ZONES),
        schedule: Some(any_schedule(dice)),
        active: true,
    }
}

fn any_step(dice: &mut Dice, model: &Model) -> Step {
    let owed = model.owed.len();
    let at = |dice: &mut Dice| usize::try_from(dice.roll(owed.max(1) as u64)).unwrap();
    let signed = |dice: &mut Dice| match dice.amount(1_200) - 600 {
        0 => 7,
        value => value,
    };
    let who = 1 + usize::try_from(dice.roll(PEOPLE as u64)).unwrap();
    let distributions = model.distributions.len().max(1) as u64;
    let distribution = usize::try_from(dice.roll(distributions)).unwrap();
    match dice.roll(if owed == 0 { 10 } else { 20 }) {
        0 => Step::Pass,
        1..=4 => Step::Credit { who, points: dice.amount(9) + 1 },
        5..=6 => Step::Owe {
            who,
            value: signed(dice),
            is_approved: !dice.is(3),
            due_in: dice.is(4).then(|| dice.roll(5)),
        },
        7..=9 => Step::Terms(any_change(dice)),
        10..=13 => {
            let to = ["approved", "fulfilled", "fulfilled", "rejected", "cancelled"];
            Step::Status { at: at(dice), to: dice.pick(&to) }
        }
        14..=15 => {
            let of = at(dice);
            let value = model.owed[of].value;
            let value = match dice.roll(3) {
                0 => -value,
                1 => -value / 2 + i64::from(value.abs() < 2),
                _ => signed(dice),
            };
            Step::Reverse { of, value: if value == 0 { 1 } else { value } }
        }
        16 => {
            let at = at(dice);
            // What the value of a reversal may become is the subject of the reversals' own cases.
            let is_reversal = model.owed[at].reverses.is_some();
            let value = (!is_reversal && !dice.is(3)).then(|| signed(dice));
            Step::Rewrite { at, value }
        }
        17 => Step::Settle { distribution },
        _ => Step::Refund { distribution, amount: dice.amount(900) + 1 },
    }
}

fn any_change(dice: &mut Dice) -> Change {
    match dice.roll(9) {
        0 => Change::Pool { amount: dice.amount(2_000), eighths: dice.amount(8) + 1 },
        1 => Change::Minimum(dice.is(2).then(|| dice.amount(600))),
        2 => Change::Approval(dice.is(2)),
        3 => Change::CarryOver(dice.is(2)),
        4 => Change::Zone(dice.pick(&ZONES)),
        5 => Change::Schedule(Some(any_schedule(dice))),
        6 => Change::Schedule((!dice.is(2)).then(|| any_schedule(dice))),
        _ => Change::Active(!dice.is(3)),
    }
}

/// Does a step in the model. A refused step changes nothing.
fn in_model(model: &mut Model, step: &Step, now: DateTime<Utc>) -> bool {
    let mut after = model.clone();
    let done = match step {
        Step::Terms(change) => {
            change_terms(&mut after, change, now);
            Ok(())
        }
        step => {
            after.trigger_due(now);
            write(&mut after, step, now)
        }
    };
    if done.is_ok() {
        *model = after;
    }
    done.is_ok()
}

fn write(model: &mut Model, step: &Step, now: DateTime<Utc>) -> Result<(), plain::Refused> {
    match *step {
        Step::Pass | Step::Terms(_) => Ok(()),
        Step::Credit { who, points } => model.credit(who, points),
        Step::Owe { who, value, is_approved, due_in } => {
            let status = if is_approved { "approved" } else { "pending" };
            let due_on = due_on(due_in, now);
            model.owed.push(Owed { status, due_on, ..Owed::new(who, value, now) });
            Ok(())
        }
        Step::Status { at, to } => model.become_status(at, to),
        Step::Reverse { of, value } => model.reverse(of, value, now),
        Step::Rewrite { at, value } => model.rewrite(at, value),
        Step::Settle { distribution } => model.settle(distribution),
        Step::Refund { distribution, amount } => model.refund(distribution, amount, now),
    }
}

fn due_on(due_in: Option<u64>, now: DateTime<Utc>) -> Option<NaiveDate> {
    due_in.map(|days| now.date_naive() + Days::new(days))
}

fn change_terms(model: &mut Model, change: &Change, now: DateTime<Utc>) {
    let was_active = model.terms.active;
    // One that is made active again first runs what it missed.
    model.terms.active |= matches!(change, Change::Active(true));
    model.trigger_due(now);
    model.terms.active = was_active;
    let before = (model.terms.zone, model.terms.schedule);
    match *change {
        Change::Pool { amount, eighths } => {
            (model.terms.amount, model.terms.eighths) = (amount, eighths);
        }
        Change::Minimum(minimum) => model.terms.minimum = minimum,
        Change::Approval(approval) => model.terms.approval = approval,
        Change::CarryOver(carry_over) => model.terms.carry_over = carry_over,
        Change::Zone(zone) => model.terms.zone = zone,
        Change::Schedule(schedule) => model.terms.schedule = schedule,
        Change::Active(active) => model.terms.active = active,
    }
    let is_moved = before != (model.terms.zone, model.terms.schedule);
    model.settle_schedule(now, is_moved);
}

/// Starts a server whose clock the histories set.
fn start(place: &Place) -> (World, Clock) {
    let clock = Clock::standing(beginning());
    let world = World::configured(place, |config| config.service.clock = clock.clone());
    (world, clock)
}

/// Returns the time between two steps.
fn any_while(dice: &mut Dice) -> TimeDelta {
    match dice.roll(3) {
        0 => TimeDelta::minutes(dice.amount(90) + 1),
        1 => TimeDelta::hours(dice.amount(30) + 1),
        _ => TimeDelta::hours(dice.amount(110) + 1),
    }
}

fn histories_equal_the_model(place: &Place) {
    let (mut world, clock) = start(place);
    let (mut accepted, mut refused) = (0, 0);
    let histories = histories(HISTORIES);
    let played = histories.clone().count();
    for history in histories {
        let mut dice = Dice(0x5eed_0000 + history as u64);
        let mut now = beginning();
        let terms = any_terms(&mut dice);
        let mut model = Model::new(terms.clone(), now);
        let mut server = Server::start(&mut world, &clock, &terms);
        let mut told = vec![format!("history {history}: {terms:?}")];
        for _ in 0..STEPS {
            now += any_while(&mut dice);
            let step = any_step(&mut dice, &model);
            told.push(format!("{now} {step:?}"));
            let told = Told(&told);
            let is_accepted = server.take(&step, &model, now);
            assert_eq!(is_accepted, in_model(&mut model, &step, now), "{}", told.0.join("\n"));
            server.compare(&model);
            if is_accepted { accepted += 1 } else { refused += 1 }
        }
        server.end();
    }
    assert!(accepted > refused && refused > played, "{accepted} and {refused}");
}

/// The steps of a history so far, which are printed if one of them fails.
struct Told<'t>(&'t [String]);

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("{}", self.0.join("\n"));
        }
    }
}

/// Passes in time, or late by any time up to the next trigger date: the same money.
fn passes_at_any_time_pay_the_same(place: &Place) {
    let (mut world, clock) = start(place);
    for history in histories(THRICE) {
        let mut dice = Dice(0x1a7e_0000 + history as u64);
        let terms = any_terms(&mut dice);
        let mut model = Model::new(terms.clone(), beginning());
        let mut server = Server::start(&mut world, &clock, &terms);
        let (mut now, mut steps) = (beginning(), Vec::new());
        for _ in 0..STEPS {
            let next = now + any_while(&mut dice);
            pass_between([now, next], (&mut server, &mut model), |_| TimeDelta::zero());
            let step = any_step(&mut dice, &model);
            take(&step, next, (&mut server, &mut model));
            steps.push((next, step));
            now = next;
        }
        server.compare(&model);
        server.end();
        let in_time = money(&model);
        for lateness in 1..=2 {
            let mut late = Dice(0x0b57_0000 + 2 * history as u64 + lateness);
            let mut model = Model::new(terms.clone(), beginning());
            let mut server = Server::start(&mut world, &clock, &terms);
            let mut now = beginning();
            for (next, step) in &steps {
                pass_between([now, *next], (&mut server, &mut model), |between| {
                    TimeDelta::seconds(late.amount(between.num_seconds().unsigned_abs()))
                });
                if !step.is_about(&model) {
                    // Nobody can name what only a pass will make.
                    take(&Step::Pass, *next, (&mut server, &mut model));
                }
                take(step, *next, (&mut server, &mut model));
                now = *next;
            }
            // The last date may still wait for its pass.
            take(&Step::Pass, now, (&mut server, &mut model));
            server.compare(&model);
            server.end();
            for (part, late) in in_time.iter().zip(&money(&model)) {
                assert_eq!(part, late, "history {history}");
            }
            assert_eq!(in_time.len(), money(&model).len(), "history {history}");
        }
    }
}

/// Does a step in both, and gives new rows their places.
#[track_caller]
fn take(step: &Step, now: DateTime<Utc>, (server, model): (&mut Server<'_>, &mut Model)) {
    let is_accepted = server.take(step, model, now);
    assert_eq!(is_accepted, in_model(model, step, now), "{step:?}");
    server.name_new_rows(model);
}

/// Runs a pass for each trigger date from `begin` to `end`: late by what `lateness` makes of the
/// time to the trigger date that follows. A pass that would come later is left to the write at
/// `end`.
fn pass_between(
    [begin, end]: [DateTime<Utc>; 2],
    (server, model): (&mut Server<'_>, &mut Model),
    mut lateness: impl FnMut(TimeDelta) -> TimeDelta,
) {
    while let Some((date, schedule)) = model.trigger_date().zip(model.terms.schedule) {
        let following = schedule.next(model.terms.zone, date);
        let earliest = date.max(begin);
        let at = earliest + lateness(following - earliest);
        if at >= end || !model.terms.active {
            return;
        }
        take(&Step::Pass, at, (&mut *server, &mut *model));
    }
}

/// Returns all money of a history, a line a distribution and an allocation.
fn money(model: &Model) -> Vec<String> {
    let mut allocations = model.allocations.clone();
    allocations.sort();
    let distributions = model.distributions.iter().map(|row| format!("{row:?}"));
    distributions.chain(allocations.iter().map(|row| format!("{row:?}"))).collect()
}
