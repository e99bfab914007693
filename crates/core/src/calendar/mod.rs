//! The calendar: ranges of whole days, the periods that reports are made by, and schedules.
//!
//! Days are whole days: there are no hours or working days here, and the caller says which day is
//! today. Only [`crate::schedule`] knows times and time zones.

mod date_range;
pub mod day_span;
mod period;
pub mod schedule;
pub mod window;

pub use date_range::{CalendarError, DateRange, FIRST_DAY, LAST_DAY, MAX_DAYS, in_calendar};
pub use period::{Period, PeriodSpan};
