//! Faults: the rules that a draft breaks, reported all at once.
//!
//! A fault names the field and says in plain words what must hold. It knows nothing of HTTP; the
//! server turns it into a 422 response with a pointer to the field.

use std::borrow::Cow;
use std::fmt;

use thiserror::Error;
use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

/// One rule that a draft breaks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} {message}")]
pub struct Fault {
    /// The name of the attribute or relationship.
    pub field: &'static str,
    /// A lower-case phrase that can follow the field's name, such as `is required`.
    pub message: String,
}

impl Fault {
    /// Creates a fault of one field.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }

    /// Moves the fault to another field: the one that the client changed.
    #[must_use]
    pub fn at(self, field: &'static str) -> Self {
        Self { field, ..self }
    }
}

const REQUIRED: &str = "is required";

/// The faults found so far in one draft.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults(Vec<Fault>);

impl Faults {
    /// Checks the rules that a draft declares in its `validate` attributes; sorts the faults by
    /// field.
    #[must_use]
    pub fn declared_by(draft: &impl Validate) -> Self {
        Self(draft.validate().err().map(from_validator).unwrap_or_default())
    }

    /// Returns the value of a result, or records its error as a fault of the field.
    pub fn note<T>(
        &mut self,
        field: &'static str,
        result: Result<T, impl fmt::Display>,
    ) -> Option<T> {
        result.map_err(|error| self.0.push(Fault::new(field, error.to_string()))).ok()
    }

    /// Returns the value of a required field. Records the error of the result, or that the field is
    /// required if there is no result.
    pub fn required<T, E: fmt::Display>(
        &mut self,
        field: &'static str,
        result: Option<Result<T, E>>,
    ) -> Option<T> {
        match result {
            Some(result) => self.note(field, result),
            None => self.note(field, Err(REQUIRED)),
        }
    }

    /// Returns the value of a result, or adds its faults to these.
    pub fn join<T>(&mut self, result: Result<T, Vec<Fault>>) -> Option<T> {
        result.map_err(|faults| self.0.extend(faults)).ok()
    }

    /// Returns whether no rule is broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the faults in the order in which they were found.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// Returns `Ok` if no rule is broken.
    ///
    /// # Errors
    ///
    /// The faults, in the order in which they were found.
    pub fn verdict(self) -> Result<(), Vec<Fault>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// Converts the errors of `validator`: sorted by field, and within a field in the order of its
/// rules.
///
/// A draft nested in another becomes a single fault; no draft of the domain has one.
#[must_use]
pub fn from_validator(errors: ValidationErrors) -> Vec<Fault> {
    let mut faults: Vec<Fault> = errors
        .into_errors()
        .into_iter()
        .flat_map(|(field, kind)| {
            let field = literal(field);
            phrases(kind).into_iter().map(move |phrase| Fault::new(field, phrase))
        })
        .collect();
    faults.sort_by_key(|fault| fault.field);
    faults
}

/// Returns the field's name as a literal. `validator` always names fields by literals; only errors
/// that were deserialized hold owned names.
fn literal(field: Cow<'static, str>) -> &'static str {
    match field {
        Cow::Borrowed(field) => field,
        Cow::Owned(_) => "draft",
    }
}

fn phrases(kind: ValidationErrorsKind) -> Vec<String> {
    match kind {
        ValidationErrorsKind::Field(errors) => errors.iter().map(phrase).collect(),
        ValidationErrorsKind::Struct(_) | ValidationErrorsKind::List(_) => {
            vec!["is not valid".to_owned()]
        }
    }
}

/// Describes the broken rule: by its own message if it has one, else by a phrase for its code.
fn phrase(error: &ValidationError) -> String {
    let limit = |name| error.params.get(name).map(ToString::to_string).unwrap_or_default();
    let is_empty = error.params.get("value").is_some_and(|value| value == "");
    match (&error.message, error.code.as_ref()) {
        (Some(message), _) => message.to_string(),
        (None, "required") => REQUIRED.to_owned(),
        (None, "length") if is_empty => "must not be empty".to_owned(),
        (None, "length") => format!("must be at most {} characters", limit("max")),
        (None, "range") => format!("must be from {} to {}", limit("min"), limit("max")),
        (None, "non_control_character") => "must not contain control characters".to_owned(),
        (None, code) => format!("breaks the rule {code}"),
    }
}
