//! Failures of requests: refusals for their own faults, and errors of the store or of this program.
//! This is the one place where errors of the store, and refusals of the rules, become errors with a
//! status.

use apportion_core::fault::Fault;
use apportion_core::money::MoneyError;
use apportion_core::refusal::{Locked, Refused};
use apportion_jsonapi::{Code, Error, Input, Source};
use apportion_store::{self as store, Cost};

/// The result of a step on the way to an answer.
pub type Result<T, E = Failure> = std::result::Result<T, E>;

/// The kind of a failure, by which it is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    /// The server has too much to do, which to clients is one of several reasons for
    /// `unavailable`.
    Busy,
    /// The first error has this code.
    Coded(Code),
}

impl Kind {
    /// Returns the names of all kinds; some are there twice.
    pub(crate) fn names() -> impl Iterator<Item = &'static str> {
        let coded = Code::ALL.iter().copied().map(Kind::Coded);
        coded.chain([Kind::Busy]).map(Kind::name)
    }

    /// Returns the name: the code, or `busy`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Busy => "busy",
            Kind::Coded(code) => code.as_str(),
        }
    }
}

/// The reason why a request is not carried out.
#[derive(Debug)]
pub enum Failure {
    /// The request is refused: these errors say why.
    Refused(Vec<Error>),
    /// The store failed. Clients learn no details.
    Store(store::Error),
    /// This program failed in a way that it is not meant to. The text says how, for the log.
    Broken(String),
}

impl Failure {
    /// Makes a refusal for one reason.
    pub fn refusal(code: Code, detail: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Failure::Refused(vec![Error::new(code, detail)])
    }

    /// Makes the refusal for a row that the token cannot see. The words are the same whether it
    /// does not exist or belongs to another organization, so that they give nothing away.
    pub fn not_found() -> Self {
        Failure::refusal(Code::RecordNotFound, "There is no such record")
    }

    /// Returns the kind by which the failure is counted; these errors are its own.
    pub(crate) fn kind(&self, errors: &[Error]) -> Option<Kind> {
        use store::Error::{Busy, Interrupted};
        match self {
            Failure::Store(Busy | Interrupted(_)) => Some(Kind::Busy),
            _ => errors.first().map(|error| Kind::Coded(error.code)),
        }
    }

    /// Returns the errors that the client sees.
    pub(crate) fn errors(&self) -> Vec<Error> {
        use store::Error::{Busy, Interrupted, Referenced, TooLong, TooMany, Unavailable};
        match self {
            Failure::Refused(errors) => errors.clone(),
            Failure::Store(Referenced) => {
                let detail = "Other records refer to this one; delete or change those first";
                vec![Error::new(Code::Conflict, detail)]
            }
            Failure::Store(Busy | Interrupted(_)) => {
                vec![Error::new(Code::Unavailable, "The server is busy; try again in 1 s")]
            }
            Failure::Store(Unavailable(outage, _)) => {
                let outage = sentence(&outage.to_string());
                vec![Error::new(Code::Unavailable, format!("{outage}; try again in 1 s"))]
            }
            Failure::Store(TooLong(limit)) => {
                let detail = format!(
                    "This takes longer than {} s, which is the limit: ask for fewer rows or \
                     days (by a filter or a shorter range), compare fewer texts, or change less at \
                     once",
                    limit.as_secs_f64()
                );
                vec![Error::new(Code::TooCostly, detail)]
            }
            Failure::Store(TooMany { cost, count, most }) => {
                let detail = match cost {
                    Cost::Rewritten => format!(
                        "This rewrites the amounts of {count} revenue distributions, and at most \
                         {most} are rewritten at once: change fewer deals in a request, or divide \
                         the deal"
                    ),
                    Cost::Comparisons => format!(
                        "This compares {count} texts, and at most {most} are compared: use fewer \
                         'contains' and 'not_contain', or filter by an id as well"
                    ),
                    Cost::Text => format!(
                        "This includes {count} bytes of reasons and descriptions, and at most \
                         {most} are included: include less, or ask for a smaller page"
                    ),
                };
                vec![Error::new(Code::TooCostly, detail)]
            }
            Failure::Store(_) | Failure::Broken(_) => {
                let detail = "The server failed; its log has the reason under the id of this error";
                vec![Error::new(Code::ServerError, detail)]
            }
        }
    }
}

/// Begins a text with a capital.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// Points the errors of a write at `/data` if its document is linkage alone, which has no
/// attributes or relationships to point at.
pub(crate) fn at_linkage(failure: Failure) -> Failure {
    let Failure::Refused(errors) = failure else { return failure };
    let at_data = |error: Error| match &error.source {
        Some(Source::Pointer(pointer))
            if ["/data/attributes/", "/data/relationships/"]
                .iter()
                .any(|place| pointer.starts_with(place)) =>
        {
            error.at(Source::Pointer("/data".to_owned()))
        }
        _ => error,
    };
    Failure::Refused(errors.into_iter().map(at_data).collect())
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

/// A change of status that the rules refuse is a conflict with the state of the row.
impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Failure::refusal(Code::Conflict, refused.to_string())
    }
}

impl From<Locked> for Failure {
    fn from(refused: Locked) -> Self {
        locked(refused).into()
    }
}

/// Values that a client sends are checked before, so an amount that does not fit is a conflict with
/// the amounts that are there.
impl From<MoneyError> for Failure {
    fn from(error: MoneyError) -> Self {
        Failure::refusal(Code::Conflict, format!("An amount that follows from this {error}"))
    }
}

/// Returns the error of a change of status that the rules refuse, which points at the status.
pub(crate) fn refused_status(refused: Refused) -> Error {
    Error::pointer(Code::Conflict, "/data/attributes/status", refused.to_string())
}

/// Returns the error of a change that a status or a use of the row refuses. It points at the
/// attribute, unless it is about the row itself.
pub(crate) fn locked(locked: Locked) -> Error {
    match locked.what {
        "it" => Error::new(Code::Conflict, locked.to_string()),
        attribute => {
            let pointer = format!("/data/attributes/{attribute}");
            Error::pointer(Code::Conflict, pointer, locked.to_string())
        }
    }
}

impl store::Cause for Failure {
    fn cause(&self) -> Option<&store::Error> {
        if let Failure::Store(error) = self { Some(error) } else { None }
    }
}

/// Returns what the rules make of an input, or refuses it with their faults and with those found in
/// the document.
pub fn judged<T>(input: &mut Input, verdict: std::result::Result<T, Vec<Fault>>) -> Result<T> {
    judged_with(input, verdict, &[])
}

/// Does the same as [`judged`], but points faults of these fields at relationships.
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
