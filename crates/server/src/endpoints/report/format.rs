//! The forms in which a report is shown, and the words by which clients ask for them.
//!
//! A new form is a variant of [`Format`] with a line in `NAMED`, a file beside `csv` that writes
//! its rows, and an arm in both matches of the module above: how many rows it may have, and who
//! writes them. Then `docs/openapi.json` is made again, and `docs/api/reports.md` says it. Not
//! here: how rows are written.

use apportion_jsonapi::{Error, media};

use crate::endpoints::list_table::FORMAT;
use crate::endpoints::table::choice;

/// A form in which a report is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// A page as a JSON:API document.
    Document,
    /// All rows as a table.
    Csv,
    /// All rows as a chart.
    Svg,
}

/// The forms besides the document: each with its word for the parameter `format`, and its media
/// type.
const NAMED: [(Format, &str, &str); 2] =
    [(Format::Csv, "csv", "text/csv"), (Format::Svg, "svg", "image/svg+xml")];

impl Format {
    /// Returns the words for the parameter `format`.
    pub(crate) fn words() -> Vec<&'static str> {
        NAMED.iter().map(|(_, word, _)| *word).collect()
    }

    /// Returns the media types besides that of a document.
    pub(crate) fn media_types() -> Vec<&'static str> {
        NAMED.iter().map(|(.., media_type)| *media_type).collect()
    }

    /// Returns the form that `Accept` prefers.
    pub(super) fn from_accept(header: Option<&str>) -> Self {
        let preferred = media::find_preferred(header, &Self::media_types());
        let named = preferred.and_then(|at| NAMED.get(at));
        named.map_or(Self::Document, |(format, ..)| *format)
    }

    /// Reads the parameter `format`, if it is given.
    pub(super) fn from_query(query: &str) -> Result<Option<Self>, Error> {
        choice(query, FORMAT, &NAMED.map(|(format, word, _)| (word, format)))
    }
}
