//! Reports as SVG, from rows that the core made; not over HTTP. Here is what a chart says; its
//! looks were judged by eye.

use apportion_core::report::Entry;
use apportion_server::report::svg::{ChartError, MAX_BARS, Names, draw, parts as parts_of};
use roxmltree::{Document, Node};

use crate::support::rows::report_entries::{entry, rows};

apportion_testing::cases! {
    plain: it_stands_alone,
    names_are_escaped,
    titles_say_what_is_shown,
    long_names_are_cut,
    parts_are_called_by_their_names,
    bars_are_as_high_as_their_amounts,
    negative_amounts_go_down,
    parts_sum_up,
    the_smallest_parts_are_one,
    periods_without_rows_have_a_place,
    without_dates_the_largest_are_shown,
    ticks_are_round,
    labels_have_room,
    a_chart_without_revenue_says_so,
    too_many_bars_are_refused
}

const YEAR: [&str; 2] = ["2025-01-01", "2025-12-31"];
const ONE_DAY: [&str; 2] = ["2025-07-01", "2025-07-01"];

fn svg(groups: &str, currency: &str, entries: &[Entry]) -> String {
    let (grouping, rows) = rows(groups, entries);
    draw(&grouping, &rows, currency.parse().unwrap(), "Acme", &Names::new()).unwrap()
}

fn euro(deal: i64, days: [&str; 2], amount: i64) -> Entry {
    entry(deal, days, [("EUR", amount), ("EUR", amount)])
}

fn all<'a>(document: &'a Document<'_>, tag: &'a str) -> Vec<Node<'a, 'a>> {
    document.descendants().filter(|node| node.has_tag_name(tag)).collect()
}

/// Returns the texts of a class, in the order of the document.
fn texts(svg: &str, class: &str) -> Vec<String> {
    let document = Document::parse(svg).unwrap();
    let texts = all(&document, "text").into_iter();
    let texts = texts.filter(|node| node.attribute("class") == Some(class));
    texts.map(|node| node.text().unwrap_or_default().to_owned()).collect()
}

/// Returns the title, class, top and height of each part of a bar.
fn parts(svg: &str) -> Vec<(String, String, i64, i64)> {
    let document = Document::parse(svg).unwrap();
    let titled = all(&document, "rect").into_iter().filter(Node::has_children);
    let part = |node: Node<'_, '_>| {
        let number = |name| node.attribute(name).unwrap().parse::<i64>().unwrap();
        let title = node.first_element_child().unwrap().text().unwrap().to_owned();
        (title, node.attribute("class").unwrap().to_owned(), number("y"), number("height"))
    };
    titled.map(part).collect()
}

fn titles(svg: &str) -> Vec<String> {
    parts(svg).into_iter().map(|(title, ..)| title).collect()
}

fn it_stands_alone() {
    let svg = svg("date:month,deal", "EUR", &[euro(1, YEAR, 36_500), euro(2, YEAR, 73_000)]);
    let document = Document::parse(&svg).unwrap();
    assert_eq!(document.root_element().attribute("role"), Some("img"));
    let description = all(&document, "desc")[0].text().unwrap();
    let expected = "Revenue in EUR by month: 12 bars, 2025-01 to 2025-12. Parts by deal: 2, 1. Total 1,095.00 EUR.";
    assert_eq!(description, expected);
    for tag in ["script", "image", "use", "a", "foreignObject"] {
        assert_eq!(all(&document, tag), [], "{tag}");
    }
    assert!(!svg.contains("url(") && !svg.contains("@import") && !svg.contains("@font-face"));
    assert!(svg.contains("@media (prefers-color-scheme: dark)"));
    let style = all(&document, "style")[0].text().unwrap();
    for node in document.descendants().filter(|node| node.parent_element().is_some()) {
        let class = node.attribute("class").unwrap_or("paper");
        let known = ["rect", "text", "polyline"].contains(&node.tag_name().name());
        assert!(!known || style.contains(&format!(".{class} {{")), "{class} has no style");
    }
}

fn names_are_escaped() {
    let (grouping, rows) = rows("date:month", &[euro(1, YEAR, 1)]);
    let name = "</title><script>alert('1')</script> & \"]]>\u{0}\u{1b}\u{ffff} ü";
    let svg = draw(&grouping, &rows, "EUR".parse().unwrap(), name, &Names::new()).unwrap();
    let expected = "</title><script>alert('1')</script> & \"]]>   ü: Revenue by month";
    let document = Document::parse(&svg).unwrap();
    assert_eq!(all(&document, "title")[0].text(), Some(expected));
    assert_eq!(texts(&svg, "title"), [expected]);
}

/// A title names what is shown, since a chart has no place for a third group.
fn titles_say_what_is_shown() {
    let check = |groups: &str, expected: &str| {
        let (grouping, rows) = rows(groups, &[euro(1, YEAR, 1)]);
        let svg = draw(&grouping, &rows, "EUR".parse().unwrap(), "Acme", &Names::new()).unwrap();
        assert_eq!(texts(&svg, "title"), [format!("Acme: {expected}")]);
    };
    check("", "Revenue");
    check("creator", "Revenue by creator");
    check("deal,date:week", "Revenue by week and deal");
    check("revenue_distribution,deal,currency", "Revenue by revenue distribution and deal");
}

fn long_names_are_cut() {
    let check = |name: &str, expected: &str| {
        let (grouping, rows) = rows("date:month", &[]);
        let svg = draw(&grouping, &rows, "EUR".parse().unwrap(), name, &Names::new()).unwrap();
        assert_eq!(texts(&svg, "title"), [format!("{expected}: Revenue by month")]);
        let whole = format!("{name}: Revenue by month");
        assert_eq!(all(&Document::parse(&svg).unwrap(), "title")[0].text(), Some(whole.as_str()));
    };
    let forty_eight = "x".repeat(48);
    check(&forty_eight, &forty_eight);
    check(&"x".repeat(49), &format!("{}…", "x".repeat(47)));
    // These characters are twice as wide.
    check(&"株".repeat(24), &"株".repeat(24));
    check(&"株".repeat(25), &format!("{}…", "株".repeat(23)));
}

const LONG: &str = "A name of twenty-five letters";

fn parts_are_called_by_their_names() {
    let entries = [euro(1, YEAR, 36_500), euro(2, YEAR, 73_000), euro(3, ONE_DAY, 1)];
    let of = |groups| rows(groups, &entries);
    let (grouping, rows) = of("date:year,deal");
    let names = Names::from([(1, LONG.to_owned()), (2, "<B>".to_owned())]);
    let svg = draw(&grouping, &rows, "EUR".parse().unwrap(), "Acme", &names).unwrap();
    let legend = texts(&svg, "label");
    let expected = ["3", "A name of twenty-five l…", "<B>"];
    assert_eq!(legend[legend.len() - 3..], expected);
    let whole = format!("2025, deal {LONG}: 365.00 EUR");
    assert!(titles(&svg).contains(&whole), "{:?}", titles(&svg));
    // Names that would look the same once cut are made different.
    let names = Names::from([(1, format!("{LONG}, one")), (2, format!("{LONG}, two"))]);
    let svg = draw(&grouping, &rows, "EUR".parse().unwrap(), "Acme", &names).unwrap();
    let legend = texts(&svg, "label");
    let expected = ["3", "1 A name of twenty-five…", "2 A name of twenty-five…"];
    assert_eq!(legend[legend.len() - 3..], expected);
    let (group, ids) = parts_of(&grouping, &rows).unwrap();
    assert_eq!((group.name(), ids), ("deal", vec![1, 2, 3]));
    // Bars of deals carry their ids; their parts are named by their creators.
    let (grouping, rows) = of("deal,creator");
    let (group, ids) = parts_of(&grouping, &rows).unwrap();
    assert_eq!((group.name(), ids), ("creator", vec![42, 43]));
    let (grouping, rows) = of("date:month");
    assert!(parts_of(&grouping, &rows).is_none());
}

fn bars_are_as_high_as_their_amounts() {
    let july = ["2025-07-01", "2025-07-04"];
    let svg = svg("date:day", "EUR", &[euro(1, july, 400_000)]);
    let expected = [
        "01, revenue recognized",
        "02, revenue recognized",
        "03, revenue not recognized",
        "04, revenue not recognized",
    ];
    assert_eq!(titles(&svg), expected.map(|part| format!("2025-07-{part}: 1,000.00 EUR")));
    let parts = parts(&svg);
    let classes: Vec<&str> = parts.iter().map(|(_, class, ..)| class.as_str()).collect();
    assert_eq!(classes, ["s0", "s0", "pale", "pale"]);
    let [first, .., last] = &parts[..] else { panic!("no bars") };
    assert_eq!((first.2, first.3), (last.2, last.3));
    assert!(first.3 > 3_000, "{first:?} is all that is shown, and does not fill the paper");
}

fn negative_amounts_go_down() {
    let svg = svg("date:day,deal", "EUR", &[euro(1, ONE_DAY, 300), euro(2, ONE_DAY, -100)]);
    let parts = parts(&svg);
    assert_eq!(titles(&svg), ["2025-07-01, deal 1: 3.00 EUR", "2025-07-01, deal 2: -1.00 EUR"]);
    let [(.., top, height), (.., below, depth)] = parts[..] else { panic!("{parts:?}") };
    assert_eq!(top + height, below, "one ends where the other begins");
    assert!((height - 3 * depth).abs() <= 3, "{height} is not three times {depth}");
    assert_eq!(texts(&svg, "note"), ["Total 2.00 EUR"]);
}

fn parts_sum_up() {
    let entries = [euro(1, ONE_DAY, 100), euro(2, ONE_DAY, 300), euro(3, ONE_DAY, 200)];
    let svg = svg("deal,date:day", "EUR", &entries);
    let parts = parts(&svg);
    let from_below: Vec<&str> = parts.iter().map(|(_, class, ..)| class.as_str()).collect();
    assert_eq!(from_below, ["s0", "s1", "s2"]);
    assert!(parts[0].0.starts_with("2025-07-01, deal 2:"), "the largest is at the bottom");
    for pair in parts.windows(2) {
        assert_eq!(pair[1].2 + pair[1].3, pair[0].2, "there is a gap between {pair:?}");
    }
}

fn the_smallest_parts_are_one() {
    let entries: Vec<Entry> = (1..=12).map(|deal| euro(deal, ONE_DAY, deal * 100)).collect();
    let titles = titles(&svg("date:month,deal", "EUR", &entries));
    assert_eq!(titles.len(), 9);
    assert_eq!(titles[0], "2025-07, deal 12: 12.00 EUR");
    assert_eq!(titles[8], "2025-07, deal other (4): 10.00 EUR");
}

fn periods_without_rows_have_a_place() {
    let entries = [euro(1, ONE_DAY, 100), euro(1, ["2025-10-01", "2025-11-30"], 6_100)];
    let svg = svg("date:month", "EUR", &entries);
    let labels = texts(&svg, "label");
    for month in ["2025-07", "2025-08", "2025-09", "2025-10", "2025-11"] {
        assert!(labels.iter().any(|label| label == month), "{month} is not in {labels:?}");
    }
    assert_eq!(titles(&svg).len(), 3);
}

fn without_dates_the_largest_are_shown() {
    let entries: Vec<Entry> = (1..=30).map(|deal| euro(deal, ONE_DAY, deal * 100)).collect();
    let svg = svg("deal", "EUR", &entries);
    let titles = titles(&svg);
    assert_eq!(titles.len(), 20);
    assert_eq!(titles[0], "11, revenue recognized: 11.00 EUR");
    assert_eq!(titles[19], "30, revenue recognized: 30.00 EUR");
    let expected = "Total 465.00 EUR. The 20 largest; not shown are 10 more, 55.00 EUR";
    assert_eq!(texts(&svg, "note"), [expected]);
    let alone = self::svg("", "EUR", &entries);
    assert_eq!(parts(&alone)[0].0, "all, revenue recognized: 465.00 EUR");
}

fn ticks_are_round() {
    let check = |currency: &str, amount: i64, expected: &[&str]| {
        let entry = entry(1, ONE_DAY, [(currency, amount); 2]);
        let labels = texts(&svg("date:year", currency, &[entry]), "label");
        let ticks: Vec<String> = labels.into_iter().filter(|label| label != "2025").collect();
        let (names, ticks) = (ticks.last().unwrap(), &ticks[..ticks.len() - 1]);
        assert_eq!(names, "recognized");
        assert_eq!(ticks, expected, "{currency} {amount}");
    };
    check("EUR", 17, &["0.00", "0.05", "0.10", "0.15", "0.20"]);
    check("EUR", 123_456, &["0", "500", "1,000", "1,500"]);
    check("JPY", 123_456, &["0", "50,000", "100,000", "150,000"]);
    check("KWD", -1_500, &["-1.500", "-1.000", "-0.500", "0.000"]);
    let most = [
        "0",
        "20,000,000,000,000,000",
        "40,000,000,000,000,000",
        "60,000,000,000,000,000",
        "80,000,000,000,000,000",
        "100,000,000,000,000,000",
    ];
    check("EUR", i64::MAX, &most);
}

fn labels_have_room() {
    let check = |groups: &str, days: [&str; 2], expected: &[&str]| {
        let labels = texts(&svg(groups, "EUR", &[euro(1, days, 1_000_000_000)]), "label");
        let dated = |it: &&str| it.starts_with("20") && !it.contains(',');
        let dated: Vec<&str> = labels.iter().map(String::as_str).filter(dated).collect();
        assert_eq!(dated, expected, "{groups}");
    };
    let quarter = ["2025-04-20", "2025-07-19"];
    check("date:day,deal", quarter, &["2025-05-01", "2025-06-01", "2025-07-01"]);
    let three = ["2024-06-01", "2026-12-31"];
    check("date:day,deal", three, &["2025-01-01", "2026-01-01"]);
    let quarters = ["2024-W27", "2024-W40", "2025-W01", "2025-W14", "2025-W27", "2025-W40"];
    let next = ["2026-W01", "2026-W14", "2026-W27", "2026-W40"];
    check("date:week,deal", three, &[&quarters[..], &next].concat());
    check("date:year,deal", three, &["2024", "2025", "2026"]);
}

fn a_chart_without_revenue_says_so() {
    for (groups, entries) in
        [("date:month,deal", vec![]), ("", vec![]), ("deal", vec![euro(1, YEAR, 0)])]
    {
        let svg = svg(groups, "EUR", &entries);
        assert_eq!(texts(&svg, "note"), ["Total 0.00 EUR", "No revenue to show"], "{groups}");
        assert_eq!(parts(&svg), []);
    }
}

fn too_many_bars_are_refused() {
    let bars = |last: &str| {
        let (grouping, rows) = rows("date:day", &[euro(1, ["2025-01-01", last], 1_000_000)]);
        draw(&grouping, &rows, "EUR".parse().unwrap(), "Acme", &Names::new())
    };
    let most = bars("2029-02-08").unwrap();
    let days: std::collections::BTreeSet<String> =
        titles(&most).iter().map(|title| title[..10].to_owned()).collect();
    assert_eq!(days.len(), MAX_BARS);
    assert!(matches!(bars("2029-02-09"), Err(ChartError::TooManyBars)));
}
