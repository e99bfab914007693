//! The query parameters of the recorded API, parsed by the declared filters and sorts of the type.
//! Every fault is reported at its parameter. Parameters that were not recorded are ignored, as they
//! are there.

use apportion_jsonapi::query::{self, MAX_PARAMETERS, Operator};
use apportion_jsonapi::value::parse_integer;
use apportion_jsonapi::{Code, Error, ResourceType};
use apportion_store::{Criteria, Field, Filter, Order};

use super::members::Member;
use crate::catalog::criteria;

/// A recorded name, and the declared filter or sort that it stands for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordedName {
    pub(crate) recorded: &'static str,
    pub(crate) declared: &'static str,
}

/// The parameters that filter lists.
pub(crate) const FILTERS: [RecordedName; 2] =
    [name("status", "status"), name("distributorId", "distributor_id")];
/// The values of `orderBy`.
pub(crate) const ORDERS: [RecordedName; 5] = [
    name("id", "id"),
    name("status", "status"),
    name("distributorId", "distributor_id"),
    name("triggerDate", "trigger_date"),
    name("dateCreated", "created_at"),
];
/// The number of distributions in a list without the parameter `number`.
pub(crate) const DEFAULT_NUMBER: i64 = 10;
/// The largest number of distributions in a list.
pub(crate) const MAX_NUMBER: i64 = 50;

const fn name(recorded: &'static str, declared: &'static str) -> RecordedName {
    RecordedName { recorded, declared }
}

/// A query without faults.
pub(super) struct Question {
    pub(super) criteria: Criteria,
    pub(super) members: Vec<Member>,
}

impl Question {
    /// Parses the query of a list.
    pub(super) fn parse_list(
        resource: &ResourceType<Field>,
        query: &str,
    ) -> Result<Self, Vec<Error>> {
        let mut reader = QueryReader::new(query)?;
        let filters = FILTERS.map(|name| reader.filter(resource, name));
        let mut filters: Vec<Filter> = filters.into_iter().flatten().collect();
        let filter = match filters.len() {
            0 | 1 => filters.pop(),
            _ => Some(Filter::All(filters)),
        };
        let order = reader.order(resource);
        let limit = reader.integer("number", 1, MAX_NUMBER).unwrap_or(DEFAULT_NUMBER);
        let offset = reader.integer("offset", 0, i64::MAX).unwrap_or(0);
        let members = reader.members(resource);
        reader.finish(Self { criteria: Criteria { filter, order, limit, offset }, members })
    }

    /// Parses the query of a single distribution.
    pub(super) fn parse_single(
        resource: &ResourceType<Field>,
        query: &str,
    ) -> Result<Self, Vec<Error>> {
        let mut reader = QueryReader::new(query)?;
        let members = reader.members(resource);
        reader.finish(Self { criteria: Criteria::default(), members })
    }

    /// Whether the answer shows allocations.
    pub(super) fn wants_allocations(&self) -> bool {
        self.members.iter().any(Member::is_of_allocations)
    }
}

/// A query, and the faults that were found in it so far.
struct QueryReader<'q> {
    query: &'q str,
    errors: Vec<Error>,
}

impl<'q> QueryReader<'q> {
    fn new(query: &'q str) -> Result<Self, Vec<Error>> {
        let count = query.split('&').filter(|word| !word.is_empty()).count();
        if count > MAX_PARAMETERS {
            let detail =
                format!("A query may have at most {MAX_PARAMETERS} parameters, not {count}");
            return Err(vec![Error::new(Code::BadRequest, detail)]);
        }
        Ok(Self { query, errors: Vec::new() })
    }

    /// Returns the question if there were no faults.
    fn finish(self, question: Question) -> Result<Question, Vec<Error>> {
        if self.errors.is_empty() { Ok(question) } else { Err(self.errors) }
    }

    fn refuse(&mut self, name: &str, detail: &str) {
        let detail = format!("{name} {detail}");
        self.errors.push(Error::parameter(Code::UnsupportedFilterValue, name, detail));
    }

    /// Returns the value of a parameter, which may occur at most once.
    fn value(&mut self, name: &str) -> Option<String> {
        let mut values = query::parameter_values(self.query, name);
        if values.len() > 1 {
            self.refuse(name, &format!("must be given once, not {} times", values.len()));
            return None;
        }
        let value = values.pop()?;
        if value.is_none() {
            self.refuse(name, "must be percent-encoded UTF-8 without U+0000");
        }
        value
    }

    fn filter(&mut self, resource: &ResourceType<Field>, name: RecordedName) -> Option<Filter> {
        let text = self.value(name.recorded)?;
        let declared = resource.filters.iter().find(|filter| filter.name == name.declared)?;
        match declared.kind.read_text(&text) {
            Ok(value) => Some(criteria::filter(&query::Filter::Compare {
                field: declared.field,
                operator: Operator::Equal,
                values: vec![value],
            })),
            Err(expected) => {
                self.refuse(name.recorded, &expected);
                None
            }
        }
    }

    /// Returns the order, which ends with the id so that it is total.
    fn order(&mut self, resource: &ResourceType<Field>) -> Vec<Order> {
        let key = self.value("orderBy").unwrap_or_else(|| "id".to_owned());
        let name = ORDERS.iter().find(|name| name.recorded == key);
        if name.is_none() {
            let keys = ORDERS.map(|name| name.recorded).join(", ");
            self.refuse("orderBy", &format!("must be one of {keys}"));
        }
        let descending = match self.value("order").as_deref() {
            None => true,
            Some(word) if word.eq_ignore_ascii_case("DESC") => true,
            Some(word) if word.eq_ignore_ascii_case("ASC") => false,
            Some(_) => {
                self.refuse("order", "must be ASC or DESC");
                true
            }
        };
        let sort = name.and_then(|name| resource.sorts.iter().find(|it| it.name == name.declared));
        let field = sort.map(|sort| sort.field).filter(|field| *field != resource.id);
        let order = |field| Order { field, descending, reversed: false };
        field.into_iter().chain([resource.id]).map(order).collect()
    }

    fn integer(&mut self, name: &str, least: i64, most: i64) -> Option<i64> {
        let text = self.value(name)?;
        let number = parse_integer(&text).filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.refuse(name, &format!("must be an integer from {least} to {most}"));
        }
        number
    }

    fn members(&mut self, resource: &ResourceType<Field>) -> Vec<Member> {
        let names = self.value("fields").unwrap_or_default();
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        Member::shown(resource, &names)
    }
}
