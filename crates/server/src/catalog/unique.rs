//! Attributes of which no two rows of a type and tenant have the same value, such as `external_id`.
//! They are texts of one line, each in the column of its name. They are checked and written here,
//! for every type that declares one. Not here: rules of single types, such as that of the e-mail
//! addresses of collaborators.

use apportion_core::text::one_line;
use apportion_jsonapi::text::cut;
use apportion_jsonapi::{Attribute, Code, Error, Input, ResourceType, Scalar};
use apportion_store::{self as store, Field, Stored, unique};

use crate::catalog::registry::Resources;
use crate::catalog::work::Work;
use crate::failure::{Failure, Result};

/// A value that an input gives a unique attribute.
pub(super) struct Unique {
    column: &'static str,
    text: Option<String>,
}

/// Reads the unique attributes of an input for the row `own`, or for a new one. A value that breaks
/// a rule, or that another row has, is an error of the input.
pub(super) fn read<R: Stored>(
    work: &mut Work<'_>,
    resource: &ResourceType<Field>,
    own: Option<i64>,
    id_of: impl Fn(&R) -> i64,
    input: &mut Input,
) -> Result<Vec<Unique>> {
    let mut given = Vec::new();
    for attribute in resource.attributes.iter().filter(|it| it.unique) {
        if !input.gives(attribute.name) {
            continue;
        }
        let mut text: Option<String> = None;
        input.set(attribute.name, &mut text);
        if let (Some(text), Some(field)) = (&text, attribute.field) {
            match one_line(text) {
                Err(rule) => input.refuse(attribute.name, &rule),
                Ok(()) => {
                    let found = unique::find_by_texts(&mut work.tenant, field, &[text])?;
                    let other = found.iter().map(&id_of).find(|id| Some(*id) != own);
                    input
                        .errors
                        .extend(other.map(|other| {
                            taken(work.resources, (resource, attribute), text, other)
                        }));
                }
            }
        }
        given.push(Unique { column: attribute.name, text });
    }
    Ok(given)
}

/// Writes the values that [`read`] returned.
pub(super) fn write<R: Stored>(work: &mut Work<'_>, id: i64, given: &[Unique]) -> Result<()> {
    for Unique { column, text } in given {
        unique::set_text(&mut work.tenant, R::TABLE, column, id, text.as_deref())?;
    }
    Ok(())
}

/// Takes the unique values from a row that is deleted. `read` returns the values that it had.
pub(super) fn release<'r, R: Stored>(
    work: &mut Work<'_>,
    resource: &ResourceType<Field>,
    id: i64,
    read: impl Fn(usize) -> Scalar<'r>,
) -> Result<()> {
    for (at, attribute) in resource.attributes.iter().enumerate().filter(|(_, it)| it.unique) {
        if !matches!(read(at), Scalar::Null) {
            unique::set_text(&mut work.tenant, R::TABLE, attribute.name, id, None)?;
        }
    }
    Ok(())
}

/// Makes the error of a value that another row has, with a link to that row.
fn taken(
    resources: &Resources,
    (resource, attribute): (&ResourceType<Field>, &Attribute<Field>),
    text: &str,
    other: i64,
) -> Error {
    let Attribute { name, .. } = attribute;
    let kind = resource.name;
    let detail = format!("{name} '{}' is that of another record of type {kind}", cut(text));
    let error = Error::pointer(Code::Conflict, format!("/data/attributes/{name}"), detail);
    error.about(format!("{}/{kind}/{other}", resources.root()))
}

/// Two requests at once cannot see each other. The second fails when it writes a value that the
/// first has taken, or refers to a row that the first has deleted, and is carried out again: then
/// it sees what the first has done.
pub(super) fn raced(failure: Failure) -> Failure {
    match failure {
        Failure::Store(error @ (store::Error::Duplicate | store::Error::Referenced)) => {
            Failure::Store(store::Error::Interrupted(error.to_string()))
        }
        other => other,
    }
}
