//! The type of a report's rows, and the selection of revenue that a report covers.

pub(crate) mod report_room;
pub(crate) mod report_row;
pub(crate) mod selection;
