//! What is wrong with a draft: one fault per broken rule, all of them at once.
//!
//! A fault names the field and says in plain words what must hold. It knows nothing of HTTP; the
//! server turns it into a 422 with a pointer.

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
    /// A fault of one field.
    pub fn new(field: &'static str, message: impl Into<String>) -> Self {
        Self { field, message: message.into() }
    }

    /// The same fault, found at another field: the one that the client changed.
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
    /// Those of the rules that a draft declares in its `validate` attributes, by name of field.
    #[must_use]
    pub fn declared_by(draft: &impl Validate) -> Self {
        Self(draft.validate().err().map(from_validator).unwrap_or_default())
    }

    /// The value, or a fault at the field in its place.
    pub fn note<T>(
        &mut self,
        field: &'static str,
        result: Result<T, impl fmt::Display>,
    ) -> Option<T> {
        result.map_err(|error| self.0.push(Fault::new(field, error.to_string()))).ok()
    }

    /// The value, or in its place a fault at the field: the one given, or that it is required.
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

    /// The value, or its faults among these.
    pub fn join<T>(&mut self, result: Result<T, Vec<Fault>>) -> Option<T> {
        result.map_err(|faults| self.0.extend(faults)).ok()
    }

    /// Whether no rule is broken.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The faults, in the order in which they were found.
    #[must_use]
    pub fn into_vec(self) -> Vec<Fault> {
        self.0
    }

    /// `Ok` where no rule is broken.
    ///
    /// # Errors
    ///
    /// The faults, in the order in which they were found.
    pub fn verdict(self) -> Result<(), Vec<Fault>> {
        if self.0.is_empty() { Ok(()) } else { Err(self.0) }
    }
}

/// The faults of a flat draft: by name of field, and of one field in the order of its rules.
///
/// Drafts inside drafts, which the domain has none of, are one fault each.
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

/// `validator` names fields by literals; only errors that were written out and read again do not.
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

/// The rule in words: its own message, else one for its code.
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
