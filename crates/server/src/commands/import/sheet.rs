//! A file that is read: its rows as inputs of the same kind that requests make. Its separator is
//! told by its header. Not here: the rules for the rows, and the database.

use std::borrow::Cow;
use std::io::{Cursor, Read};

use apportion_core::text::from_cell;
use apportion_jsonapi::input::{Link, Linkage};
use apportion_jsonapi::resource::ResourceType;
use apportion_jsonapi::{Input, Kind};
use apportion_store::Field;
use sha2::{Digest, Sha256};

use super::columns::{Column, Columns, columns, minor};
use super::faults::Faults;
use super::line_reader::LineReader;
use super::number::DecimalMark;
use super::row::{Cell, NameCell, Row};

/// A file that was read.
pub(super) struct Sheet {
    /// The file, as it was named.
    pub(super) name: String,
    /// The type of its rows.
    pub(super) kind: &'static str,
    pub(super) rows: Vec<Row>,
    /// The mark in its decimals.
    pub(super) mark: DecimalMark,
    /// The amounts that its columns give in minor units.
    pub(super) minor: Vec<&'static str>,
    /// The SHA-256 of its bytes.
    pub(super) digest: [u8; 32],
}

/// Reads a file of a type. Calls `progress` with the number of bytes read so far. Returns its
/// faults too, which make it useless.
pub(super) fn read(
    name: &str,
    resource: &ResourceType<Field>,
    file: impl Read,
    mut progress: impl FnMut(u64),
) -> std::io::Result<(Sheet, Faults)> {
    let mut faults = Faults { file: name.to_owned(), ..Faults::default() };
    let mut hashed = Hashed { inner: file, hash: Sha256::new() };
    let head = head(&mut hashed)?;
    let separators = separators(&head);
    let separator = separators.first().copied().unwrap_or(b',');
    let mark = DecimalMark::beside(separator);
    let mut rows = Vec::new();
    let mut file = csv::ReaderBuilder::new()
        .flexible(true)
        .delimiter(separator)
        .from_reader(LineReader::new(Cursor::new(head).chain(&mut hashed), separator));
    let columns = header(&mut file, resource, &separators, &mut faults);
    let mut record = csv::StringRecord::new();
    while !columns.is_empty() {
        let start = file.position().byte();
        let read = file.read_record(&mut record);
        let line = file.get_mut().line_from(start);
        progress(start);
        let end = file.position().byte();
        if let Some(quote) = file.get_ref().quote_fault(end) {
            // Where a quote goes wrong, what follows are not the lines that were meant.
            faults.add(quote.line, None, quote.reason);
            break;
        }
        match read {
            Ok(false) => break,
            Ok(true) if record.len() != columns.len() => {
                let (cells, known) = (record.len(), columns.len());
                let reason = format!("has {cells} cells, but the header has {known}");
                faults.add(line, None, &reason);
            }
            Ok(true) => rows.push(row(line, &record, &columns, mark)),
            Err(error) => {
                let (cell, reason) = unreadable(&error);
                let header = cell.and_then(|cell| columns.get(cell)).map(|(name, _)| name);
                faults.add(line, header.map(String::as_str), &reason);
                if cell.is_none() {
                    break;
                }
            }
        }
    }
    let minor = minor(&columns);
    drop(file);
    std::io::copy(&mut hashed, &mut std::io::sink())?;
    let digest = hashed.hash.finalize().into();
    let (name, kind) = (name.to_owned(), resource.name);
    Ok((Sheet { name, kind, rows, mark, minor, digest }, faults))
}

/// A reader that passes bytes on and adds them to a hash.
struct Hashed<R> {
    inner: R,
    hash: Sha256,
}

impl<R: Read> Read for Hashed<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        Ok(count)
    }
}

/// The largest number of bytes in which the header is looked for.
const MAX_HEAD: usize = 64 * 1024;

/// Reads the beginning of a file, up to the end of its first line that is not blank.
fn head(file: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    let mut piece = [0_u8; 4096];
    while head.len() < MAX_HEAD && header_line(&head).is_none_or(|line| line.len() == head.len()) {
        let count = file.read(&mut piece)?;
        if count == 0 {
            break;
        }
        head.extend_from_slice(piece.get(..count).unwrap_or_default());
    }
    Ok(head)
}

/// Returns the bytes up to the end of the first line that is not blank, or all of them if there is
/// no end. Returns `None` if there are only blank lines.
fn header_line(head: &[u8]) -> Option<&[u8]> {
    let is_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
    let begin = head.iter().position(|byte| !is_end(byte))?;
    let rest = head.get(begin..)?;
    let mut is_quoted = false;
    let end = rest.iter().position(|byte| {
        is_quoted ^= *byte == b'"';
        is_end(byte) && !is_quoted
    });
    head.get(..begin.saturating_add(end.unwrap_or(rest.len())))
}

/// Returns the bytes that separate cells in a header, outside of quotes, in the order in which they
/// occur. More than one is a fault.
fn separators(head: &[u8]) -> Vec<u8> {
    let (mut found, mut is_quoted) = (Vec::new(), false);
    for byte in header_line(head).unwrap_or_default() {
        is_quoted ^= *byte == b'"';
        if matches!(byte, b',' | b';' | b'\t') && !is_quoted && !found.contains(byte) {
            found.push(*byte);
        }
    }
    found
}

/// Reads the header. There are no columns if it is at fault.
fn header<'t>(
    file: &mut csv::Reader<LineReader<impl Read>>,
    resource: &'t ResourceType<Field>,
    separators: &[u8],
    faults: &mut Faults,
) -> Columns<'t> {
    let headers = file.headers().cloned();
    let end = file.position().byte();
    if let Some(quote) = file.get_ref().quote_fault(end) {
        faults.add(quote.line, None, quote.reason);
        return Vec::new();
    }
    let line = file.get_mut().line_from(0);
    if separators.len() > 1 {
        let reason = "the header has several of comma, semicolon and tab; separate the columns by \
                      one of them";
        faults.add(line, None, reason);
        return Vec::new();
    }
    match headers {
        Ok(headers) => {
            let columns = columns(&headers, line, resource, faults);
            if faults.is_empty() { columns } else { Vec::new() }
        }
        Err(error) => {
            faults.add(line, None, &unreadable(&error).1);
            Vec::new()
        }
    }
}

/// Reads the cells of a line. Those that are at fault are errors of its input.
fn row(line: u64, record: &csv::StringRecord, columns: &Columns<'_>, mark: DecimalMark) -> Row {
    let mut row = Row { line, input: Input::default(), amounts: Vec::new(), names: Vec::new() };
    for ((header, column), text) in columns.iter().zip(record).filter(|(_, text)| !text.is_empty())
    {
        let pointer = format!("/data/attributes/{header}");
        match column {
            Column::Attribute(attribute) if matches!(attribute.kind, Kind::Decimal { .. }) => {
                let value = mark
                    .with_point(text)
                    .and_then(|text| attribute.kind.read_text(&text).map_err(Cow::into_owned));
                row.input.give(attribute, value, pointer);
            }
            Column::Attribute(attribute) => {
                let text = match attribute.kind {
                    Kind::Text => Cow::Borrowed(from_cell(text)),
                    // Spreadsheets write these words in capitals.
                    Kind::Boolean => Cow::Owned(text.to_ascii_lowercase()),
                    _ => Cow::Borrowed(text),
                };
                row.input.give(attribute, attribute.kind.read_text(&text), pointer);
            }
            Column::Amount(attribute) => {
                row.amounts.push(Cell { name: attribute.name, text: text.to_owned() });
            }
            Column::Id(declared) => {
                let id = apportion_jsonapi::value::parse_id(text);
                let linkage = id.map_or_else(|| Linkage::InvalidId(text.to_owned()), Linkage::One);
                row.input.give_link(Link { name: declared.name, linkage, pointer });
            }
            Column::Name(declared, _) | Column::ExternalId(declared) => {
                let is_external = matches!(column, Column::ExternalId(_));
                let (name, text) = (declared.name, from_cell(text).to_owned());
                row.names.push(NameCell { name, is_external, text });
            }
        }
    }
    row
}

/// Returns the reason why a record cannot be read. If only one cell is at fault, returns its
/// position too.
fn unreadable(error: &csv::Error) -> (Option<usize>, String) {
    match error.kind() {
        csv::ErrorKind::Utf8 { err, .. } => (Some(err.field()), "is not UTF-8".to_owned()),
        _ => (None, error.to_string()),
    }
}
