//! The included part of a document: each resource once, however many paths lead to it, and which
//! relationships of which resources were followed, so that exactly these show what they hold.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::resource::Rows;

/// A resource by the position of its type in the registry, and its id.
type Identity = (usize, i64);

/// Resources included in a document, in the order in which their paths were asked for.
#[derive(Default)]
pub struct Compound {
    blocks: Vec<Block>,
    present: HashSet<Identity>,
    followed: HashSet<(usize, Identity)>,
    linkage: HashMap<(usize, Identity), Vec<i64>>,
    id_texts: HashMap<Identity, String>,
    included: usize,
}

struct Block {
    resource: usize,
    rows: Rc<dyn Rows>,
    shown: Vec<usize>,
}

impl Compound {
    /// Marks primary data, which is never repeated.
    pub fn mark_primary(&mut self, resource: usize, rows: &dyn Rows) {
        self.present.extend((0..rows.len()).map(|row| (resource, rows.id(row))));
    }

    /// Notes that a relationship of a resource was followed, and for a to-many what it holds.
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

    /// Adds rows; those already present are passed over.
    pub fn add(&mut self, resource: usize, rows: Rc<dyn Rows>) {
        let shown: Vec<usize> =
            (0..rows.len()).filter(|row| self.present.insert((resource, rows.id(*row)))).collect();
        self.included = self.included.saturating_add(shown.len());
        self.blocks.push(Block { resource, rows, shown });
    }

    /// Says how the id of a resource is written, where it is not the decimal one.
    pub fn set_id_text(&mut self, resource: usize, id: i64, text: String) {
        self.id_texts.insert((resource, id), text);
    }

    /// How the id of a resource is written, where it is not the decimal one.
    pub(super) fn id_text(&self, resource: usize, id: i64) -> Option<&str> {
        self.id_texts.get(&(resource, id)).map(String::as_str)
    }

    /// How many resources are included.
    pub fn len(&self) -> usize {
        self.included
    }

    /// Whether none is included.
    pub fn is_empty(&self) -> bool {
        self.included == 0
    }

    /// Whether a relationship of a resource was followed.
    pub(super) fn follows(&self, resource: usize, id: i64, relationship: usize) -> bool {
        !self.followed.is_empty() && self.followed.contains(&(relationship, (resource, id)))
    }

    /// What a followed to-many relationship holds.
    pub(super) fn linked_ids(&self, resource: usize, id: i64, relationship: usize) -> &[i64] {
        self.linkage.get(&(relationship, (resource, id))).map_or(&[], Vec::as_slice)
    }

    /// Every included resource.
    pub(super) fn places(&self) -> impl Iterator<Item = Place<'_>> {
        self.blocks.iter().flat_map(|block| {
            let rows = block.rows.as_ref();
            block.shown.iter().map(move |row| Place { resource: block.resource, rows, row: *row })
        })
    }
}

/// Where a resource is: the position of its type in the registry, its rows, its row.
pub(super) struct Place<'a> {
    pub(super) resource: usize,
    pub(super) rows: &'a dyn Rows,
    pub(super) row: usize,
}
