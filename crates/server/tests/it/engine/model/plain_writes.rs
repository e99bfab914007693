//! The writes of clients in the plain model: credits, changes of obligations, settlements, refunds.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::plain::{Model, Owed, Refused, divide};

/// The statuses of obligations that count no more.
const GONE: [&str; 3] = ["cancelled", "rejected", "deleted"];

impl Model {
    /// Credits points.
    pub fn credit(&mut self, who: usize, points: i64) -> Result<(), Refused> {
        if !self.terms.active || self.open.is_none() {
            return Err(Refused);
        }
        let period = self.period.as_mut().ok_or(Refused)?;
        *period.scores.entry(who).or_default() += points;
        Ok(())
    }

    /// Returns the sum of what takes an obligation back and counts.
    pub fn taken_back(&self, of: usize) -> i64 {
        let parts = self.owed.iter().filter(|it| it.reverses == Some(of));
        let live = parts.filter(|it| !GONE.contains(&it.status));
        live.map(|it| it.value).sum()
    }

    /// Whether something takes an obligation back and counts.
    fn is_reversed(&self, at: usize) -> bool {
        self.owed.iter().any(|it| it.reverses == Some(at) && !GONE.contains(&it.status))
    }

    /// Whether there are reversals of an obligation, whatever became of them.
    fn is_named_by_reversals(&self, at: usize) -> bool {
        self.owed.iter().any(|it| it.reverses == Some(at) && it.status != "deleted")
    }

    /// Changes the status of an obligation, with a reason.
    pub fn become_status(&mut self, at: usize, to: &'static str) -> Result<(), Refused> {
        let (from, allocation) = (self.owed[at].status, self.owed[at].allocation);
        let is_reversed = self.is_reversed(at);
        let is_allowed = match (from, to) {
            (from, to) if from == to => true,
            ("pending", "approved") | ("approved", "fulfilled") | ("fulfilled", "approved") => true,
            ("pending", "rejected" | "cancelled") | ("approved", "cancelled") => !is_reversed,
            ("approved", "rejected") => allocation.is_none() && !is_reversed,
            _ => false,
        };
        if !is_allowed {
            return Err(Refused);
        }
        self.owed[at].status = to;
        if let Some(part) = allocation.filter(|_| from != to) {
            self.allocations[part].status = match (from, to) {
                ("fulfilled", _) => "returned",
                (_, "fulfilled") => "complete",
                (_, "rejected" | "cancelled") => "cancelled",
                _ => "pending",
            };
            if from == "fulfilled" {
                self.owed[at].allocation = None;
            }
            self.bring_up_to_date(self.allocations[part].distribution);
        }
        Ok(())
    }

    fn bring_up_to_date(&mut self, distribution: usize) {
        let mut own = self.allocations.iter().filter(|it| it.distribution == distribution);
        let has_pending = own.any(|it| it.status == "pending");
        self.distributions[distribution].value = Some(self.value(distribution));
        self.distributions[distribution].status =
            if has_pending { "processing" } else { "complete" };
    }

    /// Settles all of a distribution that can be paid.
    pub fn settle(&mut self, distribution: usize) -> Result<(), Refused> {
        let own = self.allocations.iter().filter(|it| it.distribution == distribution);
        let ready: Vec<usize> = own
            .filter(|it| it.status == "pending" && self.owed[it.obligation].status == "approved")
            .map(|it| it.obligation)
            .collect();
        if ready.is_empty() {
            return Err(Refused);
        }
        ready.into_iter().try_for_each(|at| self.become_status(at, "fulfilled"))
    }

    /// Refunds a part of the pool of a distribution.
    pub fn refund(
        &mut self,
        distribution: usize,
        amount: i64,
        now: DateTime<Utc>,
    ) -> Result<(), Refused> {
        let is_share = |it: &Owed| it.share.is_some_and(|(of, _)| of == distribution);
        let live = |it: &Owed| !GONE.contains(&it.status);
        let shares: BTreeMap<usize, usize> = (0..self.owed.len())
            .filter(|at| is_share(&self.owed[*at]) && live(&self.owed[*at]))
            .map(|at| (self.owed[at].who, at))
            .collect();
        let refunded = |share: usize| -> i64 {
            let parts = self.owed.iter().filter(|it| it.is_refund && it.reverses == Some(share));
            // What gave more and came to nothing is not there to be taken back.
            parts.filter(|it| it.value < 0 || live(it)).map(|it| it.value).sum()
        };
        let left: BTreeMap<usize, i64> =
            shares.iter().map(|(who, at)| (*who, self.owed[*at].value + refunded(*at))).collect();
        let net = left.values().sum::<i64>() - amount;
        if shares.is_empty() || net < 0 {
            return Err(Refused);
        }
        let weights = shares.iter().map(|(who, at)| (*who, self.owed[*at].share.unwrap().1));
        let after = divide(net, &weights.collect());
        let mut parts = Vec::new();
        for (who, share) in &shares {
            let value = after[who] - left[who];
            if value < 0 && self.owed[*share].value + self.taken_back(*share) + value < 0 {
                return Err(Refused);
            }
            parts.push((*who, *share, value));
        }
        for (who, share, value) in parts.into_iter().filter(|(_, _, value)| *value != 0) {
            let part = Owed {
                status: self.first_status(),
                reverses: Some(share),
                is_refund: true,
                ..Owed::new(who, value, now)
            };
            self.owed.push(part);
        }
        Ok(())
    }

    /// Takes back a part of an obligation.
    pub fn reverse(&mut self, of: usize, value: i64, now: DateTime<Utc>) -> Result<(), Refused> {
        let whole = &self.owed[of];
        let left = whole.value + self.taken_back(of);
        let is_part = value.signum() == -left.signum() && value.abs() <= left.abs();
        let is_binding = ["approved", "fulfilled"].contains(&whole.status);
        if whole.reverses.is_some() || !is_binding || left == 0 || !is_part {
            return Err(Refused);
        }
        let who = whole.who;
        self.owed.push(Owed { reverses: Some(of), ..Owed::new(who, value, now) });
        Ok(())
    }

    /// Changes the value of an obligation or, without one, deletes it.
    pub fn rewrite(&mut self, at: usize, value: Option<i64>) -> Result<(), Refused> {
        let owed = &self.owed[at];
        if owed.status != "deleted" && value == Some(owed.value) {
            // Nothing changes.
            return Ok(());
        }
        let is_open = ["pending", "approved"].contains(&owed.status) && owed.allocation.is_none();
        if !is_open || self.is_reversed(at) || owed.is_refund || owed.share.is_some() {
            return Err(Refused);
        }
        match value {
            Some(value) => self.owed[at].value = value,
            // What was allocated or reversed once is not forgotten.
            None if self.allocations.iter().any(|it| it.obligation == at) => return Err(Refused),
            None if self.is_named_by_reversals(at) => return Err(Refused),
            None => self.owed[at].status = "deleted",
        }
        Ok(())
    }
}
