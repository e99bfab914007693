//! The layout of any chart: no text leaves the paper or covers another, and every colour has enough
//! contrast to what is behind it. Letters are taken to be as wide as those of `DejaVu Sans`, which
//! is wider than the fonts of most readers.

use std::collections::HashMap;

use apportion_core::report::Entry;
use apportion_server::report::svg::{Names, draw};
use roxmltree::Document;

use crate::support::rows::report_entries::{entry, rows};

apportion_testing::cases! {
    plain: texts_have_room, colours_are_seen, the_natural_size_is_small
}

const STYLE: &str = include_str!("../../../src/endpoints/report/svg/chart.css");
const NAMES: [&str; 3] = ["Acme", "Österreichische Donaudampfschifffahrtsgesellschaft mbH", "x"];
const GROUPS: [&str; 12] = [
    "",
    "date:day",
    "date:week,deal",
    "date:month",
    "date:quarter,revenue_distribution",
    "date:year,creator",
    "deal",
    "revenue_distribution,organization",
    "currency,date:day",
    "creator,currency",
    "organization,deal,creator,currency,status,revenue_distribution,date:month",
    "revenue_distribution",
];

/// A text and the area that it covers, in units of the paper: left, top, right, bottom.
type Covered = (String, [f64; 4]);

/// Returns the width of a letter in parts of its height.
fn width_of(letter: char) -> f64 {
    match letter {
        '-' | ',' | '.' | ' ' | ':' | '(' | ')' | ';' => 0.39,
        '\u{1100}'.. => 1.0,
        _ => 0.64,
    }
}

fn covered(svg: &str) -> Vec<Covered> {
    let document = Document::parse(svg).unwrap();
    let texts = document.descendants().filter(|node| node.has_tag_name("text"));
    let cover = |node: roxmltree::Node<'_, '_>| {
        let number = |name| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let text = node.text().unwrap_or_default();
        let (size, weight) = match node.attribute("class").unwrap() {
            "title" => (210.0, 1.05),
            "note" => (150.0, 1.0),
            "name" => (125.0, 1.05),
            "label" => (125.0, 1.0),
            class => panic!("texts of {class} have no size"),
        };
        let width = text.chars().map(width_of).sum::<f64>() * size * weight;
        let left = match node.attribute("text-anchor").unwrap() {
            "start" => number("x"),
            "middle" => number("x") - width / 2.0,
            _ => number("x") - width,
        };
        let middle = number("y") + number_of_ems(node.attribute("dy").unwrap()) * size;
        (text.to_owned(), [left, middle - size * 0.75, left + width, middle + size * 0.25])
    };
    texts.map(cover).filter(|(text, _)| !text.is_empty()).collect()
}

fn number_of_ems(text: &str) -> f64 {
    text.strip_suffix("em").unwrap().parse().unwrap()
}

fn check(svg: &str, what: &str) {
    let texts = covered(svg);
    for (at, (text, place)) in texts.iter().enumerate() {
        let [left, top, right, bottom] = *place;
        let inside = left >= 0.0 && top >= 0.0 && right <= 9_600.0 && bottom <= 5_400.0;
        assert!(inside, "{what}: '{text}' leaves the paper: {place:?}");
        for (other, [from, above, to, below]) in &texts[at + 1..] {
            let apart = right < *from || *to < left || bottom < *above || *below < top;
            assert!(apart, "{what}: '{text}' and '{other}' are on the same place");
        }
    }
}

/// Returns entries of `count` deals, each over some days from the first on, with amounts that grow
/// to `amount`.
fn book(count: i64, days: u64, amount: i64, currency: &str, large_ids: bool) -> Vec<Entry> {
    let first: chrono::NaiveDate = "2024-12-20".parse().unwrap();
    let deal = |number: i64| {
        let last = first + chrono::Days::new(days.div_ceil(number.unsigned_abs()) - 1);
        let days = [first.to_string(), last.to_string()];
        let id = if large_ids { i64::MAX - 1_000 - number } else { number };
        let sign = if number % 3 == 0 { -1 } else { 1 };
        let amounts = [(currency, sign * amount / number); 2];
        entry(id, [&days[0], &days[1]], amounts)
    };
    (1..=count).map(deal).collect()
}

/// Returns names of all lengths and of wide letters for everything with a small id.
fn names() -> Names {
    let name = |id: i64| match usize::try_from(id % 30).unwrap() {
        wide if id % 7 == 0 => "株".repeat(wide + 1),
        long => "N".repeat(long + 1),
    };
    (0..200).map(|id| (id, name(id))).collect()
}

fn texts_have_room() {
    let mut drawn = 0;
    let amounts = [0, 7, 123_456_789, i64::MAX / 200];
    for (count, days) in [(0, 1), (1, 1), (2, 45), (3, 700), (13, 1_400), (60, 8)] {
        for (amount, currency) in amounts.into_iter().zip(["EUR", "JPY", "KWD", "CLF"]) {
            for large_ids in [false, true] {
                let book = book(count, days, amount, currency, large_ids);
                for (groups, name) in GROUPS.into_iter().zip(NAMES.into_iter().cycle()) {
                    let (grouping, rows) = rows(groups, &book);
                    let names = if large_ids { Names::new() } else { names() };
                    let currency = currency.parse().unwrap();
                    let svg = draw(&grouping, &rows, currency, name, &names).unwrap();
                    let what = format!("{count} deals, {days} days, {amount} {currency}, {groups}");
                    check(&svg, &what);
                    drawn += 1;
                }
            }
        }
    }
    assert_eq!(drawn, 6 * 4 * 2 * 12);
}

/// Computes the luminance of a colour such as `#a9cbe6`, as WCAG 2.2 defines it.
fn luminance(colour: &str) -> f64 {
    let part = |at: usize| {
        let value = u8::from_str_radix(&colour[at..at + 2], 16).unwrap();
        let value = f64::from(value) / 255.0;
        if value <= 0.040_45 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

fn colours_are_seen() {
    let (light, dark) = STYLE.split_once("@media (prefers-color-scheme: dark)").unwrap();
    for scheme in [light, dark] {
        let rules = scheme.lines().filter_map(|line| line.split_once(" { "));
        let colour = |rule: &str| {
            let (_, colour) = rule.split_once("fill: #").or(rule.split_once("stroke: #"))?;
            Some(format!("#{}", &colour[..6]))
        };
        let colours: HashMap<&str, String> =
            rules.filter_map(|(class, rule)| Some((class, colour(rule)?))).collect();
        let paper = &colours[".paper"];
        let least = |class: &str, least: f64| {
            let found = contrast(&colours[class], paper);
            assert!(found >= least, "{class} {} on {paper}: {found}", colours[class]);
        };
        for class in ["text", ".title"] {
            least(class, 4.5);
        }
        let bars = [".s0", ".s1", ".s2", ".s3", ".s4", ".s5", ".s6", ".s7", ".other", ".pale"];
        for class in bars.into_iter().chain([".axis"]) {
            least(class, 3.0);
        }
        assert!(contrast(&colours[".s0"], &colours[".pale"]) >= 2.0);
    }
}

/// The size applies in a document that sets none.
fn the_natural_size_is_small() {
    let (grouping, rows) = rows("deal", &[]);
    let svg = draw(&grouping, &rows, "EUR".parse().unwrap(), "Acme", &Names::new()).unwrap();
    let document = Document::parse(&svg).unwrap();
    let size = ["width", "height", "viewBox"].map(|name| document.root_element().attribute(name));
    assert_eq!(size, [Some("960"), Some("540"), Some("0 0 9600 5400")]);
}
