//! The one place where the time is read, and where it is noticed that the clock was set.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use apportion_store::{Session, Store};
use chrono::{DateTime, NaiveDateTime, SubsecRound, TimeDelta, Utc};
use rustix::time::{ClockId, clock_gettime};
use uuid::{NoContext, Timestamp, Uuid};

/// The clock of a server: the system's or, so that tests can play through any past and future, one
/// that is set by hand. Clones show the same time.
///
/// Revenue items say by the system's clock what is recognised.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<Hands>>);

/// The two times of a clock that is set by hand, in milliseconds.
#[derive(Debug)]
struct Hands {
    /// The time of day, since 1970.
    wall: AtomicI64,
    /// The time that has passed.
    steady: AtomicI64,
}

impl Clock {
    /// Returns the clock of the system.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// Makes a clock that stands still, to the millisecond, until it is set.
    #[must_use]
    pub fn standing(at: DateTime<Utc>) -> Self {
        let (wall, steady) = (AtomicI64::new(at.timestamp_millis()), AtomicI64::new(0));
        Self(Some(Arc::new(Hands { wall, steady })))
    }

    /// Sets the clock and all of its clones, as if the time between had passed. Does nothing to the
    /// clock of the system.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(hands) = &self.0 {
            let before = hands.wall.swap(at.timestamp_millis(), Ordering::AcqRel);
            let passed = at.timestamp_millis().saturating_sub(before);
            hands.steady.fetch_add(passed, Ordering::AcqRel);
        }
    }

    /// Sets the clock and all of its clones, as somebody does who sets it wrong: no time passes.
    /// Does nothing to the clock of the system.
    pub fn jump(&self, at: DateTime<Utc>) {
        if let Some(hands) = &self.0 {
            hands.wall.store(at.timestamp_millis(), Ordering::Release);
        }
    }

    /// Returns the instant that the clock shows.
    #[must_use]
    pub fn instant(&self) -> DateTime<Utc> {
        let millis = self.0.as_ref().map(|hands| hands.wall.load(Ordering::Acquire));
        millis.and_then(DateTime::from_timestamp_millis).unwrap_or_else(instant)
    }

    /// Returns the same instant without its zone, cut to milliseconds.
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.instant().naive_utc().trunc_subsecs(3)
    }

    /// Makes an id that sorts by the time of the clock (UUID version 7), to the millisecond. Before
    /// 1970 it has the time 0.
    pub(crate) fn new_id(&self) -> Uuid {
        let millis = u64::try_from(self.instant().timestamp_millis()).unwrap_or(0);
        let nanos = u32::try_from(millis.checked_rem(1_000).unwrap_or(0)).unwrap_or(0);
        let nanos = nanos.saturating_mul(1_000_000);
        Uuid::new_v7(Timestamp::from_unix(NoContext, millis / 1_000, nanos))
    }

    /// Returns the time that has passed since some moment. On the clock of the system the time of
    /// its sleep counts, and nobody can set it.
    fn steady(&self) -> TimeDelta {
        if let Some(hands) = &self.0 {
            return TimeDelta::milliseconds(hands.steady.load(Ordering::Acquire));
        }
        let passed = clock_gettime(ClockId::Boottime);
        let nanos = u32::try_from(passed.tv_nsec).unwrap_or(0);
        TimeDelta::new(passed.tv_sec, nanos).unwrap_or_default()
    }

    fn is_of_the_system(&self) -> bool {
        self.0.is_none()
    }
}

/// The largest difference between two clocks that is no jump.
const MAX_DRIFT: TimeDelta = TimeDelta::hours(1);

/// A watch over a clock: it notices when the time of day parts from the time that has passed, or
/// from the time of the database. It starts anew with the process, which cannot know what was
/// before.
#[derive(Clone, Debug)]
pub(crate) struct ClockWatch {
    clock: Clock,
    /// The time of day at which no time had passed.
    origin: DateTime<Utc>,
    /// The time by which the clock is ahead of the database's, in milliseconds, when last seen.
    ahead_of_database: Arc<AtomicI64>,
}

impl ClockWatch {
    /// Starts to watch a clock, which is taken to be right now.
    pub(crate) fn over(clock: &Clock) -> Self {
        let origin = origin(clock);
        Self { clock: clock.clone(), origin, ahead_of_database: Arc::default() }
    }

    /// Compares the clock with that of the database, if it has one, and returns the time by which
    /// it is wrong, if it is.
    pub(crate) async fn look(&self, store: &Store) -> Option<TimeDelta> {
        if let Ok(Some(time)) = store.read_at_once(Session::time).await {
            self.compare_with(time);
        }
        self.jump()
    }

    /// Notes the time of the database's own clock. A clock that is set by hand need not agree with
    /// it.
    fn compare_with(&self, database: NaiveDateTime) {
        if self.clock.is_of_the_system() {
            let ahead = self.clock.now().signed_duration_since(database).num_milliseconds();
            self.ahead_of_database.store(ahead, Ordering::Release);
        }
    }

    /// Returns the time by which the clock is wrong, ahead if it is above 0; `None` if it may be
    /// right.
    pub(crate) fn jump(&self) -> Option<TimeDelta> {
        let by_itself = origin(&self.clock).signed_duration_since(self.origin);
        let ahead = TimeDelta::milliseconds(self.ahead_of_database.load(Ordering::Acquire));
        [by_itself, ahead].into_iter().find(|jump| jump.abs() > MAX_DRIFT)
    }
}

/// Returns the time of day at which no time had passed.
fn origin(clock: &Clock) -> DateTime<Utc> {
    let now = clock.instant();
    now.checked_sub_signed(clock.steady()).unwrap_or(now)
}

/// Says in words that a clock is wrong.
pub(crate) fn describe(jump: TimeDelta) -> String {
    let (hours, way) =
        (jump.num_hours().abs(), if jump > TimeDelta::zero() { "ahead" } else { "back" });
    format!("the clock of the server has jumped {hours} h {way}")
}

/// Returns the present instant in UTC, cut to milliseconds.
pub(crate) fn now() -> NaiveDateTime {
    Clock::system().now()
}

/// Returns the present instant in UTC.
#[expect(clippy::disallowed_methods, reason = "this is the place where the time is read")]
pub(crate) fn instant() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::{Clock, ClockWatch};

    #[test]
    fn a_clock_that_differs_from_the_databases_is_wrong() {
        let clock = Clock::system();
        let watch = ClockWatch::over(&clock);
        for (minutes, is_wrong) in [(0, false), (59, false), (-59, false), (61, true), (-61, true)]
        {
            watch.compare_with(clock.now() + TimeDelta::minutes(minutes));
            assert_eq!(watch.jump().is_some(), is_wrong, "{minutes} minutes");
        }
        watch.compare_with(clock.now());
        assert_eq!(watch.jump(), None);
    }
}
