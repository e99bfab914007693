//! The calendar: ranges of whole days, the periods that reports are made by, and schedules.
//!
//! | word | meaning |
//! |---|---|
//! | [`DateRange`] | at least one day, as dates; what a distribution is spread over |
//! | [`DaySpan`](day_span::DaySpan) | the same days as two numbers, for fast sums |
//! | [`Window`](window::Window) | the unbroken days that a report looks at; it may be empty |
//! | [`DaySet`](day_set::DaySet) | the days that a list looks at; it may have gaps |
//! | [`Period`] | a kind of period: day, week, month, quarter or year |
//! | [`PeriodSpan`] | one whole period of a kind, such as July 2025 |
//!
//! Days are whole days: there are no hours and no working days here, and the caller says which day
//! is today. Only [`schedule`] knows times of day and time zones.

mod date_range;
pub mod day_set;
pub mod day_span;
mod period;
pub mod schedule;
pub mod window;

pub use date_range::{CalendarError, DateRange, FIRST_DAY, LAST_DAY, MAX_DAYS, in_calendar};
pub use period::{Period, PeriodSpan};
