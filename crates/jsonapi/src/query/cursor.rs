//! Cursors: the sort keys of an item, encoded so that clients treat them as opaque, and valid only
//! in the list they come from. A cursor stays valid after its item is deleted.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The place of an item in the order of its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The sort keys of the item as a JSON array, in a form that only the caller interprets.
    pub keys: String,
}

impl Cursor {
    /// Reads a cursor that was written with the same binding.
    pub(super) fn read(text: &str, binding: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (mark, keys) = bytes.split_at_checked(size_of::<u32>())?;
        let keys = String::from_utf8(keys.to_vec()).ok()?;
        (mark == mark_of(&keys, binding)).then_some(Self { keys })
    }

    /// Writes the cursor of an item. The binding identifies the list it belongs to.
    pub fn write(keys: &str, binding: &str) -> String {
        let mut bytes = mark_of(keys, binding).to_vec();
        bytes.extend_from_slice(keys.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Computes the checksum that detects cursors of other lists and garbled ones. It protects no
/// secret: a cursor reveals nothing but a place in a list that its reader has seen.
fn mark_of(keys: &str, binding: &str) -> [u8; size_of::<u32>()] {
    let mut mark = crc32fast::Hasher::new();
    mark.update(binding.as_bytes());
    mark.update(&[0]);
    mark.update(keys.as_bytes());
    mark.finalize().to_be_bytes()
}
