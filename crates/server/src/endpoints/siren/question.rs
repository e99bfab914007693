//! The parameters of the recorded surface, read against the declared filters and sorts of the type,
//! every fault at its parameter. Parameters that were not recorded are passed over, as there.

use apportion_jsonapi::query::{self, MAX_PARAMETERS, Operator};
use apportion_jsonapi::value::parse_integer;
use apportion_jsonapi::{Code, Error, ResourceType};
use apportion_store::{Criteria, Field, Filter, Order};

use super::members::Member;
use crate::catalog::criteria;

/// What lists are narrowed by, and the declared filter of each.
pub(crate) const FILTERS: [(&str, &str); 2] =
    [("status", "status"), ("distributorId", "distributor_id")];
/// What lists are ordered by, and the declared sort of each.
pub(crate) const ORDERS: [(&str, &str); 5] = [
    ("id", "id"),
    ("status", "status"),
    ("distributorId", "distributor_id"),
    ("triggerDate", "trigger_date"),
    ("dateCreated", "created_at"),
];
/// How many distributions a list has unless told.
pub(crate) const DEFAULT_NUMBER: i64 = 10;
/// How many a list has at most.
pub(crate) const MAX_NUMBER: i64 = 50;

/// A request that was understood.
pub(super) struct Question {
    pub(super) criteria: Criteria,
    pub(super) members: Vec<Member>,
}

impl Question {
    /// Parses the query of a list.
    pub(super) fn of_list(resource: &ResourceType<Field>, query: &str) -> Result<Self, Vec<Error>> {
        let mut given = Given::of(query)?;
        let asked = FILTERS.map(|(name, declared)| given.filter(resource, name, declared));
        let mut filters: Vec<Filter> = asked.into_iter().flatten().collect();
        let filter = match filters.len() {
            0 | 1 => filters.pop(),
            _ => Some(Filter::All(filters)),
        };
        let order = given.order(resource);
        let limit = given.number("number", 1, MAX_NUMBER, DEFAULT_NUMBER);
        let offset = given.number("offset", 0, i64::MAX, 0);
        let members = given.members(resource);
        given.end(Self { criteria: Criteria { filter, order, limit, offset }, members })
    }

    /// Parses the query of a single distribution.
    pub(super) fn of_one(resource: &ResourceType<Field>, query: &str) -> Result<Self, Vec<Error>> {
        let mut given = Given::of(query)?;
        let members = given.members(resource);
        given.end(Self { criteria: Criteria::default(), members })
    }

    /// Whether an answer shows members of allocations.
    pub(super) fn wants_allocations(&self) -> bool {
        self.members.iter().any(Member::is_of_allocations)
    }
}

/// What a client gave, and what is wrong with it.
struct Given<'q> {
    query: &'q str,
    errors: Vec<Error>,
}

impl<'q> Given<'q> {
    fn of(query: &'q str) -> Result<Self, Vec<Error>> {
        if query.split('&').filter(|word| !word.is_empty()).count() > MAX_PARAMETERS {
            let detail = format!("A query has at most {MAX_PARAMETERS} parameters");
            return Err(vec![Error::new(Code::BadRequest, detail)]);
        }
        Ok(Self { query, errors: Vec::new() })
    }

    fn end<T>(self, asked: T) -> Result<T, Vec<Error>> {
        if self.errors.is_empty() { Ok(asked) } else { Err(self.errors) }
    }

    fn refuse(&mut self, name: &str, detail: &str) {
        let detail = format!("{name} {detail}");
        self.errors.push(Error::parameter(Code::UnsupportedFilterValue, name, detail));
    }

    /// The value of a parameter, given once.
    fn value(&mut self, name: &str) -> Option<String> {
        let mut values = query::parameter_values(self.query, name);
        match (values.pop(), values.pop()) {
            (None, _) => None,
            (Some(Some(value)), None) => Some(value),
            (Some(None), None) => {
                self.refuse(name, "must be percent-encoded UTF-8");
                None
            }
            (_, Some(_)) => {
                self.refuse(name, "must be given once");
                None
            }
        }
    }

    fn filter(
        &mut self,
        resource: &ResourceType<Field>,
        name: &str,
        declared: &str,
    ) -> Option<Filter> {
        let text = self.value(name)?;
        let declared = resource.filters.iter().find(|filter| filter.name == declared)?;
        match declared.kind.read_text(&text) {
            Ok(value) => Some(criteria::filter(&query::Filter::Compare {
                field: declared.field,
                operator: Operator::Equal,
                values: vec![value],
            })),
            Err(expected) => {
                self.refuse(name, &expected);
                None
            }
        }
    }

    /// The order, with the id as the tie-break.
    fn order(&mut self, resource: &ResourceType<Field>) -> Vec<Order> {
        let by = self.value("orderBy").unwrap_or_else(|| "id".to_owned());
        let found = ORDERS.iter().find(|(name, _)| *name == by);
        if found.is_none() {
            self.refuse("orderBy", &format!("must be one of {}", ORDERS.map(|it| it.0).join(", ")));
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
        let sorts = found.into_iter().flat_map(|(_, declared)| {
            resource.sorts.iter().filter(move |sort| sort.name == *declared)
        });
        let fields = sorts.map(|sort| sort.field).filter(|field| *field != resource.id);
        let order = |field| Order { field, descending, reversed: false };
        fields.chain([resource.id]).map(order).collect()
    }

    fn number(&mut self, name: &str, least: i64, most: i64, usual: i64) -> i64 {
        let Some(text) = self.value(name) else { return usual };
        match parse_integer(&text).filter(|number| (least..=most).contains(number)) {
            Some(number) => number,
            None => {
                self.refuse(name, &format!("must be an integer from {least} to {most}"));
                usual
            }
        }
    }

    fn members(&mut self, resource: &ResourceType<Field>) -> Vec<Member> {
        let names = self.value("fields").unwrap_or_default();
        let names: Vec<&str> = names.split(',').map(str::trim).collect();
        Member::shown(resource, &names)
    }
}
