//! A strict reader of the text format of Prometheus, version 0.0.4, written apart from the code of
//! the server. It panics at the first line that is not as the format has it.

use std::collections::{BTreeMap, BTreeSet};

/// A series: its name, and its labels in the order of their names.
pub type Series = (String, BTreeMap<String, String>);

/// The figures of one scrape.
#[derive(Debug)]
pub struct Scrape {
    values: BTreeMap<Series, f64>,
    /// The kinds of the families, by their names.
    kinds: BTreeMap<String, String>,
}

impl Scrape {
    /// Reads a text.
    #[track_caller]
    pub fn read(text: &str) -> Self {
        assert!(text.ends_with('\n'), "the last line has no end");
        let mut scrape = Self { values: BTreeMap::new(), kinds: BTreeMap::new() };
        let (mut family, mut helped) = (String::new(), BTreeSet::new());
        for line in text.lines() {
            if let Some(help) = line.strip_prefix("# HELP ") {
                let (name, help) = help.split_once(' ').expect(line);
                assert!(is_name(name) && !help.is_empty(), "{line}");
                assert!(helped.insert(name.to_owned()), "a second help: {line}");
            } else if let Some(kind) = line.strip_prefix("# TYPE ") {
                let (name, kind) = kind.split_once(' ').expect(line);
                assert!(helped.contains(name), "no help before {line}");
                assert!(matches!(kind, "counter" | "gauge" | "histogram"), "{line}");
                let before = scrape.kinds.insert(name.to_owned(), kind.to_owned());
                assert_eq!(before, None, "a second type: {line}");
                name.clone_into(&mut family);
            } else {
                let (series, value) = sample(line);
                let kind = scrape.kinds.get(&family).unwrap_or_else(|| panic!("no type: {line}"));
                let end = series.0.strip_prefix(&family).unwrap_or_else(|| panic!("{line}"));
                let fits = match kind.as_str() {
                    "histogram" => matches!(end, "_bucket" | "_sum" | "_count"),
                    "counter" => end.is_empty() && family.ends_with("_total") && value >= 0.0,
                    _ => end.is_empty() && !family.ends_with("_total"),
                };
                assert!(fits, "not of the {kind} {family}: {line}");
                assert!(scrape.values.insert(series, value).is_none(), "a second time: {line}");
            }
        }
        assert!(scrape.kinds.keys().all(|name| helped.contains(name)));
        scrape.check_histograms();
        scrape
    }

    /// Checks that buckets grow to the count, which is that of the bucket without an end.
    #[track_caller]
    fn check_histograms(&self) {
        let of = |kind: &str| kind == "histogram";
        for (family, _) in self.kinds.iter().filter(|(_, kind)| of(kind)) {
            let counts = format!("{family}_count");
            for ((_, labels), count) in self.values.iter().filter(|((name, _), _)| *name == counts)
            {
                let mut buckets: Vec<(f64, f64)> = self
                    .values
                    .iter()
                    .filter(|((name, _), _)| *name == format!("{family}_bucket"))
                    .filter_map(|((_, own), value)| {
                        let mut own = own.clone();
                        let end = own.remove("le").expect("a bucket has an end");
                        (own == *labels).then(|| (number(&end), *value))
                    })
                    .collect();
                buckets.sort_by(|one, next| one.0.total_cmp(&next.0));
                assert!(buckets.is_sorted_by(|one, next| one.0 < next.0 && one.1 <= next.1));
                assert_eq!(buckets.last(), Some(&(f64::INFINITY, *count)), "{family} {labels:?}");
                assert!(self.values[&(format!("{family}_sum"), labels.clone())] >= 0.0);
            }
        }
    }

    /// Returns a value; `None` if there is no such series.
    pub fn get(&self, name: &str, labels: &[(&str, &str)]) -> Option<f64> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        self.values.get(&(name.to_owned(), labels.iter().map(owned).collect())).copied()
    }

    /// Returns a value that is there, as a whole number.
    #[track_caller]
    pub fn whole(&self, name: &str, labels: &[(&str, &str)]) -> i64 {
        let value = self.get(name, labels).unwrap_or_else(|| panic!("no {name} {labels:?}"));
        assert!(value.fract() == 0.0, "{name} {labels:?}: {value}");
        value as i64
    }

    /// Returns the sum of all series of a name that have these labels and maybe others.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> i64 {
        let has = |own: &BTreeMap<String, String>| {
            labels.iter().all(|(name, value)| own.get(*name).is_some_and(|own| own == value))
        };
        let all = self.values.iter().filter(|((own, labels), _)| own == name && has(labels));
        all.map(|(_, value)| *value).sum::<f64>() as i64
    }

    /// Returns all series.
    pub fn series(&self) -> BTreeSet<Series> {
        self.values.keys().cloned().collect()
    }
}

fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b':');
    text.bytes().all(fits) && text.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

#[track_caller]
fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        _ => text.parse().unwrap_or_else(|_| panic!("{text} is no number")),
    }
}

/// Reads a line such as `name{label="value"} 1`.
#[track_caller]
fn sample(line: &str) -> (Series, f64) {
    let at = line.find(['{', ' ']).unwrap_or_else(|| panic!("{line}"));
    let (name, mut rest) = line.split_at(at);
    assert!(is_name(name), "{line}");
    let mut labels = BTreeMap::new();
    if let Some(mut inner) = rest.strip_prefix('{') {
        loop {
            let (label, after) = inner.split_once("=\"").expect(line);
            assert!(is_name(label) && !label.contains(':'), "{line}");
            let (value, after) = quoted(after);
            assert_eq!(labels.insert(label.to_owned(), value), None, "{line}");
            match (after.strip_prefix(','), after.strip_prefix('}')) {
                (Some(next), _) => inner = next,
                (_, Some(end)) => break rest = end,
                _ => panic!("{line}"),
            }
        }
    }
    let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
    ((name.to_owned(), labels), number(value))
}

/// Reads up to the closing quote; returns what is quoted and what follows.
#[track_caller]
fn quoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return (value, &text[at + 1..]),
            '\\' => match letters.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, escaped @ ('\\' | '"'))) => value.push(escaped),
                other => panic!("no escape: {other:?}"),
            },
            letter => value.push(letter),
        }
    }
    panic!("no end of the value: {text}")
}
