//! Local ids of the atomic operations extension, and the rows they stand for.

use std::borrow::Cow;
use std::collections::HashMap;

use crate::error::{Code, Error};
use crate::text::{Json, cut};

/// The rows that local ids stand for, by type and local id.
#[derive(Clone, Debug, Default)]
pub struct LocalIds(HashMap<(String, String), i64>);

impl LocalIds {
    /// Inserts the row that a local id stands for. Returns false if the local id is taken.
    pub fn insert(&mut self, kind: &str, lid: &str, id: i64) -> bool {
        self.0.insert((kind.to_owned(), lid.to_owned()), id).is_none()
    }

    /// Returns the row that a local id stands for.
    pub fn find(&self, kind: &str, lid: &str) -> Result<i64, Error> {
        let known = self.0.get(&(kind.to_owned(), lid.to_owned())).copied();
        known.ok_or_else(|| {
            let detail =
                format!("No earlier operation added '{}' with the lid '{}'", cut(kind), cut(lid));
            Error::pointer(Code::BadDocument, "", detail)
        })
    }

    /// Returns the resource object with ids in place of local ids in the linkage of its
    /// relationships. It keeps its own local id, by which later operations refer to it.
    pub fn replace_in_resource<'a>(&self, json: &Json<'a>) -> Result<Json<'a>, Error> {
        inside(json, "relationships", |relationships| {
            let Some(members) = relationships.members() else { return Ok(relationships.clone()) };
            let replaced = members.iter().map(|(name, relationship)| {
                let linkage = |data: &Json<'a>| self.replace_in_linkage(data);
                Ok::<_, Error>((name.clone(), inside(relationship, "data", linkage)?))
            });
            Ok(Json::Object(replaced.collect::<Result<_, _>>()?))
        })
    }

    /// Returns the linkage with ids in place of local ids.
    pub fn replace_in_linkage<'a>(&self, json: &Json<'a>) -> Result<Json<'a>, Error> {
        match json {
            Json::Array(items) => {
                let replaced = items.iter().map(|item| self.identifier(item));
                Ok(Json::Array(replaced.collect::<Result<_, _>>()?))
            }
            other => self.identifier(other),
        }
    }

    /// Returns an identifier with its id in place of its local id, if it has one.
    fn identifier<'a>(&self, json: &Json<'a>) -> Result<Json<'a>, Error> {
        let (Some(members), Some(Json::Text(kind)), None, Some(Json::Text(lid))) =
            (json.members(), json.member("type"), json.member("id"), json.member("lid"))
        else {
            return Ok(json.clone());
        };
        let id = self.find(kind, lid)?.to_string();
        let replaced = members.iter().map(|(name, value)| match name.as_ref() {
            "lid" => (Cow::Borrowed("id"), Json::Text(Cow::Owned(id.clone()))),
            _ => (name.clone(), value.clone()),
        });
        Ok(Json::Object(replaced.collect()))
    }
}

/// Returns the object with the value of one member changed, if it has that member.
fn inside<'a>(
    json: &Json<'a>,
    name: &str,
    change: impl Fn(&Json<'a>) -> Result<Json<'a>, Error>,
) -> Result<Json<'a>, Error> {
    let Some(members) = json.members() else { return Ok(json.clone()) };
    let changed = members.iter().map(|(member, value)| {
        let value = if member == name { change(value)? } else { value.clone() };
        Ok::<_, Error>((member.clone(), value))
    });
    Ok(Json::Object(changed.collect::<Result<_, _>>()?))
}
