//! What of a tenant's revenue a report looks at: a window of days, the day that counts as today,
//! and conditions on the rest.

use apportion_core::report::Entry;
use apportion_core::window::Window;
use apportion_jsonapi::{Code, Error};
use apportion_store::{Field, Filter, Test, Value};
use chrono::NaiveDate;

use crate::revenue::report_row::{
    AS_OF, CREATOR_ID, CURRENCY, DATE, DEAL_ID, PROBABILITY, REVENUE_DISTRIBUTION_ID,
};

/// What a report looks at.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    pub(crate) window: Window,
    /// None where it is the organization's today.
    pub(crate) as_of: Option<NaiveDate>,
    rest: Filter,
    /// Whether distributions of one deal are told apart.
    within_deals: bool,
}

impl Selection {
    /// The selection that a filter asks for.
    pub(crate) fn of(filter: Option<Filter>) -> Result<Self, Error> {
        let rest = Filter::All(Vec::new());
        let mut selection = Self { window: Window::ALL, as_of: None, rest, within_deals: false };
        if let Some(filter) = filter {
            selection.rest = selection.take(filter)?;
            selection.within_deals = mentions(&selection.rest, CREATOR_ID)
                || mentions(&selection.rest, REVENUE_DISTRIBUTION_ID);
        }
        Ok(selection)
    }

    /// Takes conditions on dates out of a filter, all parts of which must be met.
    fn take(&mut self, filter: Filter) -> Result<Filter, Error> {
        match filter {
            Filter::All(members) => {
                let rest = members.into_iter().map(|member| self.take(member));
                Ok(Filter::All(rest.collect::<Result<_, _>>()?))
            }
            Filter::Any(mut members) if members.len() == 1 => match members.pop() {
                Some(only) => self.take(only),
                None => Ok(Filter::Any(Vec::new())),
            },
            Filter::Test(field, test) if field == DATE || field == AS_OF => {
                self.narrow(field, &test)?;
                Ok(Filter::All(Vec::new()))
            }
            other if mentions(&other, DATE) || mentions(&other, AS_OF) => {
                Err(fault(DATE, "Dates cannot be alternatives of each other or of anything else"))
            }
            other => Ok(other),
        }
    }

    fn narrow(&mut self, field: Field, test: &Test) -> Result<(), Error> {
        let one = match test {
            Test::In(values) => match values.as_slice() {
                [Value::Date(date)] => Some(*date),
                _ => None,
            },
            _ => None,
        };
        match (one, test) {
            (Some(date), _) if field == AS_OF => match self.as_of.replace(date) {
                Some(other) if other != date => Err(fault(AS_OF, "There is one day that counts")),
                _ => Ok(()),
            },
            (Some(date), _) => {
                self.window = self.window.only(date);
                Ok(())
            }
            (None, Test::Order(sign, Value::Date(date))) if field == DATE => {
                self.window = match *sign {
                    ">" => self.window.more_than(*date),
                    ">=" => self.window.at_least(*date),
                    "<" => self.window.less_than(*date),
                    _ => self.window.at_most(*date),
                };
                Ok(())
            }
            // Declared to be refused before.
            _ => Err(fault(field, "The dates of a report are one run of days")),
        }
    }

    /// Whether all distributions of a deal are looked at where one is.
    pub(crate) fn takes_whole_deals(&self) -> bool {
        !self.within_deals
    }

    /// Whether the report looks at a distribution.
    pub(crate) fn admits(&self, entry: &Entry) -> bool {
        self.rest.is_met(&|field| {
            if field == DEAL_ID {
                Value::Integer(entry.deal)
            } else if field == CREATOR_ID {
                entry.creator.map_or(Value::Null, Value::Integer)
            } else if field == CURRENCY {
                Value::Text(entry.currency.code().to_owned())
            } else if field == PROBABILITY {
                Value::Integer(entry.probability)
            } else if field == REVENUE_DISTRIBUTION_ID {
                Value::Integer(entry.revenue_distribution)
            } else {
                Value::Null
            }
        })
    }
}

fn mentions(filter: &Filter, field: Field) -> bool {
    match filter {
        Filter::All(members) | Filter::Any(members) => {
            members.iter().any(|member| mentions(member, field))
        }
        Filter::Test(own, _) => *own == field,
    }
}

fn fault(field: Field, detail: &'static str) -> Error {
    let name = if field == AS_OF { "filter[as_of]" } else { "filter[date]" };
    Error::parameter(Code::UnsupportedFilterValue, name, detail)
}
