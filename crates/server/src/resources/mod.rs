//! The resource types that the API serves, with one file for each type. Not here: the types of
//! report rows and previews (`revenue::report_row` and `payouts::preview_types`), and the handling
//! of requests (`endpoints`).

pub(crate) mod administration;
pub(crate) mod payouts;
pub(crate) mod revenue;

use std::sync::{Arc, LazyLock};

use apportion_jsonapi::Registry;
use apportion_store::Field;

use crate::catalog::{Resources, Served, TypeError};
use crate::payouts::preview_types;
use crate::revenue::report_row;

static OWN: LazyLock<Arc<Resources>> = LazyLock::new(|| Arc::new(Resources::new(types())));

/// Returns the types that Apportion serves.
pub fn own() -> Arc<Resources> {
    Arc::clone(&OWN)
}

/// Returns the types that Apportion serves, followed by the types of a program that embeds the
/// server.
///
/// # Errors
///
/// A name cannot be used or occurs twice, or a relationship leads nowhere. That a field is not in
/// the table of its type is an error when a server starts.
pub fn with(others: Vec<Box<dyn Served>>) -> Result<Arc<Resources>, TypeError> {
    Resources::with(types(), others).map(Arc::new)
}

/// Returns the declarations of the types that Apportion serves.
pub fn registry() -> &'static Registry<Field> {
    OWN.registry()
}

fn types() -> Vec<Box<dyn Served>> {
    vec![
        Box::new(administration::organization::resource()),
        Box::new(administration::person::resource()),
        Box::new(revenue::deal::resource()),
        Box::new(revenue::revenue_distribution::resource()),
        Box::new(revenue::revenue_item::RevenueItems::new()),
        Box::new(payouts::collaborator::resource()),
        Box::new(payouts::distributor::resource()),
        Box::new(payouts::metric::resource()),
        Box::new(payouts::metric_credit::resource()),
        Box::new(payouts::obligation::resource()),
        Box::new(payouts::distribution::resource()),
        Box::new(payouts::allocation::resource()),
        Box::new(payouts::settlement::resource()),
        Box::new(payouts::distribution_refund::resource()),
        Box::new(administration::check::Checks::new()),
        Box::new(administration::event::resource()),
        Box::new(administration::token::resource()),
        Box::new(report_row::resource()),
        Box::new(preview_types::distribution_previews()),
        Box::new(preview_types::allocation_previews()),
    ]
}
