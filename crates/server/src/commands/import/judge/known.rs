//! The rows of a file that other systems have names for (`external_id`): which of them are stored
//! already. Not here: the change of those that are (`changes`).

use std::collections::{HashMap, HashSet};

use apportion_core::text::one_line;
use apportion_jsonapi::{Input, Scalar};
use apportion_store::{Criteria, Filter, Test, Value};

use super::super::faults::EXTERNAL_ID;
use super::super::plan::Plan;
use super::super::row::Row;
use super::super::{ImportError, Options};
use super::{Judge, NewRow};
use crate::catalog::{TypeRef, Work, lines};
use crate::failure::Failure;

/// The most names that one statement looks up.
const CHUNK: usize = 512;

impl<'j> Judge<'j> {
    /// Sorts the rows of the file: those that are new become the rows to insert; those that are
    /// stored already are returned with their ids.
    pub(super) fn find_known(
        &mut self,
        work: &mut Work<'_>,
        options: Options,
        plan: &mut Plan,
    ) -> Result<Vec<(&'j Row, i64)>, ImportError> {
        let kind = work.resources.find(self.sheet.kind).ok_or_else(Failure::not_found)?;
        let given = self.sheet.rows.iter().filter_map(|row| external_id(&row.input));
        let stored = find(work, kind, &given.collect::<Vec<_>>())?;
        let planned = plan.names_of(self.sheet.kind);
        let (mut known, mut seen) = (Vec::new(), HashSet::new());
        for row in &self.sheet.rows {
            let mut input = row.input.clone();
            match external_id(&input) {
                None if options.update => {
                    input.refuse(EXTERNAL_ID, "is required in files that update rows");
                }
                None => {}
                Some(text) => match stored.get(&text) {
                    _ if planned.has_external(&text) || !seen.insert(text.clone()) => {
                        input.refuse(EXTERNAL_ID, "is that of an earlier row");
                    }
                    Some(id) if options.update => {
                        known.push((row, *id));
                        continue;
                    }
                    Some(id) => input.refuse(EXTERNAL_ID, &in_the_way(kind, *id)),
                    None => {
                        if let Err(rule) = one_line(&text) {
                            input.refuse(EXTERNAL_ID, &rule);
                        }
                    }
                },
            }
            lines::check(kind.resource(), &mut input, |_| Scalar::Null);
            self.rows.push(NewRow { row, input });
        }
        Ok(known)
    }
}

/// Says which row has the name that a new row would get.
fn in_the_way(kind: TypeRef<'_>, id: i64) -> String {
    let resource = kind.resource();
    let name = resource.name;
    if resource.append_only {
        format!("is that of record '{id}' of type {name}, which cannot be changed")
    } else {
        format!("is that of record '{id}' of type {name}; give --update to change that one")
    }
}

/// Returns the name that a row has in another system, if its line gives one.
fn external_id(input: &Input) -> Option<String> {
    let mut external_id: Option<String> = None;
    input.set(EXTERNAL_ID, &mut external_id);
    external_id
}

/// Returns the ids of the stored rows of a type that have these names.
fn find(
    work: &mut Work<'_>,
    kind: TypeRef<'_>,
    texts: &[String],
) -> Result<HashMap<String, i64>, ImportError> {
    let mut found = HashMap::new();
    let attribute = kind.resource().attribute(EXTERNAL_ID);
    let declared = attribute.and_then(|(at, attribute)| Some((at, attribute.field?)));
    let Some((at, field)) = declared else { return Ok(found) };
    for texts in texts.chunks(CHUNK) {
        let among = texts.iter().cloned().map(Value::Text).collect();
        let filter = Some(Filter::Test(field, Test::In(among)));
        let limit = i64::try_from(texts.len()).unwrap_or(i64::MAX);
        let criteria = Criteria { filter, limit, ..Criteria::default() };
        let page = kind.served.load(&mut work.tenant, &criteria)?;
        for row in 0..page.rows.len() {
            if let Scalar::Text(text) = page.rows.attribute(row, at) {
                found.insert(text.to_owned(), page.rows.id(row));
            }
        }
    }
    Ok(found)
}
