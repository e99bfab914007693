//! What a report is grouped by: `date:month,deal`.
//!
//! Reading it, and what a group is called. What a row's keys are is [`super::row`].

use thiserror::Error;

use crate::calendar::Period;

/// One thing to group by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// The tenant.
    Organization,
    /// The deal of the distribution.
    Deal,
    /// The person who made the distribution.
    Creator,
    /// The currency of the deal.
    Currency,
    /// Each distribution by itself.
    RevenueDistribution,
    /// The days, by periods.
    Date(Period),
}

/// What is wrong with a text that should say what to group by.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GroupError {
    /// No such group.
    #[error(
        "{0:?} is not one of organization, deal, creator, currency, revenue_distribution, \
         date:day, date:week, date:month, date:quarter and date:year"
    )]
    Unknown(String),
    /// A group that stands there already.
    #[error("{0} is there twice")]
    Twice(&'static str),
    /// A second way to group by date.
    #[error("date is there more than once")]
    SecondDate,
}

/// What to group by, in the order asked: no group twice, at most one of the date.
///
/// # Examples
///
/// ```
/// use apportion_core::calendar::Period;
/// use apportion_core::report::{Group, Grouping};
///
/// let grouping = Grouping::parse("date:month,deal").unwrap();
/// assert_eq!(grouping.groups(), [Group::Date(Period::Month), Group::Deal]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grouping(Vec<Group>);

const PERIODS: [(&str, Period); 5] = [
    ("date:day", Period::Day),
    ("date:week", Period::Week),
    ("date:month", Period::Month),
    ("date:quarter", Period::Quarter),
    ("date:year", Period::Year),
];

const ENTITIES: [Group; 5] =
    [Group::Organization, Group::Deal, Group::Creator, Group::Currency, Group::RevenueDistribution];

impl Group {
    /// Its name without a period: `deal`, `date`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Deal => "deal",
            Self::Creator => "creator",
            Self::Currency => "currency",
            Self::RevenueDistribution => "revenue_distribution",
            Self::Date(_) => "date",
        }
    }

    /// The words that groups are asked for by, those of dates last: `deal`, `date:month`.
    pub fn words() -> impl Iterator<Item = &'static str> {
        ENTITIES.into_iter().map(Self::name).chain(PERIODS.map(|(word, _)| word))
    }

    fn parse(text: &str) -> Option<Self> {
        let period = PERIODS.into_iter().find(|(name, _)| *name == text);
        let date = period.map(|(_, period)| Self::Date(period));
        date.or_else(|| ENTITIES.into_iter().find(|group| group.name() == text))
    }
}

impl Grouping {
    /// Reads groups with commas between them. No group at all is [`Grouping::default`], not a text.
    ///
    /// # Errors
    ///
    /// One for each that is wrong, in their order.
    pub fn parse(text: &str) -> Result<Self, Vec<GroupError>> {
        Self::from_groups(
            text.split(',')
                .map(|part| Group::parse(part).ok_or_else(|| GroupError::Unknown(part.to_owned()))),
        )
    }

    /// Groups that were read one by one, each possibly wrong already.
    ///
    /// # Errors
    ///
    /// One for each that is wrong, in their order.
    pub fn from_groups(
        groups: impl IntoIterator<Item = Result<Group, GroupError>>,
    ) -> Result<Self, Vec<GroupError>> {
        let (mut kept, mut errors) = (Vec::new(), Vec::new());
        for group in groups {
            match group.and_then(|group| new_among(&kept, group)) {
                Ok(group) => kept.push(group),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self(kept)) } else { Err(errors) }
    }

    /// The groups in the order asked.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.0
    }

    /// The periods of the date group.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        self.0.iter().find_map(|group| match group {
            Group::Date(period) => Some(*period),
            _ => None,
        })
    }

    /// Whether this is one of the groups.
    #[must_use]
    pub fn has(&self, group: Group) -> bool {
        self.0.contains(&group)
    }
}

fn new_among(kept: &[Group], group: Group) -> Result<Group, GroupError> {
    match (group, kept.iter().any(|other| other.name() == group.name())) {
        (_, false) => Ok(group),
        (Group::Date(_), true) => Err(GroupError::SecondDate),
        (_, true) => Err(GroupError::Twice(group.name())),
    }
}
