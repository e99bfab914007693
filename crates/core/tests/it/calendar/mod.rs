//! Ranges, periods, windows and schedules.

mod periods;
mod ranges;
mod schedule_laws;
mod schedule_oracle;
mod schedules;
mod schedules_clocks;
mod schedules_refused;
mod windows;
