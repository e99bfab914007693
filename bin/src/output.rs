//! The one place that writes to stdout and stderr, apart from the log (`log_line`). A reader that
//! has gone is nobody's fault: the rest is dropped, and the command goes on with its work. Any
//! other fault of stdout, such as a full disk, is the command's to judge. Not here: the results
//! themselves.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};

/// The results of a command, printed to stdout as long as that takes them.
#[derive(Default)]
pub(crate) struct Output {
    /// The first fault; nothing is written after it.
    fault: Option<io::Error>,
}

impl Output {
    /// Prints a line, unless stdout has failed before.
    pub(crate) fn line(&mut self, text: Arguments<'_>) {
        self.write(format_args!("{text}\n"));
    }

    /// Prints a text as it is, unless stdout has failed before.
    pub(crate) fn write(&mut self, text: Arguments<'_>) {
        if self.fault.is_none() {
            let mut out = io::stdout().lock();
            // What is left in the buffer at the end of the process would be lost in silence.
            self.fault = out.write_fmt(text).and_then(|()| out.flush()).err();
        }
    }

    /// Succeeds if all was printed, and also if the reader has gone.
    pub(crate) fn end(self) -> anyhow::Result<()> {
        match self.fault {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => Err(unwritable(&error)),
            _ => Ok(()),
        }
    }

    /// Succeeds if all was printed.
    pub(crate) fn arrived(self) -> io::Result<()> {
        self.fault.map_or(Ok(()), Err)
    }

    /// Says on stderr that stdout has failed, and nothing if the reader has gone: for work that is
    /// done, whatever was printed of it.
    pub(crate) fn end_regardless(self) {
        if let Err(error) = self.end() {
            complain(format_args!("apportion: the work was done, but {error}"));
        }
    }
}

fn unwritable(error: &io::Error) -> anyhow::Error {
    anyhow::anyhow!("stdout cannot be written: {error}")
}

/// Prints a line to stderr. A line that cannot be written is lost; there is no other place to say
/// so.
pub(crate) fn complain(text: Arguments<'_>) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}
