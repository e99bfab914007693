//! Organizations, people and collaborators.

mod collaborators;
mod organizations;
mod people;
mod tokens;
