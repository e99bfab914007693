//! A reader that remembers where lines begin. A CSV reader knows only where it began to look for a
//! record, which is the line before after CRLF, and further up after blank lines.

use std::collections::VecDeque;
use std::io::{Read, Result};

/// Passes bytes on, and says on which line they are; a line ends with CR, LF or both.
pub(crate) struct Numbered<R> {
    inner: R,
    /// How many bytes were passed on.
    offset: u64,
    /// The line of the next byte, from 1.
    line: u64,
    /// Whether the next byte, unless it ends a line, is the first of one.
    fresh: bool,
    after_return: bool,
    /// Offset and number of every line that is not empty, until it was asked for.
    starts: VecDeque<(u64, u64)>,
}

impl<R> Numbered<R> {
    pub(crate) fn new(inner: R) -> Self {
        let starts = VecDeque::new();
        Self { inner, offset: 0, line: 1, fresh: true, after_return: false, starts }
    }

    /// The first line with something on it that begins at this offset or after it. Offsets must
    /// not descend from call to call: what is before them is forgotten.
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
                self.fresh = true;
                self.after_return = byte == b'\r';
            }
            _ => {
                if self.fresh {
                    self.starts.push_back((self.offset, self.line));
                }
                (self.fresh, self.after_return) = (false, false);
            }
        }
        self.offset = self.offset.saturating_add(1);
    }
}

impl<R: Read> Read for Numbered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let count = self.inner.read(buffer)?;
        for byte in buffer.iter().take(count) {
            self.note(*byte);
        }
        Ok(count)
    }
}
