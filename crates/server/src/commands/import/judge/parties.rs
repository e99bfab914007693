//! The judging of people, collaborators and distributors.

use std::collections::HashMap;

use apportion_core::units::Units;
use apportion_jsonapi::Input;
use apportion_store::{Named, collaborator};

use super::super::ImportError;
use super::super::plan::{Plan, PlannedDistributor};
use super::{Judge, NewRow};
use crate::catalog::Work;
use crate::resources::administration::person;
use crate::resources::payouts::collaborator::{self as collaborators, TAKEN};
use crate::resources::payouts::distributor;

/// The largest number of distributors of a command. Each is inserted by statements of its own,
/// which open its first distribution, and others must not wait for that longer than for anything.
const MAX_DISTRIBUTORS: usize = 2_000;

impl Judge<'_> {
    pub(super) fn people(&mut self, plan: &mut Plan) -> Result<(), ImportError> {
        for NewRow { row, mut input } in std::mem::take(&mut self.rows) {
            let judged = person::new_row(&mut input);
            let Some(written) = self.accept(row, judged)? else { continue };
            let external_id = plan.note_external("people", plan.people.len(), &input);
            plan.people.push((written, external_id));
        }
        Ok(())
    }

    pub(super) fn collaborators(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        let rows = std::mem::take(&mut self.rows);
        let emails: Vec<Option<String>> =
            rows.iter().map(|new| comparable_email(&new.input)).collect();
        let mut given: Vec<&str> = emails.iter().flatten().map(String::as_str).collect();
        given.sort_unstable();
        given.dedup();
        let stored: HashMap<String, Named> =
            collaborator::find_by_emails(&mut work.tenant, &given)?;
        for (NewRow { row, mut input }, email) in rows.into_iter().zip(&emails) {
            let position = plan.collaborators.len();
            if let Some(email) = email
                && (stored.contains_key(email)
                    || !plan.names_of("collaborators").note(email, position))
            {
                input.refuse("email", TAKEN);
            }
            let judged = collaborators::new_row(&mut input);
            let Some(written) = self.accept(row, judged)? else { continue };
            let external_id = plan.note_external("collaborators", position, &input);
            plan.collaborators.push((written, external_id));
        }
        Ok(())
    }

    pub(super) fn distributors(
        &mut self,
        work: &mut Work<'_>,
        plan: &mut Plan,
    ) -> Result<(), ImportError> {
        for NewRow { row, mut input } in std::mem::take(&mut self.rows) {
            let units = stated_units(&input);
            self.give_amounts(work, row, units.as_ref(), &mut input);
            let judged = distributor::new_terms(work, &mut input.clone());
            let Some(terms) = self.accept(row, judged)? else { continue };
            // The rule itself knows stored deals only.
            let misspelt = terms.units.misspelt_currency();
            let is_planned = |currency| plan.deals.iter().any(|it| it.written.currency == currency);
            if let Some(currency) = misspelt.filter(|currency| is_planned(*currency)) {
                let reason = format!("must be {currency} for the currency of a deal");
                self.faults.add(row.line, Some("units"), &reason);
                continue;
            }
            if plan.distributors.len() >= MAX_DISTRIBUTORS {
                let reason = format!(
                    "is one too many: a command imports at most {MAX_DISTRIBUTORS} distributors"
                );
                self.faults.add(row.line, None, &reason);
                break;
            }
            let position = plan.distributors.len();
            plan.names_of("distributors").note(&terms.name, position);
            plan.note_external("distributors", position, &input);
            plan.distributors.push(PlannedDistributor { units: terms.units, input });
        }
        Ok(())
    }
}

/// Returns the e-mail address of an input in the form in which addresses are compared.
fn comparable_email(input: &Input) -> Option<String> {
    let mut email: Option<String> = None;
    input.set("email", &mut email);
    email.as_deref().map(apportion_core::collaborator::comparable_email)
}

/// Returns the units that a distributor states. Returns `None` if they are missing or none, which
/// is a fault.
fn stated_units(input: &Input) -> Option<Units> {
    let mut units: Option<String> = None;
    input.set("units", &mut units);
    units.and_then(|units| units.parse().ok())
}
