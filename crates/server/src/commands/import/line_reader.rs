//! A reader that counts lines and follows quotes. The CSV reader only knows the place where it
//! began to look for a record: after CRLF that is still the line before, and after blank lines it
//! is further up. It also reads a quote that nothing closes, and text behind a closing quote,
//! without a word.

use std::collections::VecDeque;
use std::io::{Read, Result};

/// A reader that passes bytes on and notes where lines begin. A line ends with CR, LF or both.
pub(crate) struct LineReader<R> {
    inner: R,
    /// The number of bytes passed on.
    offset: u64,
    /// The line of the next byte, counted from 1.
    line: u64,
    /// Whether the current line has no byte yet.
    at_line_start: bool,
    /// Whether the last byte was a CR, so that an LF belongs to the same line end.
    after_return: bool,
    /// The offsets and numbers of the lines that are not empty, from the last offset looked up on.
    starts: VecDeque<(u64, u64)>,
    place: Place,
    fault: Option<QuoteFault>,
    /// The byte between two cells.
    separator: u8,
}

/// The place of the next byte within its cell.
#[derive(Clone, Copy)]
enum Place {
    /// At the start of a cell.
    Start,
    /// Within a cell without quotes.
    Plain,
    /// Within quotes, which opened on this line.
    Quoted(u64),
    /// Behind a quote within quotes: it closes them, unless another one follows.
    Closing(u64),
}

/// A quote that is not as it should be. The CSV reader takes it for text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct QuoteFault {
    /// The number of bytes up to which the file is to be read before the fault is met.
    pub(crate) offset: u64,
    /// The number of the line with the quote.
    pub(crate) line: u64,
    /// The fault, as the rest of a sentence about the line.
    pub(crate) reason: &'static str,
}

impl<R> LineReader<R> {
    pub(crate) fn new(inner: R, separator: u8) -> Self {
        Self {
            inner,
            offset: 0,
            line: 1,
            at_line_start: true,
            after_return: false,
            starts: VecDeque::new(),
            place: Place::Start,
            fault: None,
            separator,
        }
    }

    /// Returns the first quote that is not as it should be, among the bytes before this offset.
    pub(crate) fn quote_fault(&self, before: u64) -> Option<QuoteFault> {
        self.fault.filter(|fault| fault.offset <= before)
    }

    /// Follows the quotes of RFC 4180. The bytes of a byte order mark begin no cell.
    fn follow_quotes(&mut self, byte: u8) {
        let is_mark = self.offset < 3 && matches!(byte, 0xEF | 0xBB | 0xBF);
        let ends_cell = byte == self.separator || matches!(byte, b'\r' | b'\n');
        self.place = match (self.place, byte) {
            (Place::Start, b'"') => Place::Quoted(self.line),
            (Place::Start, _) if is_mark => Place::Start,
            (Place::Start | Place::Plain | Place::Closing(_), _) if ends_cell => Place::Start,
            (Place::Start | Place::Plain, _) => Place::Plain,
            (Place::Quoted(line), b'"') => Place::Closing(line),
            (Place::Closing(line), b'"') => Place::Quoted(line),
            (Place::Quoted(line), _) => Place::Quoted(line),
            (Place::Closing(line), _) => {
                self.note_fault(
                    line,
                    "has text behind a closing quote; double a quote within a cell",
                );
                Place::Plain
            }
        };
    }

    fn note_fault(&mut self, line: u64, reason: &'static str) {
        let offset = self.offset;
        self.fault.get_or_insert(QuoteFault { offset, line, reason });
    }

    /// Returns the number of the first line that is not empty and begins at this offset or after
    /// it. Offsets must not descend from call to call: earlier lines are forgotten.
    pub(crate) fn line_from(&mut self, offset: u64) -> u64 {
        while self.starts.front().is_some_and(|(start, _)| *start < offset) {
            self.starts.pop_front();
        }
        self.starts.front().map_or(self.line, |(_, line)| *line)
    }

    fn note(&mut self, byte: u8) {
        self.follow_quotes(byte);
        match byte {
            b'\n' if self.after_return => self.after_return = false,
            b'\n' | b'\r' => {
                self.line = self.line.saturating_add(1);
                self.at_line_start = true;
                self.after_return = byte == b'\r';
            }
            _ => {
                if self.at_line_start {
                    self.starts.push_back((self.offset, self.line));
                }
                (self.at_line_start, self.after_return) = (false, false);
            }
        }
        self.offset = self.offset.saturating_add(1);
    }
}

impl<R: Read> Read for LineReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        if let (0, false, Place::Quoted(line)) = (count, buffer.is_empty(), self.place) {
            self.note_fault(line, "opens a quote that nothing closes");
        }
        for byte in buffer.iter().take(count) {
            self.note(*byte);
        }
        Ok(count)
    }
}
