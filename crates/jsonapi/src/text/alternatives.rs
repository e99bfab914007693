//! Suggestions for a name that is not known, as the second half of an error's sentence.

use std::borrow::Cow;

use super::echo::cut;

/// The largest number of names that are listed completely.
const MAX_LISTED: usize = 20;
/// The number of names that are listed where there are more.
const NEAREST: usize = 5;

/// Lists the known names, or those nearest to `unknown` where there are many.
pub fn alternatives<'n>(
    unknown: &str,
    known: impl IntoIterator<Item = impl Into<Cow<'n, str>>>,
) -> String {
    let mut known: Vec<Cow<'n, str>> = known.into_iter().map(Into::into).collect();
    let count = known.len();
    if count == 0 {
        return "there are none".to_owned();
    }
    if count <= MAX_LISTED {
        return format!("use one of: {}", known.join(", "));
    }
    let unknown: Vec<char> = cut(unknown).chars().collect();
    known.sort_by_cached_key(|name| distance(&unknown, name));
    known.truncate(NEAREST);
    format!("the nearest of the {count} names are: {}", known.join(", "))
}

/// Counts the insertions, deletions and replacements of characters that turn one word into the
/// other (Levenshtein distance).
fn distance(from: &[char], to: &str) -> usize {
    // Holds the distance of every prefix of `from` to the part of `to` read so far.
    let mut row: Vec<usize> = (0..=from.len()).collect();
    for (at, character) in to.chars().enumerate() {
        let mut left = at.saturating_add(1);
        let mut above_left = at;
        for (slot, other) in row.iter_mut().skip(1).zip(from) {
            let replaced = above_left.saturating_add(usize::from(*other != character));
            above_left = *slot;
            left = replaced.min(left.saturating_add(1)).min(above_left.saturating_add(1));
            *slot = left;
        }
        if let Some(first) = row.first_mut() {
            *first = at.saturating_add(1);
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{alternatives, distance};

    #[test]
    fn distances() {
        let check = |from: &str, to: &str, expected: usize| {
            let letters: Vec<char> = from.chars().collect();
            assert_eq!(distance(&letters, to), expected, "{from} to {to}");
        };
        check("", "", 0);
        check("", "abc", 3);
        check("abc", "", 3);
        check("date", "date", 0);
        check("date", "dates", 1);
        check("kitten", "sitting", 3);
        check("ädf", "adf", 1);
    }

    #[test]
    fn lists() {
        let numbers = |count: usize| (1..=count).map(|number| format!("name_{number}"));
        assert_eq!(alternatives("x", Vec::<String>::new()), "there are none");
        assert_eq!(alternatives("x", ["b", "a"]), "use one of: b, a");
        assert!(alternatives("x", numbers(20)).ends_with(", name_20"));
        let nearest = "the nearest of the 21 names are: name_17, name_1, name_7, name_10, name_11";
        assert_eq!(alternatives("name_17", numbers(21)), nearest);
    }
}
