//! A reader that counts lines. The CSV reader only knows the place where it began to look for a
//! record: after CRLF that is still the line before, and after blank lines it is further up.

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
}

impl<R> LineReader<R> {
    pub(crate) fn new(inner: R) -> Self {
        let starts = VecDeque::new();
        Self { inner, offset: 0, line: 1, at_line_start: true, after_return: false, starts }
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
        for byte in buffer.iter().take(count) {
            self.note(*byte);
        }
        Ok(count)
    }
}
