//! The selection of a tenant's revenue that a report covers: a window of days, the day that counts
//! as today, and conditions on everything else. Lost deals are left out unless there is a condition
//! on the status of deals. Not here: the selection of a list of items, which is narrower.

use apportion_core::report::Entry;
use apportion_core::window::Window;
use apportion_jsonapi::{Code, Error};
use apportion_store::{Field, Filter, Test, Value};
use chrono::NaiveDate;

use crate::revenue::report_row::{
    AS_OF, CREATOR_ID, CURRENCY, DATE, DEAL_ID, ORGANIZATION_ID, PROBABILITY,
    REVENUE_DISTRIBUTION_ID, STATUS,
};

/// The part of a tenant's revenue that a report covers.
#[derive(Clone, Debug)]
pub(crate) struct Selection {
    /// The days that the report covers.
    pub(crate) window: Window,
    /// The day that counts as today; `None` for the organization's own today.
    pub(crate) as_of: Option<NaiveDate>,
    /// Whether lost deals are left out, because no condition is on the status.
    leaves_out_lost: bool,
    /// The conditions on everything but dates.
    rest: Filter,
    /// Whether the conditions can admit some distributions of a deal and not others.
    splits_deals: bool,
}

impl Selection {
    /// Takes the window and the conditions out of a filter.
    pub(crate) fn from_filter(filter: Option<Filter>) -> Result<Self, Error> {
        let rest = Filter::All(Vec::new());
        let mut selection = Self {
            window: Window::ALL,
            as_of: None,
            leaves_out_lost: true,
            rest,
            splits_deals: false,
        };
        if let Some(filter) = filter {
            selection.leaves_out_lost = !mentions(&filter, STATUS);
            selection.rest = selection.take_dates(filter)?;
            selection.splits_deals = mentions(&selection.rest, CREATOR_ID)
                || mentions(&selection.rest, REVENUE_DISTRIBUTION_ID);
        }
        Ok(selection)
    }

    /// Takes the conditions on dates out of a filter, and returns the rest of it.
    fn take_dates(&mut self, filter: Filter) -> Result<Filter, Error> {
        match filter {
            Filter::All(members) => {
                let rest = members.into_iter().map(|member| self.take_dates(member));
                Ok(Filter::All(rest.collect::<Result<_, _>>()?))
            }
            Filter::Any(mut members) if members.len() == 1 => match members.pop() {
                Some(only) => self.take_dates(only),
                None => Ok(Filter::Any(Vec::new())),
            },
            Filter::Test(field, test) if field == DATE || field == AS_OF => {
                self.narrow(field, &test)?;
                Ok(Filter::All(Vec::new()))
            }
            other if mentions(&other, DATE) || mentions(&other, AS_OF) => {
                let detail = "Dates must hold for the whole list; they cannot be part of '$op=or'";
                Err(fault(DATE, detail.to_owned()))
            }
            other => Ok(other),
        }
    }

    /// Narrows the window, or sets the day that counts as today.
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
                Some(other) if other != date => {
                    let detail = format!("'filter[as_of]' must be one day, not {other} and {date}");
                    Err(fault(AS_OF, detail))
                }
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
            // The declaration of the filters does not allow other operators.
            _ => Err(fault(field, "Dates must be one day or a range of days".to_owned())),
        }
    }

    /// Whether the report covers either all distributions of a deal or none.
    pub(crate) fn takes_whole_deals(&self) -> bool {
        !self.splits_deals
    }

    /// Whether the report covers a distribution, as far as conditions other than dates say.
    pub(crate) fn admits(&self, entry: &Entry) -> bool {
        if self.leaves_out_lost && entry.status.is_left_out() {
            return false;
        }
        self.rest.is_met(&|field| value_of(entry, field))
    }
}

/// Returns what a condition on a field compares of a distribution; null for the dates.
pub(crate) fn value_of(entry: &Entry, field: Field) -> Value {
    match field {
        DEAL_ID => Value::Integer(entry.deal),
        CREATOR_ID => entry.creator.map_or(Value::Null, Value::Integer),
        CURRENCY => Value::Text(entry.currency.code().to_owned()),
        PROBABILITY => Value::Integer(entry.probability),
        STATUS => Value::Text(entry.status.name().to_owned()),
        REVENUE_DISTRIBUTION_ID => Value::Integer(entry.revenue_distribution),
        ORGANIZATION_ID => Value::Integer(entry.organization),
        _ => Value::Null,
    }
}

/// Whether a filter has a condition on a field.
pub(crate) fn mentions(filter: &Filter, field: Field) -> bool {
    match filter {
        Filter::All(members) | Filter::Any(members) => {
            members.iter().any(|member| mentions(member, field))
        }
        Filter::Test(own, _) => *own == field,
    }
}

fn fault(field: Field, detail: String) -> Error {
    let name = if field == AS_OF { "filter[as_of]" } else { "filter[date]" };
    Error::parameter(Code::UnsupportedFilterValue, name, detail)
}
