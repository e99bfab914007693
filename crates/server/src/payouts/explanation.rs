//! Explanations as JSON text: the figures and the sentence that say how a distribution or an
//! allocation was computed. This module also reads and writes the JSON text of the figures that all
//! shares of a distribution have in common, which is stored with the distribution. Not here: the
//! computation of the figures (`apportion-core`).

use apportion_core::accumulation::Net;
use apportion_core::engine::{Basis, Origin, Plan, PlannedAllocation, UnpaidCollaborator};
use apportion_core::share_explanation::{RankedWeight, ShareExplanation, SharedPool};
use apportion_core::uncounted::UncountedRevenue;
use apportion_core::units::Units;
use apportion_jsonapi::json::Json;
use apportion_jsonapi::value::parse_integer;
use apportion_store::allocation::AllocationRow;
use apportion_store::checks::{Circumstances, ExplainedPool};

use crate::clock;

/// The JSON schema of an explanation in the API description.
pub(crate) const OBJECT: &str = r#"{"type": "object"}"#;

/// Returns the explanation of a stored allocation, or `None` if its row lacks the figures.
pub(crate) fn of_allocation(row: &AllocationRow) -> Option<String> {
    let units: Units = row.units.parse().ok()?;
    if let (Some(value), Some(parts)) = (row.stored.net_value, row.stored.net_parts) {
        let net = Net { value, parts: u64::try_from(parts).ok()? };
        return Some(of_part(net, row.stored.value, &units));
    }
    let shared = read_shared_pool(row.shared_pool.as_deref()?, units)?;
    let rank = u64::try_from(row.rank?).ok()?;
    let placed = RankedWeight { weight: row.weight?, rank };
    // A weight that does not fit the total of the pool cannot be explained.
    let fits = shared.total_weight > 0 && (0..=shared.total_weight).contains(&placed.weight.into());
    fits.then(|| of_share(&shared.explain(placed)))
}

/// Returns the explanation of a planned allocation. It equals the one that [`of_allocation`]
/// returns once the allocation is stored.
pub(crate) fn of_planned(plan: &Plan, allocation: &PlannedAllocation) -> Option<String> {
    match allocation.origin {
        Origin::Share(placed) => Some(of_share(&plan.shared.as_ref()?.explain(placed))),
        Origin::Collected { net, .. } => Some(of_part(net, allocation.value, &plan.units)),
    }
}

/// Returns the explanation of a planned distribution, which is also stored with it.
pub(crate) fn of_plan(plan: &Plan) -> String {
    let told = &plan.explanation;
    let unpaid = |unpaid: &UnpaidCollaborator| {
        object(&[
            ("collaborator_id", Figure::Text(unpaid.collaborator_id.to_string())),
            ("share", Figure::optional(unpaid.share)),
            ("open", Figure::optional(unpaid.open)),
            ("net", Figure::optional(unpaid.net())),
            ("minimum", Figure::optional(unpaid.minimum)),
            ("reason", Figure::Text(plan.reason(unpaid))),
        ])
    };
    let unpaid: Vec<String> = told.unpaid.iter().map(unpaid).collect();
    object(&[
        ("pool", Figure::Number(told.pool.to_string())),
        ("carried", Figure::Number(told.carried.to_string())),
        ("total_score", Figure::Number(told.total_score.to_string())),
        ("basis", Figure::Json(of_basis(&told.basis, &plan.uncounted))),
        ("unpaid", Figure::Json(format!("[{}]", unpaid.join(",")))),
        ("sentence", Figure::Text(plan.sentence())),
    ])
}

/// Returns what the checks need to know besides the rows.
pub(crate) fn circumstances() -> Circumstances {
    Circumstances { now: clock::now(), read_waiting: waiting, read_pool: revenue_pool }
}

/// Returns the ids of the collaborators who, by the stored explanation of a distribution, are owed
/// and get nothing, with the figures for it.
fn waiting(explanation: &str) -> Vec<i64> {
    let Ok(json) = Json::parse(explanation.as_bytes()) else { return Vec::new() };
    let Some(Json::Array(unpaid)) = json.member("unpaid") else { return Vec::new() };
    let id = |one: &Json<'_>| match one.member("collaborator_id") {
        Some(Json::Text(id)) => id.parse().ok(),
        _ => None,
    };
    unpaid.iter().filter(|one| explains(one)).filter_map(id).collect()
}

/// Whether the figures of a payee say why nothing is paid: the share and what is open add up to the
/// net, which is not above zero or below the minimum.
fn explains(unpaid: &Json<'_>) -> bool {
    let number = |name: &str| match unpaid.member(name)? {
        Json::Number(digits) => digits.parse::<i128>().ok(),
        _ => None,
    };
    let Some(open) = number("open") else { return false };
    let net = number("share").unwrap_or_default().saturating_add(open);
    let is_small = number("minimum").is_some_and(|minimum| net < minimum);
    number("net") == Some(net) && (net <= 0 || is_small)
}

/// Returns the figures of a pool that is a part of revenue, from the stored explanation of its
/// distribution.
fn revenue_pool(explanation: &str) -> Option<ExplainedPool> {
    let json = Json::parse(explanation.as_bytes()).ok()?;
    let basis = json.member("basis")?;
    let text = |name: &str| match basis.member(name)? {
        Json::Text(text) => Some(text.to_string()),
        _ => None,
    };
    let digits = |json: &Json<'_>, name: &str| match json.member(name)? {
        Json::Number(digits) => Some(digits.to_string()),
        _ => None,
    };
    Some(ExplainedPool {
        pool: digits(&json, "pool")?.parse().ok()?,
        recognized: digits(basis, "recognized")?.parse().ok()?,
        percentage: text("percentage")?.parse().ok()?,
        from: text("from")?.parse().ok()?,
        until: text("until")?.parse().ok()?,
    })
}

/// Returns the source of a pool, and the revenue that it does not count, if there is any.
fn of_basis(basis: &Basis, uncounted: &[UncountedRevenue]) -> String {
    match basis {
        Basis::Amount(amount) => object(&[("amount", Figure::Number(amount.to_string()))]),
        Basis::Collected(sum) => object(&[("collected", Figure::Number(sum.to_string()))]),
        Basis::Revenue { from, until, recognized, percentage } => {
            let mut members = vec![
                ("from", Figure::Text(from.to_string())),
                ("until", Figure::Text(until.to_string())),
                ("recognized", Figure::Number(recognized.to_string())),
                ("percentage", Figure::Text(percentage.to_string())),
            ];
            if !uncounted.is_empty() {
                members.push(("uncounted", Figure::Json(of_uncounted(uncounted))));
            }
            object(&members)
        }
    }
}

fn of_uncounted(uncounted: &[UncountedRevenue]) -> String {
    let one = |left_out: &UncountedRevenue| {
        object(&[
            ("currency", Figure::Text(left_out.currency.code().to_owned())),
            ("amount", Figure::Number(left_out.amount.to_string())),
        ])
    };
    let all: Vec<String> = uncounted.iter().map(one).collect();
    format!("[{}]", all.join(","))
}

/// Returns the explanation of one obligation in a net of collected obligations.
fn of_part(net: Net, value: i64, units: &Units) -> String {
    object(&[
        ("net", Figure::Number(net.value.to_string())),
        ("parts", Figure::Number(net.parts.to_string())),
        ("sentence", Figure::Text(net.sentence(value, units))),
    ])
}

/// Returns the explanation of a share of a pool.
fn of_share(share: &ShareExplanation) -> String {
    object(&[
        ("pool", Figure::Number(share.pool.to_string())),
        ("score", Figure::Number(share.score.to_string())),
        ("total_score", Figure::Number(share.total_score.to_string())),
        ("exact", Figure::Text(share.exact.to_string())),
        ("floor", Figure::Number(share.floor.to_string())),
        ("remainder", Figure::Text(share.remainder.to_string())),
        ("rank", Figure::Number(share.rank.to_string())),
        ("extra_unit", Figure::Boolean(share.extra_unit)),
        ("carried", Figure::Number(share.carried.to_string())),
        ("sentence", Figure::Text(share.sentence.clone())),
    ])
}

/// Writes the figures that all shares of a pool have in common as the JSON object that is stored.
/// The units are not part of it, because they are stored with the distribution.
pub(crate) fn write_shared_pool(shared: &SharedPool) -> String {
    object(&[
        ("pool", Figure::Number(shared.pool.to_string())),
        ("carried", Figure::Number(shared.carried.to_string())),
        ("total_weight", Figure::Number(shared.total_weight.to_string())),
        ("extra_units", Figure::Number(shared.extra_units.to_string())),
        ("is_even", Figure::Boolean(shared.is_even)),
    ])
}

fn read_shared_pool(text: &str, units: Units) -> Option<SharedPool> {
    let json = Json::parse(text.as_bytes()).ok()?;
    let digits = |name: &str| match json.member(name) {
        Some(Json::Number(digits)) => Some(digits.as_ref()),
        _ => None,
    };
    Some(SharedPool {
        units,
        pool: parse_integer(digits("pool")?)?,
        carried: parse_integer(digits("carried")?)?,
        total_weight: digits("total_weight")?.parse().ok()?,
        extra_units: digits("extra_units")?.parse().ok()?,
        is_even: json.member("is_even") == Some(&Json::Boolean(true)),
    })
}

/// The value of a member of an explanation.
enum Figure {
    /// An integer, as decimal digits of any length.
    Number(String),
    Text(String),
    Boolean(bool),
    /// The JSON text of an object or an array.
    Json(String),
}

impl Figure {
    fn optional(number: Option<impl ToString>) -> Self {
        number.map_or(Self::Json("null".to_owned()), |number| Self::Number(number.to_string()))
    }
}

fn object(members: &[(&'static str, Figure)]) -> String {
    let json = |figure: &Figure| match figure {
        Figure::Number(text) | Figure::Json(text) => text.clone(),
        Figure::Text(text) => Json::Text(text.into()).compact(),
        Figure::Boolean(value) => value.to_string(),
    };
    let members = members.iter().map(|(name, figure)| format!("\"{name}\":{}", json(figure)));
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
