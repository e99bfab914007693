//! The groups of a report, parsed from text.

use apportion_core::calendar::Period;
use apportion_core::report::{Figure, Group, GroupError, Grouping, SortBy};

fn reads(text: &str, expected: &[Group]) {
    assert_eq!(Grouping::parse(text).unwrap().groups(), expected, "{text}");
}

fn refuses(text: &str, expected: &[GroupError]) {
    assert_eq!(Grouping::parse(text).unwrap_err(), expected, "{text}");
}

fn unknown(text: &str) -> GroupError {
    GroupError::Unknown(text.to_owned())
}

#[test]
fn are_read_in_the_order_asked() {
    reads("deal", &[Group::Deal]);
    reads("date:month,deal", &[Group::Date(Period::Month), Group::Deal]);
    reads("deal,date:month", &[Group::Deal, Group::Date(Period::Month)]);
    reads(
        "organization,creator,currency,status,revenue_distribution",
        &[
            Group::Organization,
            Group::Creator,
            Group::Currency,
            Group::Status,
            Group::RevenueDistribution,
        ],
    );
    reads("date:day", &[Group::Date(Period::Day)]);
    reads("date:week", &[Group::Date(Period::Week)]);
    reads("date:quarter", &[Group::Date(Period::Quarter)]);
    reads("date:year", &[Group::Date(Period::Year)]);
    assert_eq!(Grouping::default().groups(), []);
}

#[test]
fn are_refused_one_error_each() {
    refuses("", &[unknown("")]);
    refuses("date", &[unknown("date")]);
    refuses("Deal", &[unknown("Deal")]);
    refuses("deal, creator", &[unknown(" creator")]);
    refuses("deal,deal", &[GroupError::Twice("deal")]);
    refuses("date:day,date:month", &[GroupError::SecondDate]);
    refuses("date:day,date:day", &[GroupError::SecondDate]);
    refuses(
        "deal,budget,deal,date:day,date:week,date:hour",
        &[
            unknown("budget"),
            GroupError::Twice("deal"),
            GroupError::SecondDate,
            unknown("date:hour"),
        ],
    );
}

#[test]
fn say_what_they_might_have_been() {
    let text = unknown("budget").to_string();
    assert!(text.starts_with("\"budget\" is not one of organization, deal,"), "{text}");
}

#[test]
fn are_what_rows_can_be_sorted_by() {
    let grouping = Grouping::parse("date:week,deal").unwrap();
    assert_eq!(grouping.sort_by("date"), Some(SortBy::Group(Group::Date(Period::Week))));
    assert_eq!(grouping.sort_by("deal"), Some(SortBy::Group(Group::Deal)));
    assert_eq!(grouping.sort_by("creator"), None);
    assert_eq!(grouping.sort_by("count"), Some(SortBy::Count));
    for figure in Figure::ALL {
        assert_eq!(grouping.sort_by(figure.name()), Some(SortBy::Figure(figure)));
    }
    assert_eq!(Grouping::default().sort_by("date"), None);
}
