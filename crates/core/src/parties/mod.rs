//! The parties: organizations, the people who work in them, the tokens that speak for them, and the
//! collaborators they pay.
//!
//! The rules of their drafts, and the day that is today for an organization. Which rows refer to a
//! party, and so whether it may be deleted, is a question for the store.

pub mod collaborator;
pub mod organization;
pub mod person;
pub mod token;
