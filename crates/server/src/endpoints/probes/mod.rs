//! The addresses for monitors: whether the server is alive and ready, its figures, and the listener
//! that serves these alone.

pub(crate) mod beside;
pub(crate) mod health;
pub(crate) mod scrape;
