//! The operators that compare a field with values, and the kinds of values that each goes with.

use crate::value::Kind;

/// A comparison of a field with one or more values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// The field is one of the values.
    Equal,
    /// The field differs from every value.
    NotEqual,
    /// The field contains one of the texts; ASCII letters match in either case.
    Contains,
    /// The field contains none of the texts; ASCII letters match in either case.
    NotContain,
    /// The field is greater than the value.
    Greater,
    /// The field is greater than the value or equal to it.
    GreaterOrEqual,
    /// The field is less than the value.
    Less,
    /// The field is less than the value or equal to it.
    LessOrEqual,
}

impl Operator {
    const ALL: [(&'static str, Operator); 8] = [
        ("eq", Operator::Equal),
        ("not_eq", Operator::NotEqual),
        ("contains", Operator::Contains),
        ("not_contain", Operator::NotContain),
        ("gt", Operator::Greater),
        ("gt_eq", Operator::GreaterOrEqual),
        ("lt", Operator::Less),
        ("lt_eq", Operator::LessOrEqual),
    ];

    /// Returns the operators that a filter takes on a field of this kind, with their names: none
    /// for JSON.
    pub fn for_kind(kind: Kind) -> impl Iterator<Item = (&'static str, Operator)> {
        Self::ALL.into_iter().filter(move |(_, operator)| match operator {
            _ if matches!(kind, Kind::Json(_)) => false,
            Operator::Equal | Operator::NotEqual => true,
            Operator::Contains | Operator::NotContain => matches!(kind, Kind::Text),
            _ => !matches!(kind, Kind::Text | Kind::Boolean | Kind::Enumeration(_)),
        })
    }

    /// Whether an empty value stands for null, where the field may be null.
    pub fn takes_null(self) -> bool {
        matches!(self, Operator::Equal | Operator::NotEqual)
    }

    /// Whether it compares by order, with a single value.
    pub fn orders(self) -> bool {
        use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
        matches!(self, Greater | GreaterOrEqual | Less | LessOrEqual)
    }
}
