//! The decimals and amounts of cells. A file with semicolons has decimal commas, any other decimal
//! points: the mark follows from the separator and is never guessed, and nothing is taken for a
//! thousands mark. Not here: integers, which have no mark.

use std::borrow::Cow;

use apportion_core::units::{AmountError, Units, parse_amount};
use apportion_jsonapi::text::cut;

/// The mark before the decimals of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DecimalMark {
    Point,
    Comma,
}

impl DecimalMark {
    /// Returns the mark in files with this byte between their cells.
    pub(super) fn beside(separator: u8) -> Self {
        if separator == b';' { Self::Comma } else { Self::Point }
    }

    /// Returns a decimal with a point as its mark, or the reason why it has the wrong one.
    pub(super) fn with_point(self, text: &str) -> Result<Cow<'_, str>, String> {
        match self {
            Self::Point if text.contains(',') => Err(format!(
                "must have a point before its decimals and no comma, not '{}'; decimal commas are \
                 for files that are separated by semicolons",
                cut(text)
            )),
            Self::Point => Ok(Cow::Borrowed(text)),
            Self::Comma if text.contains('.') => Err(format!(
                "must have a comma before its decimals and no point, as in all files that are \
                 separated by semicolons, not '{}'",
                cut(text)
            )),
            Self::Comma => Ok(Cow::Owned(text.replace(',', "."))),
        }
    }

    /// Parses an amount that is written in these units into minor units.
    pub(super) fn amount(self, text: &str, units: &Units) -> Result<i64, String> {
        parse_amount(&self.with_point(text)?, units.decimals()).map_err(|error| match error {
            AmountError::TooPrecise { .. } => format!("{error} in {units}, not '{}'", cut(text)),
            AmountError::NotAnAmount { .. } if self == Self::Comma => {
                format!("{}, not '{}'", error.to_string().replace('.', ","), cut(text))
            }
            AmountError::NotAnAmount { .. } => format!("{error}, not '{}'", cut(text)),
            AmountError::Overflow => error.to_string(),
        })
    }
}
