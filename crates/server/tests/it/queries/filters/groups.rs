//! Groups of filters: `$op`, numbered members, nesting to the third level, filters beside a group.

use apportion_testing::Place;

use crate::support::rows::sample::{Distribution, Sample, each};

apportion_testing::cases! { any_and_all, nested, beside_plain_filters, spellings_of_one_group }

type Case = (&'static str, fn(&Distribution) -> bool);

fn check(place: &Place, cases: &[Case]) {
    let sample = Sample::make(place);
    each(cases, |(query, holds)| sample.finds(query, *holds));
}

fn any_and_all(place: &Place) {
    check(
        place,
        &[
            ("filter[$op]=or&filter[0][id]=3&filter[1][amount]=0", |r| r.id == 3 || r.amount == 0),
            ("filter[$op]=and&filter[0][creator_id]=2&filter[1][amount][gt]=0", |r| {
                r.creator_id == Some(2) && r.amount > 0
            }),
            // Without `$op` all members must hold.
            ("filter[0][creator_id]=2&filter[1][amount][gt]=0", |r| {
                r.creator_id == Some(2) && r.amount > 0
            }),
            ("filter[$op]=or&filter[0][id]=3", |r| r.id == 3),
            ("filter[$op]=or&filter[0][id]=3&filter[0][amount]=50000&filter[1][id]=5", |r| {
                (r.id == 3 && r.amount == 50_000) || r.id == 5
            }),
            ("filter[$op]=or&filter[0][id]=3,4&filter[0][amount]=50000&filter[1][id]=5", |r| {
                ([3, 4].contains(&r.id) && r.amount == 50_000) || r.id == 5
            }),
            ("filter[$op]=or&filter[0][deal.name]=B&filter[1][deal.name][contains]=str", |r| {
                r.deal_name == "B" || r.deal_name.to_ascii_lowercase().contains("str")
            }),
            ("filter[$op]=or&filter[0][creator_id]=&filter[1][creator_id]=3", |r| {
                matches!(r.creator_id, None | Some(3))
            }),
            ("filter[$op]=or&filter[0][id][]=3&filter[0][id][]=5&filter[1][id][eq][]=7", |r| {
                [3, 5, 7].contains(&r.id)
            }),
            // Members are distinguished by their number, whatever it is and in whatever order.
            ("filter[7][id]=3&filter[$op]=or&filter[2][id]=5&filter[007][id]=9", |r| {
                [3, 5, 9].contains(&r.id)
            }),
        ],
    );
}

fn nested(place: &Place) {
    check(
        place,
        &[
            (
                "filter[$op]=or&filter[0][id][eq]=3&filter[1][$op]=and\
                 &filter[1][0][start_on][gt]=2025-01-01&filter[1][1][amount][gt]=100000",
                |r| r.id == 3 || (r.start_on > "2025-01-01" && r.amount > 100_000),
            ),
            (
                "filter[$op]=and&filter[0][$op]=or&filter[0][0][id]=3&filter[0][1][id]=5\
                 &filter[1][$op]=or&filter[1][0][id]=5&filter[1][1][id]=7",
                |r| [3, 5].contains(&r.id) && [5, 7].contains(&r.id),
            ),
            ("filter[$op]=or&filter[0][0][id][gt]=3&filter[0][1][id][lt]=6&filter[1][id]=9", |r| {
                (r.id > 3 && r.id < 6) || r.id == 9
            }),
            (
                "filter[$op]=or&filter[0][$op]=or&filter[0][0][id]=3&filter[0][1][id]=4\
                 &filter[1][creator_id]=3&filter[1][amount]=0",
                |r| [3, 4].contains(&r.id) || (r.creator_id == Some(3) && r.amount == 0),
            ),
            ("filter[0][0][id]=5", |r| r.id == 5),
            // Three groups within one another, of which the parameters are the first.
            (
                "filter[$op]=or&filter[0][id]=3&filter[1][$op]=and&filter[1][0][creator_id]=2\
                 &filter[1][1][$op]=or&filter[1][1][0][start_on][lt]=2025-02-01\
                 &filter[1][1][1][amount][gt]=100000",
                |r| {
                    let third = r.start_on < "2025-02-01" || r.amount > 100_000;
                    r.id == 3 || (r.creator_id == Some(2) && third)
                },
            ),
            ("filter[0][0][0][id]=5", |r| r.id == 5),
        ],
    );
}

fn beside_plain_filters(place: &Place) {
    check(
        place,
        &[
            ("filter[$op]=or&filter[0][id]=3&filter[1][id]=4&filter[creator_id]=2", |r| {
                [3, 4].contains(&r.id) && r.creator_id == Some(2)
            }),
            (
                "filter[creator_id]=2&filter[amount][gt]=0&filter[$op]=or&filter[0][id][lt]=5\
                 &filter[1][id][gt]=8",
                |r| r.creator_id == Some(2) && r.amount > 0 && (r.id < 5 || r.id > 8),
            ),
            (
                "filter[$op]=or&filter[0][$op]=or&filter[0][0][id]=3&filter[0][1][id]=4\
                 &filter[0][creator_id]=2&filter[1][id]=9",
                |r| ([3, 4].contains(&r.id) && r.creator_id == Some(2)) || r.id == 9,
            ),
            ("filter[$op]=or&filter[creator_id]=2&filter[amount]=25000", |r| {
                r.creator_id == Some(2) && r.amount == 25_000
            }),
            ("filter[$op]=or&filter[deal.name]=a,B&filter[0][amount][lt]=0&filter[1][id]=3", |r| {
                ["a", "B"].contains(&r.deal_name) && (r.amount < 0 || r.id == 3)
            }),
        ],
    );
}

fn spellings_of_one_group(place: &Place) {
    check(
        place,
        &[
            ("filter%5B$op%5D=or&filter%5B0%5D%5Bid%5D=3&filter%5B1%5D%5Bid%5D=5", |r| {
                [3, 5].contains(&r.id)
            }),
            ("filter%5B%24op%5D=or&filter%5B0%5D%5Bid%5D=3&filter%5B1%5D%5Bid%5D=5", |r| {
                [3, 5].contains(&r.id)
            }),
            ("filter[%24op]=or&filter[0][id]=3&filter[1][id]=5", |r| [3, 5].contains(&r.id)),
            ("filter[%24op]=%6Fr&filter[0][id]=3%2C4&filter[1][id]=5", |r| {
                [3, 4, 5].contains(&r.id)
            }),
            ("filter%5b0%5d%5bid%5d%5bgt_eq%5d=5", |r| r.id >= 5),
            ("&filter[$op]=or&&filter[0][id]=3&filter[1][id]=5&", |r| [3, 5].contains(&r.id)),
        ],
    );
}
