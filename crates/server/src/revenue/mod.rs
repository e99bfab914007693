//! What a row of a report is, and which revenue a report looks at.

pub(crate) mod report_row;
pub(crate) mod selection;
