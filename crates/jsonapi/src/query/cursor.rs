//! Cursors: the keys of an item in the order of a list, in a form that says nothing to clients,
//! and that only the list it came from takes back. It needs no row to be there any more.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Where an item stands in the order of its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// The keys of the item as a JSON array, in the words of whoever made them.
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

    /// Writes the cursor of an item; `binding` is what it belongs to.
    pub fn write(keys: &str, binding: &str) -> String {
        let mut bytes = mark_of(keys, binding).to_vec();
        bytes.extend_from_slice(keys.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }
}

/// Tells a cursor of another list, or a garbled one. No secret is kept by it, and none is needed:
/// a cursor says no more than where to go on.
fn mark_of(keys: &str, binding: &str) -> [u8; size_of::<u32>()] {
    let mut mark = crc32fast::Hasher::new();
    mark.update(binding.as_bytes());
    mark.update(&[0]);
    mark.update(keys.as_bytes());
    mark.finalize().to_be_bytes()
}
