//! Ranges, periods, windows and schedules.

mod day_sets;
mod periods;
mod ranges;
mod schedule_oracle;
mod schedule_properties;
mod schedules;
mod schedules_clocks;
mod schedules_refused;
mod schedules_rfc;
mod windows;
