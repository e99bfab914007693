//! Deals, their distributions, day slices, items and reports.

mod deal_totals;
mod deals;
mod item_pages;
mod recognition;
mod report_groups;
mod report_rows;
mod reports;
mod revenue_distributions;
mod revenue_items;
mod slice_explanations;
mod slicing;
