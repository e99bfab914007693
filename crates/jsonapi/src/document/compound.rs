//! The included part of a document. Each resource occurs once, however many paths lead to it. The
//! followed relationships are remembered, so that exactly those show their linkage.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::resource::Rows;

/// The identity of a resource: the position of its type in the registry, and its id.
type Identity = (usize, i64);

/// The resources included in a document, in the order in which the query names their paths.
#[derive(Default)]
pub struct Compound<'r> {
    blocks: Vec<Block<'r>>,
    present: HashSet<Identity>,
    followed: HashSet<(usize, Identity)>,
    linkage: HashMap<(usize, Identity), Vec<i64>>,
    id_texts: HashMap<Identity, String>,
    included: usize,
}

struct Block<'r> {
    resource: usize,
    rows: Rc<dyn Rows + 'r>,
    shown: Vec<usize>,
}

impl<'r> Compound<'r> {
    /// Marks primary data, which is never repeated among the included resources.
    pub fn mark_primary(&mut self, resource: usize, rows: &dyn Rows) {
        self.present.extend((0..rows.len()).map(|row| (resource, rows.id(row))));
    }

    /// Marks a relationship of a resource as followed. For a to-many relationship `held` is its
    /// linkage.
    pub fn mark_followed(
        &mut self,
        resource: usize,
        id: i64,
        relationship: usize,
        held: Option<Vec<i64>>,
    ) {
        let key = (relationship, (resource, id));
        self.followed.insert(key);
        if let Some(held) = held {
            self.linkage.insert(key, held);
        }
    }

    /// Adds rows, except those that are already present.
    pub fn add(&mut self, resource: usize, rows: Rc<dyn Rows + 'r>) {
        let shown: Vec<usize> =
            (0..rows.len()).filter(|row| self.present.insert((resource, rows.id(*row)))).collect();
        self.included = self.included.saturating_add(shown.len());
        self.blocks.push(Block { resource, rows, shown });
    }

    /// Sets the written form of an id that is not decimal.
    pub fn set_id_text(&mut self, resource: usize, id: i64, text: String) {
        self.id_texts.insert((resource, id), text);
    }

    /// Returns the written form of an id, if it is not decimal.
    pub(super) fn id_text(&self, resource: usize, id: i64) -> Option<&str> {
        self.id_texts.get(&(resource, id)).map(String::as_str)
    }

    /// Returns the number of included resources.
    pub fn len(&self) -> usize {
        self.included
    }

    /// Whether no resource is included.
    pub fn is_empty(&self) -> bool {
        self.included == 0
    }

    /// Whether a relationship of a resource was followed.
    pub(super) fn follows(&self, resource: usize, id: i64, relationship: usize) -> bool {
        !self.followed.is_empty() && self.followed.contains(&(relationship, (resource, id)))
    }

    /// Returns the linkage of a followed to-many relationship.
    pub(super) fn linked_ids(&self, resource: usize, id: i64, relationship: usize) -> &[i64] {
        self.linkage.get(&(relationship, (resource, id))).map_or(&[], Vec::as_slice)
    }

    /// Returns the place of every included resource.
    pub(super) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        self.blocks.iter().flat_map(|block| {
            let rows = block.rows.as_ref();
            block.shown.iter().map(move |row| Place { resource: block.resource, rows, row: *row })
        })
    }
}

/// The place of a resource: the position of its type in the registry, its rows, and its row.
pub(super) struct Place<'a> {
    pub(super) resource: usize,
    pub(super) rows: &'a dyn Rows,
    pub(super) row: usize,
}
