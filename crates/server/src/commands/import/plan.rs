//! The plan of a command: the rows that were judged and are about to be inserted or changed, and
//! the stored rows that they were judged by. Not here: the judging (`judge`), and the transaction
//! that writes them (`write`).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use apportion_core::deal::DealMoney;
use apportion_core::deal_totals::DealTotals;
use apportion_core::metric_credit::MetricCreditTerms;
use apportion_core::obligation::{ObligationStatus, ObligationTerms};
use apportion_core::units::Units;
use apportion_jsonapi::Input;
use apportion_store::ExternalId;
use apportion_store::collaborator::{CollaboratorRow, WrittenCollaborator};
use apportion_store::deal::WrittenDeal;
use apportion_store::distributor::DistributorRow;
use apportion_store::import::NewImport;
use apportion_store::person::WrittenPerson;
use apportion_store::revenue_distribution::WrittenRevenueDistribution;

use super::faults::EXTERNAL_ID;
use super::names::{PlannedNames, Reference};

/// The rows of all files of a command.
#[derive(Default)]
pub(super) struct Plan {
    /// The types of all files.
    pub(super) kinds: BTreeSet<&'static str>,
    pub(super) files: Vec<NewImport>,
    /// The names of the rows that are inserted, by their types. For collaborators they are the
    /// e-mail addresses, as they are compared.
    pub(super) names: BTreeMap<&'static str, PlannedNames>,
    pub(super) people: Vec<(WrittenPerson, ExternalId)>,
    pub(super) collaborators: Vec<(WrittenCollaborator, ExternalId)>,
    pub(super) deals: Vec<PlannedDeal>,
    pub(super) distributions: Vec<PlannedDistribution>,
    pub(super) distributors: Vec<PlannedDistributor>,
    pub(super) obligations: Vec<PlannedObligation>,
    pub(super) credits: Vec<PlannedCredit>,
    pub(super) changes: Vec<PlannedChange>,
    /// The number of stored rows, by their types, that are already as their lines say.
    pub(super) unchanged: BTreeMap<&'static str, usize>,
    pub(super) stored: StoredRows,
}

/// A deal that is about to be inserted, with the sums of its distributions.
pub(super) struct PlannedDeal {
    pub(super) external_id: ExternalId,
    pub(super) written: WrittenDeal,
    pub(super) money: DealMoney,
    pub(super) totals: DealTotals,
}

/// A revenue distribution; the id of its deal is not filled in.
pub(super) struct PlannedDistribution {
    pub(super) external_id: ExternalId,
    pub(super) deal: Reference,
    pub(super) written: WrittenRevenueDistribution,
}

/// A distributor, which is inserted by the same way as by a request.
pub(super) struct PlannedDistributor {
    pub(super) units: Units,
    pub(super) input: Input,
}

/// An obligation, whose distributor and collaborator may be planned too.
pub(super) struct PlannedObligation {
    pub(super) external_id: ExternalId,
    pub(super) distributor: Reference,
    pub(super) collaborator: Reference,
    pub(super) reverses: Option<i64>,
    pub(super) units: Units,
    pub(super) terms: ObligationTerms,
}

/// A metric credit of a stored collaborator by a stored distributor.
pub(super) struct PlannedCredit {
    pub(super) external_id: ExternalId,
    pub(super) distributor: i64,
    pub(super) collaborator: i64,
    pub(super) terms: MetricCreditTerms,
}

/// A change of a stored row, which is made by the same way as by a request.
pub(super) struct PlannedChange {
    pub(super) kind: &'static str,
    pub(super) id: i64,
    pub(super) input: Input,
    /// The units by which its amounts were read, if it has amounts.
    pub(super) units: Option<String>,
}

/// The stored rows that rows were judged by. They are compared within the transaction.
#[derive(Default)]
pub(super) struct StoredRows {
    pub(super) deals: BTreeMap<i64, StoredDeal>,
    pub(super) distributors: BTreeMap<i64, DistributorRow>,
    pub(super) collaborators: BTreeMap<i64, CollaboratorRow>,
    pub(super) reversed: BTreeMap<i64, StoredReversal>,
}

/// A deal that gets distributions.
pub(super) struct StoredDeal {
    pub(super) version: i64,
    pub(super) money: DealMoney,
    /// The sums of its distributions, with the planned ones.
    pub(super) totals: DealTotals,
}

/// An obligation that is taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct StoredReversal {
    pub(super) units: String,
    pub(super) value: i64,
    pub(super) status: ObligationStatus,
    /// The sum of its reversals that are stored, and neither cancelled nor rejected.
    pub(super) taken_back: i128,
    pub(super) distributor: i64,
    pub(super) collaborator: i64,
    pub(super) is_reversal: bool,
}

/// The rows of a type that a command inserts and changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeSummary {
    /// The type.
    pub kind: &'static str,
    /// The number of rows that are inserted.
    pub rows: usize,
    /// The sums of their amounts, one for each currency or unit: `12000.00 EUR`.
    pub sums: Vec<String>,
    /// The number of rows that are changed.
    pub changed: usize,
    /// The number of rows that are already as the file says.
    pub unchanged: usize,
}

impl TypeSummary {
    /// Returns the number of rows of the files that are stored already.
    #[must_use]
    pub const fn known(&self) -> usize {
        self.changed.saturating_add(self.unchanged)
    }
}

impl Plan {
    /// Returns the names of the rows of a type that are inserted.
    pub(super) fn names_of(&mut self, kind: &'static str) -> &mut PlannedNames {
        self.names.entry(kind).or_default()
    }

    /// Notes the name that another system has for the row at a position, and returns it.
    pub(super) fn note_external(
        &mut self,
        kind: &'static str,
        position: usize,
        input: &Input,
    ) -> ExternalId {
        let mut external_id: Option<String> = None;
        input.set(EXTERNAL_ID, &mut external_id);
        if let Some(text) = &external_id {
            self.names_of(kind).note_external(text, position);
        }
        ExternalId { external_id }
    }

    /// Returns the rows by type, in the order in which they are inserted.
    pub(super) fn summary(&self) -> Vec<TypeSummary> {
        let deals = self.deals.iter().map(|deal| {
            let currency = Units::Currency(deal.written.currency);
            (currency, deal.written.value)
        });
        let distributions = self.distributions.iter().map(|it| {
            let currency = Units::Currency(it.written.currency);
            (currency, it.written.amount)
        });
        let owed = self.obligations.iter().map(|it| (it.units.clone(), it.terms.value));
        let all = [
            ("people", self.people.len(), Vec::new()),
            ("collaborators", self.collaborators.len(), Vec::new()),
            ("deals", self.deals.len(), sums(deals)),
            ("revenue_distributions", self.distributions.len(), sums(distributions)),
            ("distributors", self.distributors.len(), Vec::new()),
            ("obligations", self.obligations.len(), sums(owed)),
            ("metric_credits", self.credits.len(), Vec::new()),
        ];
        let types = all.into_iter().map(|(kind, rows, sums)| {
            let changed = self.changes.iter().filter(|change| change.kind == kind).count();
            let unchanged = self.unchanged.get(kind).copied().unwrap_or_default();
            TypeSummary { kind, rows, sums, changed, unchanged }
        });
        types.filter(|it| self.kinds.contains(it.kind)).collect()
    }
}

/// Adds amounts up by their units, and writes the sums in the order of the units.
fn sums(amounts: impl Iterator<Item = (Units, i64)>) -> Vec<String> {
    let mut sums: HashMap<String, (Units, i128)> = HashMap::new();
    for (units, amount) in amounts {
        let sum = sums.entry(units.name().to_owned()).or_insert_with(|| (units, 0));
        sum.1 = sum.1.saturating_add(amount.into());
    }
    let mut sums: Vec<_> = sums.into_iter().collect();
    sums.sort_by(|(one, _), (other, _)| one.cmp(other));
    sums.into_iter().map(|(_, (units, sum))| units.amount(sum)).collect()
}
