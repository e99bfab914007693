//! Tables for spreadsheets: CSV by RFC 4180, in UTF-8, with lines that end with CRLF. Reports and
//! lists are written with it. Not here: which columns they have (`report::csv`, `list_table`).
//!
//! Texts that people wrote are written so that no spreadsheet runs them as formulas. Amounts are in
//! units that people count in, with all decimals and without thousands marks.

use actix_web::http::header::CONTENT_DISPOSITION;
use apportion_core::text::as_cell;
use apportion_core::units;
use apportion_jsonapi::query::parameter_values;
use apportion_jsonapi::text::cut;
use apportion_jsonapi::{Code, Error};
use csv::{Terminator, Writer, WriterBuilder};

use crate::failure::Failure;
use crate::http::reply::Reply;

/// The media type of tables.
const MEDIA_TYPE: &str = "text/csv; charset=utf-8";
/// The parameter that chooses the dialect by a language.
pub(crate) const LOCALE: &str = "locale";
/// The parameter that chooses the dialect by what stands between cells.
pub(crate) const SEPARATOR: &str = "separator";
/// The values of [`LOCALE`].
pub(crate) const LOCALES: [(&str, Dialect); 2] =
    [("en", Dialect::English), ("de", Dialect::German)];
/// The values of [`SEPARATOR`].
pub(crate) const SEPARATORS: [(&str, Dialect); 2] =
    [(",", Dialect::English), (";", Dialect::German)];

/// The marks by which a table is read. Spreadsheets take them from the language of their user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Columns end at a comma, decimals begin at a point.
    #[default]
    English,
    /// Columns end at a semicolon, decimals begin at a comma. A mark at the beginning of the file
    /// says that it is UTF-8, which spreadsheets would not find out.
    German,
}

impl Dialect {
    /// Reads the dialect that a query chooses, if it chooses one.
    pub(crate) fn from_query(query: &str) -> Result<Option<Self>, Vec<Error>> {
        let locale = choice(query, LOCALE, &LOCALES);
        let separator = choice(query, SEPARATOR, &SEPARATORS);
        match (locale, separator) {
            (Ok(Some(locale)), Ok(Some(separator))) if locale != separator => {
                let detail = "'separator' and 'locale' choose different tables; give one of them";
                Err(vec![Error::parameter(Code::UnsupportedParameter, SEPARATOR, detail)])
            }
            (Ok(locale), Ok(separator)) => Ok(locale.or(separator)),
            (locale, separator) => Err(locale.err().into_iter().chain(separator.err()).collect()),
        }
    }

    /// Refuses a query that chooses a dialect for an answer that is no table.
    pub(crate) fn refuse_without_table(query: &str) -> Result<(), Vec<Error>> {
        let is_given = |name: &&str| !parameter_values(query, name).is_empty();
        let error = |name: &str| {
            let detail = format!("'{name}' is for tables alone; add 'format=csv'");
            Error::parameter(Code::UnsupportedParameter, name, detail)
        };
        let stray: Vec<Error> =
            [LOCALE, SEPARATOR].into_iter().filter(is_given).map(error).collect();
        if stray.is_empty() { Ok(()) } else { Err(stray) }
    }
}

/// Reads a parameter that is one of these words.
pub(crate) fn choice<T: Copy>(
    query: &str,
    name: &str,
    words: &[(&str, T)],
) -> Result<Option<T>, Error> {
    let refuse = |detail| Error::parameter(Code::UnsupportedParameter, name, detail);
    let mut values = parameter_values(query, name);
    // What cannot be decoded is reported where all parameters are read.
    let Some(Some(value)) = values.pop() else { return Ok(None) };
    let known = words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(" or ");
    if !values.is_empty() {
        return Err(refuse(format!("'{name}' is given more than once; give {known} once")));
    }
    let found = words.iter().find(|(word, _)| *word == value).map(|(_, meant)| *meant);
    found
        .map(Some)
        .ok_or_else(|| refuse(format!("'{name}' must be {known}, not '{}'", cut(&value))))
}

/// Answers with a table as a file of this name.
pub(crate) fn reply(body: csv::Result<Vec<u8>>, name: &str) -> Result<Reply, Failure> {
    let file = format!("attachment; filename=\"{name}.csv\"");
    let body = body.map_err(broken)?;
    Ok(Reply::plain(body, MEDIA_TYPE).with_header(CONTENT_DISPOSITION, file))
}

/// Makes the failure of a table that is not written.
pub(crate) fn broken(error: csv::Error) -> Failure {
    Failure::Broken(format!("no CSV is written: {error}"))
}

/// A table that is written cell by cell. No error occurs while it is written to memory, but for a
/// row with another number of cells than the one before.
pub(crate) struct Table {
    writer: Writer<Vec<u8>>,
    dialect: Dialect,
}

impl Table {
    pub(crate) fn new(dialect: Dialect) -> Self {
        let (mark, separator) = match dialect {
            Dialect::English => ("", b','),
            Dialect::German => ("\u{feff}", b';'),
        };
        let mut builder = WriterBuilder::new();
        let builder = builder.delimiter(separator).terminator(Terminator::CRLF);
        Self { writer: builder.from_writer(mark.as_bytes().to_vec()), dialect }
    }

    /// Adds a word of the service's own: a name of a column, an id, a code, a day.
    pub(crate) fn word(&mut self, word: &str) -> csv::Result<()> {
        self.writer.write_field(word)
    }

    /// Adds a text that people wrote, so that it is no formula.
    pub(crate) fn text(&mut self, text: &str) -> csv::Result<()> {
        self.writer.write_field(as_cell(text).as_ref())
    }

    /// Adds a number that is written with a decimal point.
    pub(crate) fn number(&mut self, number: &str) -> csv::Result<()> {
        match self.dialect {
            Dialect::English => self.writer.write_field(number),
            Dialect::German => self.writer.write_field(number.replace('.', ",")),
        }
    }

    /// Adds an amount of smaller units, of which the last digits are decimals.
    pub(crate) fn amount(&mut self, minor: i64, decimals: u32) -> csv::Result<()> {
        let sign = if minor < 0 { "-" } else { "" };
        self.number(&format!("{sign}{}", units::decimal(minor.unsigned_abs().into(), decimals)))
    }

    /// Adds an empty cell.
    pub(crate) fn nothing(&mut self) -> csv::Result<()> {
        self.word("")
    }

    pub(crate) fn end_row(&mut self) -> csv::Result<()> {
        self.writer.write_record(None::<&[u8]>)
    }

    /// Returns the number of bytes that are written, but for the last few thousand.
    pub(crate) fn size(&self) -> usize {
        self.writer.get_ref().len()
    }

    pub(crate) fn finish(self) -> csv::Result<Vec<u8>> {
        self.writer.into_inner().map_err(|error| error.into_error().into())
    }
}
