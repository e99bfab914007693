//! Pages over the items of many distributions agree with a list of all items.

use apportion_core::day_span::DaySpan;
use apportion_core::report::Entry;
use apportion_core::revenue_item_page::{ItemPage, ItemPlace, count};
use apportion_core::window::Window;
use proptest::prelude::*;

use crate::arbitrary;

/// Lists all items of the window, distribution by distribution.
fn all(spans: &[DaySpan], page: &ItemPage) -> Vec<ItemPlace> {
    let mut places = Vec::new();
    for (distribution, span) in spans.iter().enumerate() {
        let days = page.window.clip(*span).map(|days| days.first()..=days.last());
        let mut days: Vec<i32> = days.into_iter().flatten().collect();
        if page.descending {
            days.reverse();
        }
        places.extend(days.into_iter().map(|day| ItemPlace { distribution, day }));
    }
    places
}

fn by_day(mut places: Vec<ItemPlace>, page: &ItemPage) -> Vec<ItemPlace> {
    let order = |place: &ItemPlace| if page.descending { -place.day } else { place.day };
    places.sort_by_key(|place| (order(place), place.distribution));
    places
}

fn cut(places: Vec<ItemPlace>, page: &ItemPage) -> Vec<ItemPlace> {
    places.into_iter().skip(usize::try_from(page.offset).unwrap()).take(page.limit).collect()
}

fn spans(book: &[Entry]) -> Vec<DaySpan> {
    book.iter().map(|entry| entry.days).collect()
}

#[test]
fn at_any_depth_cost_what_a_page_costs() {
    let century = DaySpan::new(0, 36_524).unwrap();
    let many = std::iter::repeat_n(century, 100_000);
    let window = Window::ALL;
    let page = ItemPage { window, offset: 3_652_499_999, limit: 3, descending: false };
    assert_eq!(count(many.clone(), window), 3_652_500_000);
    let last = ItemPlace { distribution: 99_999, day: 36_524 };
    assert_eq!(page.by_distribution(many.clone()), [last]);
    assert_eq!(page.by_date(many.clone()), [last]);
    let page = ItemPage { offset: 100_000 * 20_000 + 99_999, limit: 2, ..page };
    let places = [(99_999, 20_000), (0, 20_001)];
    let places = places.map(|(distribution, day)| ItemPlace { distribution, day });
    assert_eq!(page.by_date(many), places);
}

#[test]
fn past_the_end_are_empty() {
    let one = [DaySpan::new(10, 12).unwrap()];
    for (window, offset, limit) in [
        (Window::ALL, 3, 5),
        (Window::ALL, u64::MAX, usize::MAX),
        (Window::ALL, 0, 0),
        (Window::NONE, 0, 5),
    ] {
        let page = ItemPage { window, offset, limit, descending: false };
        assert_eq!(page.by_distribution(one), []);
        assert_eq!(page.by_date(one), []);
        assert_eq!(page.by_group_and_date(&one, [1]), []);
    }
}

proptest! {
    #![proptest_config(arbitrary::config())]

    #[test]
    fn are_cut_from_all_items(
        book in arbitrary::book(Just(0)),
        (window, _) in arbitrary::window(),
        offset in 0..200_u64,
        limit in 0..40_usize,
        descending in any::<bool>(),
        cuts in prop::collection::vec(0..4_usize, 6),
    ) {
        let spans = spans(&book);
        let page = ItemPage { window, offset, limit, descending };
        let every = all(&spans, &page);
        prop_assert_eq!(count(spans.iter().copied(), window), every.len() as u64);
        prop_assert_eq!(page.by_distribution(spans.clone()), cut(every.clone(), &page));
        let dated = by_day(every.clone(), &page);
        prop_assert_eq!(page.by_date(spans.clone()), cut(dated, &page));

        let (mut lengths, mut grouped, mut start) = (Vec::new(), Vec::new(), 0);
        for length in cuts.into_iter().chain([spans.len()]) {
            let end = spans.len().min(start + length);
            let group = every.iter().filter(|place| (start..end).contains(&place.distribution));
            grouped.extend(by_day(group.copied().collect(), &page));
            lengths.push(end - start);
            start = end;
        }
        prop_assert_eq!(page.by_group_and_date(&spans, lengths), cut(grouped, &page));
    }
}
