//! The cells of tables, worked out from JSON:API resources apart from the code of the server.

use std::collections::HashMap;

use serde_json::Value;

use crate::support::world::World;

/// The attributes that are amounts, and where a row has their currency: an attribute, its
/// distribution, or EUR where all rows have the currency of the organization.
pub const AMOUNTS: &[(&str, &[&str], &str)] = &[
    ("deals", &["value", "distributed_amount", "undistributed_amount"], "currency"),
    ("deals", &["value_default"], "EUR"),
    ("revenue_distributions", &["amount", "amount_normalized"], "currency"),
    ("revenue_distributions", &["amount_default"], "EUR"),
    ("revenue_distributions", &["daily_amount_min", "daily_amount_max"], "currency"),
    ("revenue_items", &["amount", "projected_amount"], "currency"),
    ("revenue_items", &["amount_default", "projected_amount_default"], "EUR"),
    ("distributors", &["pool_amount", "minimum_value", "accumulated_value"], "units"),
    ("obligations", &["value"], "units"),
    ("distributions", &["value"], "distributor_units"),
    ("allocations", &["value"], "distribution"),
    ("distribution_refunds", &["amount"], "distribution"),
];

/// Writes an amount in units of its currency, apart from the code of the server.
fn amount(minor: i64, currency: &str) -> String {
    let decimals = match currency {
        "JPY" => 0,
        "KWD" => 3,
        code if code.len() == 3 && code.chars().all(|c| c.is_ascii_uppercase()) => 2,
        _ => 0,
    };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{whole}{point}{fraction}", if minor < 0 { "-" } else { "" })
}

/// The units of distributions, by their ids.
pub type DistributionUnits = HashMap<String, String>;

/// Returns the units of all distributions.
pub fn distribution_units(world: &World) -> DistributionUnits {
    let rows = resources(world, "/distributions?fields[distributions]=distributor_units");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    rows.iter()
        .map(|row| (text(&row["id"]), text(&row["attributes"]["distributor_units"])))
        .collect()
}

/// Returns the currency of an attribute that is an amount.
pub fn currency(name: &str, resource: &Value, units: &DistributionUnits) -> Option<String> {
    let kind = resource["type"].as_str().unwrap();
    let own =
        |(of, names, _): &&(&str, &[&str], &'static str)| *of == kind && names.contains(&name);
    let (.., from) = AMOUNTS.iter().find(own)?;
    Some(match *from {
        "EUR" => "EUR".to_owned(),
        "distribution" => {
            let id = resource["relationships"]["distribution"]["data"]["id"].as_str().unwrap();
            units[id].clone()
        }
        attribute => resource["attributes"][attribute].as_str().unwrap().to_owned(),
    })
}

/// Returns the cell that a member of a JSON:API resource stands for.
pub fn cell(name: &str, resource: &Value, units: &DistributionUnits) -> String {
    match &resource["attributes"][name] {
        Value::Null => String::new(),
        Value::Number(number) => match currency(name, resource, units) {
            Some(currency) => amount(number.as_i64().unwrap(), &currency),
            None => number.to_string(),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the rows of a list as JSON:API, by cursors.
pub fn resources(world: &World, path: &str) -> Vec<Value> {
    let (mut rows, mut next) = (Vec::new(), Some(format!("{path}&page[after]=&page[size]=3")));
    while let Some(path) = next {
        let page = world.get(&path).expect(200).json();
        rows.extend(page["data"].as_array().unwrap().iter().cloned());
        let link = page["links"]["next"].as_str();
        next = link.map(|link| link.split_once("/api/v2").unwrap().1.to_owned());
    }
    rows
}
