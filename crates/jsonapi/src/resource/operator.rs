//! The operators that compare a field, and which of them go with which kind of value.

use crate::value::Kind;

/// How a field is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Operator {
    /// Is one of the values.
    Equal,
    /// Is none of the values.
    NotEqual,
    /// Contains one of the texts, ASCII case aside.
    Contains,
    /// Contains none of the texts, ASCII case aside.
    NotContain,
    /// Is more than the value.
    Greater,
    /// Is the value or more.
    GreaterOrEqual,
    /// Is less than the value.
    Less,
    /// Is the value or less.
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

    /// The operators that a filter of this kind takes, with their names.
    pub fn for_kind(kind: Kind) -> impl Iterator<Item = (&'static str, Operator)> {
        Self::ALL.into_iter().filter(move |(_, operator)| match operator {
            _ if matches!(kind, Kind::Json(_)) => false,
            Operator::Equal | Operator::NotEqual => true,
            Operator::Contains | Operator::NotContain => matches!(kind, Kind::Text),
            _ => !matches!(kind, Kind::Text | Kind::Boolean | Kind::Enumeration(_)),
        })
    }

    /// Whether an empty value asks for null, where there may be one.
    pub fn takes_null(self) -> bool {
        matches!(self, Operator::Equal | Operator::NotEqual)
    }

    /// Whether it compares by order, with a single value.
    pub fn orders(self) -> bool {
        use Operator::{Greater, GreaterOrEqual, Less, LessOrEqual};
        matches!(self, Greater | GreaterOrEqual | Less | LessOrEqual)
    }
}
