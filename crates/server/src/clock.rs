//! The one place where the time is read.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDateTime, SubsecRound, Utc};

/// The clock of a server: the system's or, so that tests can play through any past and future, one
/// that is set by hand. Clones show the same time.
///
/// Revenue items say by the system's clock what is recognised.
#[derive(Clone, Debug, Default)]
pub struct Clock(Option<Arc<AtomicI64>>);

impl Clock {
    /// Returns the clock of the system.
    #[must_use]
    pub fn system() -> Self {
        Self(None)
    }

    /// Makes a clock that stands still, to the millisecond, until it is set.
    #[must_use]
    pub fn standing(at: DateTime<Utc>) -> Self {
        Self(Some(Arc::new(AtomicI64::new(at.timestamp_millis()))))
    }

    /// Sets the clock and all of its clones. Does nothing to the clock of the system.
    pub fn set(&self, at: DateTime<Utc>) {
        if let Some(millis) = &self.0 {
            millis.store(at.timestamp_millis(), Ordering::Release);
        }
    }

    /// Returns the instant that the clock shows.
    #[must_use]
    pub fn instant(&self) -> DateTime<Utc> {
        let millis = self.0.as_ref().map(|millis| millis.load(Ordering::Acquire));
        millis.and_then(DateTime::from_timestamp_millis).unwrap_or_else(instant)
    }

    /// Returns the same instant without its zone, cut to milliseconds.
    pub(crate) fn now(&self) -> NaiveDateTime {
        self.instant().naive_utc().trunc_subsecs(3)
    }
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
