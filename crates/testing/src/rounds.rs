//! One switch for the length of all long tests: properties, kills, and walks beside writers run a
//! tenth of their rounds where a person waits for them, and all of them in the gate. What is in a
//! round is the test's own business.

use std::env;

/// The environment variable that makes long tests run in full. `whole` is its only value.
pub const SWITCH: &str = "LONG_TESTS";

/// Returns the number of rounds to run of a test that has `full` of them: a tenth, rounded up, or
/// all if [`is_whole`].
pub fn rounds(full: usize) -> usize {
    if is_whole() { full } else { full.div_ceil(10) }
}

/// Returns all items if [`is_whole`], and otherwise every tenth, beginning with the first.
pub fn thinned<T>(items: Vec<T>) -> Vec<T> {
    let step = if is_whole() { 1 } else { 10 };
    items.into_iter().step_by(step).collect()
}

/// Returns whether long tests run in full: `LONG_TESTS` is `whole`, or `CI` is set. Panics on
/// any other value of `LONG_TESTS`, since a misspelt one would make a short run look complete.
pub fn is_whole() -> bool {
    match env::var(SWITCH).as_deref() {
        Ok("whole") => true,
        Ok(other) if !other.is_empty() => {
            panic!("{SWITCH} is {other:?}; the only value is `whole`")
        }
        _ => is_ci(),
    }
}

/// Returns whether the environment has `CI` with a value other than an empty one, `0` or `false`.
pub(crate) fn is_ci() -> bool {
    env::var("CI").is_ok_and(|value| !matches!(value.as_str(), "" | "0" | "false"))
}
