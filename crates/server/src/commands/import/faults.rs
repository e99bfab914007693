//! The faults of a file: the first of them, and the number of all. Not here: how they are found.

use apportion_jsonapi::{Error, Source};

/// The ending of columns that give an amount in minor units.
pub(super) const MINOR: &str = "_minor";

/// The ending of columns that name a row by its `external_id`.
pub(super) const EXTERNAL: &str = "_external_id";

/// The largest number of faults that are listed. The rest is counted.
pub const MAX_LISTED: usize = 100;

/// The attribute by which another system knows a row.
pub(super) const EXTERNAL_ID: &str = "external_id";

/// A line that cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// The number of the line; the first line of the file is 1.
    pub line: u64,
    /// The header of the cell, if one cell is at fault.
    pub column: Option<String>,
    /// The fault, as the rest of a sentence about the cell or the line.
    pub reason: String,
}

/// The faults of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Faults {
    /// The file, as it was named.
    pub file: String,
    /// The first of them, in the order of the lines: at most [`MAX_LISTED`].
    pub listed: Vec<BadLine>,
    /// The number of all of them.
    pub count: u64,
}

impl Faults {
    /// Adds a fault of a line that does not come before those of the other faults.
    pub(super) fn add(&mut self, line: u64, column: Option<&str>, reason: &str) {
        self.count = self.count.saturating_add(1);
        if self.listed.len() < MAX_LISTED {
            let (column, reason) = (column.map(str::to_owned), reason.to_owned());
            self.listed.push(BadLine { line, column, reason });
        }
    }

    /// Adds errors of the document that a line stands for. The amounts in `minor` have a column of
    /// minor units.
    pub(super) fn add_errors(&mut self, line: u64, minor: &[&str], errors: &[Error]) {
        for error in errors {
            let member = match &error.source {
                Some(Source::Pointer(pointer)) => member_at(pointer),
                _ => None,
            };
            let name = member.map(|member| {
                let endings = [MINOR, EXTERNAL, "_id"];
                let name = endings.iter().find_map(|ending| member.strip_suffix(ending));
                name.filter(|_| member != EXTERNAL_ID).unwrap_or(member)
            });
            // The column is printed before the reason, which need not name it again.
            let rest = name.and_then(|name| error.detail.strip_prefix(name));
            let reason = rest.and_then(|rest| rest.strip_prefix(' ')).unwrap_or(&error.detail);
            match name.filter(|name| minor.contains(name)) {
                Some(name) => self.add(line, Some(&format!("{name}{MINOR}")), reason),
                None => self.add(line, member, reason),
            }
        }
    }

    /// Adds the faults that were found otherwise in the same file.
    pub(super) fn merge(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.listed.extend(other.listed);
        self.listed.sort_by_key(|fault| fault.line);
        self.listed.truncate(MAX_LISTED);
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// Returns the attribute or relationship that a pointer leads into, such as `schedule` of
/// `/data/attributes/schedule/0`.
fn member_at(pointer: &str) -> Option<&str> {
    pointer.split('/').nth(3).or_else(|| pointer.rsplit('/').next())
}
