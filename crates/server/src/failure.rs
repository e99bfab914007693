//! Why a request is not done: refused for its own faults, or not possible now. The one place where
//! faults of the store become statuses.

use apportion_core::fault::Fault;
use apportion_jsonapi::{Code, Error, Input, Source};
use apportion_store as store;

/// The result of a step of a request.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// Why a request is not done.
#[derive(Debug)]
pub enum Failure {
    /// The client can see what is wrong with it.
    Refused(Vec<Error>),
    /// The store did not do it.
    Store(store::Error),
}

impl Failure {
    /// A refusal for one reason.
    pub fn of(code: Code, detail: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Failure::Refused(vec![Error::new(code, detail)])
    }

    /// No such row for this token; the same words for every reason.
    pub fn not_found() -> Self {
        Failure::of(Code::RecordNotFound, "There is no such record")
    }

    /// What the client is told.
    pub(crate) fn errors(&self) -> Vec<Error> {
        use store::Error::{Busy, Interrupted, Referenced, Unavailable};
        match self {
            Failure::Refused(errors) => errors.clone(),
            Failure::Store(Referenced) => {
                vec![Error::new(Code::Conflict, "Other records refer to this one")]
            }
            Failure::Store(Busy | Unavailable(_) | Interrupted(_)) => {
                vec![Error::new(Code::Unavailable, "The server is busy; try again")]
            }
            Failure::Store(_) => vec![Error::new(Code::ServerError, "Something went wrong here")],
        }
    }
}

/// The same failure of a write whose document is linkage alone: it has no members to point at.
pub(crate) fn at_linkage(failure: Failure) -> Failure {
    let Failure::Refused(errors) = failure else { return failure };
    let linkage = |error: Error| match &error.source {
        Some(Source::Pointer(pointer))
            if ["/data/attributes/", "/data/relationships/"]
                .iter()
                .any(|place| pointer.starts_with(place)) =>
        {
            error.at(Source::Pointer("/data".to_owned()))
        }
        _ => error,
    };
    Failure::Refused(errors.into_iter().map(linkage).collect())
}

impl From<store::Error> for Failure {
    fn from(error: store::Error) -> Self {
        Failure::Store(error)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Failure::Refused(vec![error])
    }
}

impl From<Vec<Error>> for Failure {
    fn from(errors: Vec<Error>) -> Self {
        Failure::Refused(errors)
    }
}

impl store::Cause for Failure {
    fn cause(&self) -> Option<&store::Error> {
        if let Failure::Store(error) = self { Some(error) } else { None }
    }
}

/// What the rules make of an input: their faults join those found in the document.
pub fn judged<T>(input: &mut Input, verdict: std::result::Result<T, Vec<Fault>>) -> Result<T> {
    judged_with(input, verdict, &[])
}

/// The same, where some of the rules are about these relationships.
pub fn judged_with<T>(
    input: &mut Input,
    verdict: std::result::Result<T, Vec<Fault>>,
    relationships: &[&str],
) -> Result<T> {
    let terms = verdict.map_err(|faults| {
        for fault in faults {
            if relationships.contains(&fault.field) {
                input.refuse_relationship(fault.field, &fault.message);
            } else {
                input.refuse(fault.field, &fault.message);
            }
        }
    });
    match terms {
        Ok(terms) if input.errors.is_empty() => Ok(terms),
        _ => Err(Failure::Refused(std::mem::take(&mut input.errors))),
    }
}
