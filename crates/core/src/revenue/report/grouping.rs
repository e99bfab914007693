//! The grouping of a report, such as `date:month,deal`.
//!
//! Parsing, and the names of the groups. The keys of a row are [`super::row`].

use thiserror::Error;

use crate::calendar::Period;

/// A property that a report can be grouped by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// The organization.
    Organization,
    /// The deal of the distribution.
    Deal,
    /// The person who created the distribution.
    Creator,
    /// The currency of the deal.
    Currency,
    /// The status of the deal.
    Status,
    /// The distribution itself.
    RevenueDistribution,
    /// The day, by periods.
    Date(Period),
}

/// An error in a list of groups.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum GroupError {
    /// The name is not that of a group.
    #[error(
        "{0:?} is not one of organization, deal, creator, currency, status, \
         revenue_distribution, date:day, date:week, date:month, date:quarter and date:year"
    )]
    Unknown(String),
    /// The group was named before.
    #[error("{0} is given twice; name each group once")]
    Twice(&'static str),
    /// A second period for the date was given.
    #[error("date is given more than once; group by one period only")]
    SecondDate,
}

/// The groups of a report, in the order given; no group occurs twice, and at most one is a date.
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

const ENTITIES: [Group; 6] = [
    Group::Organization,
    Group::Deal,
    Group::Creator,
    Group::Currency,
    Group::Status,
    Group::RevenueDistribution,
];

impl Group {
    /// Returns the name without a period: `deal`, `date`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Deal => "deal",
            Self::Creator => "creator",
            Self::Currency => "currency",
            Self::Status => "status",
            Self::RevenueDistribution => "revenue_distribution",
            Self::Date(_) => "date",
        }
    }

    /// Iterates over the names that clients use for groups, dates last: `deal`, `date:month`.
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
    /// Parses group names separated by commas.
    ///
    /// A report without groups is [`Grouping::default`], because no text stands for it.
    ///
    /// # Errors
    ///
    /// One error for each wrong group, in their order.
    pub fn parse(text: &str) -> Result<Self, Vec<GroupError>> {
        Self::from_groups(
            text.split(',')
                .map(|part| Group::parse(part).ok_or_else(|| GroupError::Unknown(part.to_owned()))),
        )
    }

    /// Collects groups that were parsed one by one, some of which may be errors already.
    ///
    /// # Errors
    ///
    /// One error for each wrong group, in their order.
    pub fn from_groups(
        groups: impl IntoIterator<Item = Result<Group, GroupError>>,
    ) -> Result<Self, Vec<GroupError>> {
        let (mut accepted, mut errors) = (Vec::new(), Vec::new());
        for group in groups {
            match group.and_then(|group| new_among(&accepted, group)) {
                Ok(group) => accepted.push(group),
                Err(error) => errors.push(error),
            }
        }
        if errors.is_empty() { Ok(Self(accepted)) } else { Err(errors) }
    }

    /// Returns the groups in the order given.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.0
    }

    /// Returns the period of the date group, if there is one.
    #[must_use]
    pub fn period(&self) -> Option<Period> {
        self.0.iter().find_map(|group| match group {
            Group::Date(period) => Some(*period),
            _ => None,
        })
    }

    /// Returns whether the report is grouped by this.
    #[must_use]
    pub fn has(&self, group: Group) -> bool {
        self.0.contains(&group)
    }
}

fn new_among(accepted: &[Group], group: Group) -> Result<Group, GroupError> {
    match (group, accepted.iter().any(|other| other.name() == group.name())) {
        (_, false) => Ok(group),
        (Group::Date(_), true) => Err(GroupError::SecondDate),
        (_, true) => Err(GroupError::Twice(group.name())),
    }
}
