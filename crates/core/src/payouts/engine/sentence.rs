//! The sentences of a plan: about the plan itself, its allocations, and those who get nothing.
//!
//! Only words; every figure in them is one of the plan's.

use crate::money::units::Units;
use crate::payouts::accumulation::{Accumulation, Net};
use crate::payouts::engine::plan::{Basis, Failure, Plan, UnpaidCollaborator, UnpaidReason};
use crate::payouts::sharing::share_explanation::PoolAmount;
use crate::payouts::sharing::share_rule::ShareRule;

/// The number of collaborators who share a pool, and the sum of their weights.
#[derive(Clone, Copy)]
pub(crate) struct Takers {
    /// The number of collaborators.
    pub(crate) count: u64,
    /// The sum of the weights that they share by.
    pub(crate) total_score: i128,
}

impl Plan {
    /// Says why a collaborator gets nothing.
    #[must_use]
    pub fn reason(&self, unpaid: &UnpaidCollaborator) -> String {
        let amount = |minor: i128| self.units.amount(minor);
        match unpaid.reason {
            UnpaidReason::NoScore => "No score in the period.".to_owned(),
            UnpaidReason::NotTopScore { score, top } => {
                format!("The score of {score} is below the top score of {top}.")
            }
            UnpaidReason::EmptyPool => "There is nothing to share.".to_owned(),
            UnpaidReason::NegativePool => {
                "The pool is below zero and is carried to the next period.".to_owned()
            }
            UnpaidReason::ShareOfZero(share) => self
                .shared
                .as_ref()
                .map(|shared| shared.explain(share).sentence)
                .unwrap_or_default(),
            UnpaidReason::NothingDue => "Nothing is owed and due.".to_owned(),
            UnpaidReason::NetNotPositive { net } => {
                format!("The net of {} is not above zero and waits.", amount(net))
            }
            UnpaidReason::BelowMinimum { net, minimum } => format!(
                "The net of {} is below the minimum of {} and waits.",
                amount(net),
                amount(minimum.into())
            ),
        }
    }
}

impl Plan {
    /// Returns the sentence of the explanation, followed by one for each currency that the pool
    /// does not count.
    #[must_use]
    pub fn sentence(&self) -> String {
        let left_out = self.uncounted.iter().map(|left_out| left_out.sentence(&self.units));
        let all = std::iter::once(self.explanation.sentence.clone()).chain(left_out);
        all.collect::<Vec<_>>().join(" ")
    }
}

impl Net {
    /// Says what an obligation contributes to the net: all of it, or one part among several.
    /// `value` is that of the obligation, in minor units.
    #[must_use]
    pub fn sentence(&self, value: i64, units: &Units) -> String {
        let [value, whole] = [value, self.value].map(|part| units.amount(part));
        match self.parts {
            1 => format!("{value}: all that is owed and due."),
            parts => format!("{value}: one of {parts} obligations, {whole} together."),
        }
    }
}

/// Says what there is to pay, where it comes from, and what was carried to it.
pub(crate) fn pool(units: &Units, basis: &Basis, pool: PoolAmount) -> String {
    let PoolAmount { total, carried } = pool;
    let amount = |minor: i128| units.amount(minor);
    let own = i128::from(total).saturating_sub(carried.into());
    let source = match basis {
        Basis::Revenue { from, until, recognized, percentage } => format!(
            ", {percentage}% of the {} recognised from {from} until before {until}",
            amount(*recognized)
        ),
        Basis::Amount(_) | Basis::Collected(_) => String::new(),
    };
    let carried = match carried {
        0 => String::new(),
        _ => format!(
            "; with {} carried over, it is {}",
            amount(carried.into()),
            amount(total.into())
        ),
    };
    format!("The pool is {}{source}{carried}.", amount(own))
}

/// Says how a pool is shared, or why it is not.
pub(crate) fn sharing(rule: ShareRule, takers: Takers, pool: i64) -> String {
    let collaborators = count(takers.count, "collaborator");
    match (takers.count, pool, rule) {
        (_, ..0, _) => "It is below zero, so it is carried to the next period.".to_owned(),
        (0, ..) => "Nobody has a score above 0, so nothing is shared.".to_owned(),
        (_, 0, _) => "There is nothing to share.".to_owned(),
        (_, _, ShareRule::Evenly) => format!("It is shared evenly by {collaborators}."),
        (_, _, ShareRule::Performance) => {
            format!("It is shared by {collaborators} with {}.", count(takers.total_score, "point"))
        }
        (_, _, ShareRule::TopScore) => {
            format!("It is shared evenly by {collaborators} with the top score.")
        }
    }
}

/// Says what is owed and paid, and how many collaborators must wait.
pub(crate) fn owed(units: &Units, paid: &Accumulation) -> String {
    format!(
        "{} is owed and due: {} to {}.{}",
        units.amount(paid.value),
        count(number(paid.collected.len()), "obligation"),
        count(paid.collaborators, "collaborator"),
        waiting(paid),
    )
}

/// Says what is paid of the shares together with what is owed. Returns `None` if only shares are
/// paid, and all of them.
pub(crate) fn netted(units: &Units, paid: &Accumulation) -> Option<String> {
    if paid.collected.is_empty() && paid.waiting.is_empty() {
        return None;
    }
    let owed = match paid.collected.len() {
        0 => String::new(),
        collected => format!("With {} owed and due, ", count(number(collected), "obligation")),
    };
    Some(format!(
        "{owed}{} is paid to {}.{}",
        units.amount(paid.value),
        count(paid.collaborators, "collaborator"),
        waiting(paid),
    ))
}

/// Says how many collaborators must wait, if any must.
fn waiting(paid: &Accumulation) -> String {
    match paid.waiting.len() {
        0 => String::new(),
        waiting => format!(" {} must wait.", count(number(waiting), "collaborator")),
    }
}

fn number(length: usize) -> i128 {
    i128::try_from(length).unwrap_or(i128::MAX)
}

/// Writes a number and a noun, whose plural must end in `s`.
fn count(number: impl Into<i128>, thing: &str) -> String {
    match number.into() {
        1 => format!("1 {thing}"),
        number => format!("{number} {thing}s"),
    }
}

/// Says why a distribution failed.
pub(crate) fn failed(failure: &Failure) -> String {
    format!("Failed: {failure}. Nothing is paid, and the next distribution takes over the period.")
}
