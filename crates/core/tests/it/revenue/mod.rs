//! Deals, their distributions, day slices, items and reports.

mod accruals;
mod deals;
mod distributed;
mod explanations;
mod item_pages;
mod report_groups;
mod report_rows;
mod reports;
mod revenue_distributions;
mod revenue_items;
mod slicing;
