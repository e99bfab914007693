//! Lines of text that clients write, such as names: whether people can tell one when they see it.
//! Rows that were written before there was such a rule stay as they are, and may be changed
//! otherwise, so that the rule is not part of the drafts, which are judged as a whole. Not here:
//! the length and the control characters of a line, which are.

use apportion_core::text::{legible, one_line};
use apportion_jsonapi::{Bounds, Input, Kind, ResourceType, Scalar, Value};
use apportion_store::Field;

/// Refuses lines of an input that cannot be told when they are seen, unless the row has them
/// already. `stored` returns the value that the row has for the attribute at a position.
pub(crate) fn check<'r>(
    resource: &ResourceType<Field>,
    input: &mut Input,
    stored: impl Fn(usize) -> Scalar<'r>,
) {
    let mut faults = Vec::new();
    for (name, value) in input.given() {
        let (Some((at, attribute)), Value::Text(text)) = (resource.attribute(name), value) else {
            continue;
        };
        let rule = match (attribute.kind, attribute.bounds) {
            // A line that breaks another rule is refused by that alone.
            (Kind::Text, Bounds::Line(_)) if one_line(text).is_ok() => legible(text),
            (Kind::Text, Bounds::Text { lines: false, .. }) if one_line(text).is_ok() => {
                legible(text)
            }
            _ => Ok(()),
        };
        if let Err(rule) = rule
            && !stored(at).equals(value)
        {
            faults.push((name, rule));
        }
    }
    for (name, rule) in faults {
        input.refuse(name, &rule);
    }
}
