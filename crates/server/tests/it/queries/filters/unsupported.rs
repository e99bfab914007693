//! Operators and values that a filter does not take, and parameters that are not UTF-8 text.

use apportion_testing::Place;

use crate::support::query_faults::check;
use crate::support::rows::sample::each;
use crate::support::world::World;

apportion_testing::cases! { bad_operators, bad_values, details_name_what_is_expected }

fn bad_operators(place: &Place) {
    const V: &str = "unsupported_filter_value";
    check(
        place,
        &[
            ("/deals?filter[id][contains]=1", V, "filter[id][contains]", "eq, not_eq, gt"),
            ("/deals?filter[id][x]=1", V, "filter[id][x]", "'x'"),
            ("/deals?filter[id][EQ]=1", V, "filter[id][EQ]", "'EQ'"),
            ("/deals?filter[id][eq][eq]=1", V, "filter[id][eq][eq]", ""),
            ("/deals?filter[name][gt]=a", V, "filter[name][gt]", "contains, not_contain"),
            ("/deals?filter[name][not_contains]=a", V, "filter[name][not_contains]", "not_contain"),
            ("/deals?filter[date][contains]=2025", V, "filter[date][contains]", "lt_eq"),
            ("/deals?filter[id][gt]=1,2", V, "filter[id][gt]", "single value"),
            ("/deals?filter[id][gt][]=1&filter[id][gt][]=2", V, "filter[id][gt][]", "single value"),
            ("/deals?filter[$op]=xor", V, "filter[$op]", "'and' or 'or'"),
            ("/deals?filter[$op]=", V, "filter[$op]", "'and' or 'or'"),
            ("/deals?filter[$op]=OR", V, "filter[$op]", "'and' or 'or'"),
            ("/deals?filter[0][$op]=nor", V, "filter[0][$op]", "'and' or 'or'"),
            ("/revenue_distributions?filter[deal.name][lt]=a", V, "filter[deal.name][lt]", "'lt'"),
        ],
    );
}

fn bad_values(place: &Place) {
    const V: &str = "unsupported_filter_value";
    const P: &str = "unsupported_parameter";
    const A: &str = "filter[amount]";
    const PERCENT: &str = "filter[amount_percent]";
    check(
        place,
        &[
            ("/deals?filter[id]=", V, "filter[id]", "empty"),
            ("/deals?filter[id]", V, "filter[id]", "empty"),
            ("/deals?filter[id]=1,", V, "filter[id]", "empty"),
            ("/deals?filter[id]=x", V, "filter[id]", "'x'"),
            ("/deals?filter[id]=1.0", V, "filter[id]", "'1.0'"),
            ("/deals?filter[id]=%2B1", V, "filter[id]", "'+1'"),
            ("/deals?filter[id]=01", V, "filter[id]", "'01'"),
            ("/deals?filter[id]=0x10", V, "filter[id]", "'0x10'"),
            ("/deals?filter[id]=%D9%A1", V, "filter[id]", "'١'"),
            ("/deals?filter[id]=9223372036854775808", V, "filter[id]", "9223372036854775808"),
            ("/deals?filter[id]=-9223372036854775809", V, "filter[id]", "-9223372036854775809"),
            ("/deals?filter[id][]=1,2", V, "filter[id][]", "'1,2'"),
            ("/deals?filter[name]=", V, "filter[name]", "empty"),
            ("/deals?filter[name][contains]=", V, "filter[name][contains]", "empty"),
            ("/deals?filter[name][contains]=a,", V, "filter[name][contains]", "empty"),
            ("/deals?filter[creator_id][gt]=", V, "filter[creator_id][gt]", "empty"),
            ("/deals?filter[date]=2025-1-1", V, "filter[date]", "YYYY-MM-DD"),
            ("/deals?filter[date]=2025-02-29", V, "filter[date]", "'2025-02-29'"),
            ("/deals?filter[date]=2025-13-01", V, "filter[date]", "'2025-13-01'"),
            ("/deals?filter[date]=01.02.2025", V, "filter[date]", "'01.02.2025'"),
            ("/deals?filter[date]=2025-01-01T00:00:00Z", V, "filter[date]", "YYYY-MM-DD"),
            ("/deals?filter[date]=%2B025-01-01", V, "filter[date]", "YYYY-MM-DD"),
            ("/deals?filter[date]=today", V, "filter[date]", "'today'"),
            ("/deals?filter[created_at]=yesterday", V, "filter[created_at]", "'yesterday'"),
            ("/deals?filter[created_at]=", V, "filter[created_at]", "empty"),
            ("/deals?filter[exchange_rate]=fast", V, "filter[exchange_rate]", "'fast'"),
            ("/revenue_distributions?filter[amount]=NaN", V, A, "'NaN'"),
            ("/revenue_distributions?filter[amount]=1e2", V, A, "'1e2'"),
            ("/revenue_distributions?filter[amount]=1.5", V, A, "'1.5'"),
            ("/revenue_distributions?filter[amount]=1,000,000", V, A, "'000'"),
            ("/revenue_distributions?filter[amount]=9223372036854775808", V, A, "64 bits"),
            ("/revenue_distributions?filter[amount_percent]=NaN", V, PERCENT, "'NaN'"),
            ("/revenue_distributions?filter[amount_percent]=Infinity", V, PERCENT, "'Infinity'"),
            ("/revenue_distributions?filter[amount_percent]=1e400", V, PERCENT, "'1e400'"),
            ("/revenue_distributions?filter[amount_percent]=1e1000000000", V, PERCENT, "8 digits"),
            ("/revenue_distributions?filter[amount_percent]=1e-1000000000", V, PERCENT, "decimals"),
            (
                "/revenue_distributions?filter[amount_percent]=1e99999999999999999999",
                V,
                PERCENT,
                "",
            ),
            ("/revenue_distributions?filter[amount_percent]=100000000", V, PERCENT, "8 digits"),
            ("/revenue_distributions?filter[amount_percent]=0.00000000001", V, PERCENT, "10"),
            ("/revenue_distributions?filter[amount_percent]=10%25", V, PERCENT, "'10%'"),
            ("/revenue_distributions?filter[amount_percent]=", V, PERCENT, "empty"),
            ("/revenue_distributions?filter[amount_percent]=.5", V, PERCENT, "'.5'"),
            ("/deals?filter[name]=%FF", P, "filter[name]", "UTF-8"),
            ("/deals?filter[name]=%C3", P, "filter[name]", "UTF-8"),
            ("/deals?filter[name]=%ED%A0%80", P, "filter[name]", "UTF-8"),
            ("/deals?filter[name]=%C0%AF", P, "filter[name]", "UTF-8"),
            ("/deals?filter[name]=a%00b", P, "filter[name]", "U+0000"),
            ("/deals?sort=%FF", P, "sort", "UTF-8"),
            ("/deals?%FF=1", P, "?", "UTF-8"),
        ],
    );
}

/// Each kind of value has its own sentence, which is compared in full.
fn details_name_what_is_expected(place: &Place) {
    let world = World::start(place);
    let cases = [
        ("id]=x", "'filter[id]' must be an integer of at most 64 bits: 'x'"),
        ("id]=", "'filter[id]' must not be empty"),
        ("date]=x", "'filter[date]' must be a date in the form YYYY-MM-DD: 'x'"),
        ("exchange_rate]=x", "'filter[exchange_rate]' must be a decimal number: 'x'"),
        (
            "exchange_rate]=1e400",
            "'filter[exchange_rate]' must have at most 6 digits before the decimal point: '1e400'",
        ),
        (
            "exchange_rate]=0.0000000000001",
            "'filter[exchange_rate]' must have at most 12 decimals: '0.0000000000001'",
        ),
        (
            "name][gt]=x",
            "'filter[name][gt]' has no operator 'gt'; it takes eq, not_eq, contains, not_contain",
        ),
        (
            "value][lt]=1,2",
            "'filter[value][lt]' takes a single value with an order operator, not 2",
        ),
    ];
    each(&cases, |(query, expected)| {
        let error =
            world.get(&format!("/deals?filter[{query}")).expect(400).json()["errors"][0].clone();
        if error["detail"] == *expected { Ok(()) } else { Err(format!("{query}: {error}")) }
    });
}
