//! Recomputes the value of an allocation from the numbers of its explanation, and from those of the
//! explanation's sentence.

use serde_json::Value;

/// Checks that the allocation's value follows from its explanation. `together` has the values of
/// all allocations of its collaborator in the same distribution.
#[track_caller]
pub fn recomputes(value: i64, explanation: &Value, together: &[i64]) {
    let sentence = explanation["sentence"].as_str().unwrap();
    match explanation.get("net") {
        Some(net) => {
            let parts = explanation["parts"].as_u64().unwrap();
            let net = i128::from(net.as_i64().unwrap());
            assert_eq!(together.iter().copied().map(i128::from).sum::<i128>(), net, "{sentence}");
            assert_eq!(together.len() as u64, parts, "{sentence}");
            part(sentence, i128::from(value), (parts, net));
        }
        None => share(value, explanation, sentence),
    }
}

/// Checks a sentence such as `2.00 EUR: one of 2 obligations, 3.00 EUR together.`
#[track_caller]
fn part(sentence: &str, value: i128, (parts, net): (u64, i128)) {
    let (own, rest) = sentence.split_once(": ").unwrap();
    assert_eq!(minor(own), value, "{sentence}");
    if rest == "all that is owed and due." {
        assert_eq!((parts, net), (1, value), "{sentence}");
        return;
    }
    let rest = rest.strip_prefix("one of ").and_then(|rest| rest.strip_suffix(" together."));
    let (count, whole) = rest.unwrap().split_once(" obligations, ").unwrap();
    assert_eq!((count.parse(), minor(whole)), (Ok(parts), net), "{sentence}");
}

#[track_caller]
fn share(value: i64, explanation: &Value, sentence: &str) {
    let number = |name: &str| -> i128 { explanation[name].to_string().parse().unwrap() };
    let fraction = |name: &str| -> (i128, i128) {
        let (above, below) = explanation[name].as_str().unwrap().split_once('/').unwrap();
        (above.parse().unwrap(), below.parse().unwrap())
    };
    let (pool, score, total) = (number("pool"), number("score"), number("total_score"));
    let product = pool * score;
    let (above, below) = fraction("exact");
    assert_eq!(above * total, product * below, "exact of {explanation}");
    let floor = number("floor");
    assert_eq!(product / total, floor, "floor of {explanation}");
    let (above, below) = fraction("remainder");
    assert_eq!(above * total, (product % total) * below, "remainder of {explanation}");
    let extra = explanation["extra_unit"].as_bool().unwrap();
    let one = if extra { pool.signum() } else { 0 };
    assert_eq!(floor + one, i128::from(value), "value of {explanation}");
    in_words(sentence, &Share { value: value.into(), pool, score, total, extra, explanation });
}

struct Share<'t> {
    value: i128,
    pool: i128,
    score: i128,
    total: i128,
    extra: bool,
    explanation: &'t Value,
}

/// Checks a sentence such as `17.65 EUR: 3 of 17 points of 100.00 EUR is 17.6470..., rounded up as
/// the second-largest remainder.`
#[track_caller]
fn in_words(sentence: &str, share: &Share<'_>) {
    let (value, rest) = sentence.split_once(": ").unwrap();
    let (score, rest) = rest.split_once(" of ").unwrap();
    let (total, rest) = rest.split_once(' ').unwrap();
    let (noun, rest) = rest.split_once(" of ").unwrap();
    assert!(["point", "points", "equal part", "equal parts"].contains(&noun), "{sentence}");
    let (pool, rest) = rest.split_once(" is ").unwrap();
    let (digits, rounding) = rest.split_once(", ").unwrap();
    let pool = match pool.split_once(" (with ") {
        Some((pool, carried)) => {
            let carried = carried.strip_suffix(" carried over)").unwrap();
            assert_eq!(
                minor(carried).to_string(),
                share.explanation["carried"].to_string(),
                "{sentence}"
            );
            pool
        }
        None => {
            assert_eq!(share.explanation["carried"], 0, "{sentence}");
            pool
        }
    };
    let written = (minor(value), minor(pool), score.parse(), total.parse());
    assert_eq!(written, (share.value, share.pool, Ok(share.score), Ok(share.total)), "{sentence}");
    // The number has two digits more than the units, cut off, and dots if there would be more.
    let hundredfold = share.pool * share.score * 100;
    let plain = digits.strip_suffix("...");
    assert_eq!(plain.is_some(), hundredfold % share.total != 0, "{sentence}");
    assert_eq!(minor(plain.unwrap_or(digits)), hundredfold / share.total, "{sentence}");
    let exact = (share.pool * share.score) % share.total == 0;
    let larger =
        if share.pool < 0 { "rounded away from zero as the " } else { "rounded up as the " };
    if exact {
        assert_eq!(rounding, "with nothing to round.", "{sentence}");
    } else {
        assert_eq!(rounding.starts_with(larger), share.extra, "{sentence}");
        place(sentence, rounding, share);
    }
}

/// Checks that the place in words is the rank, and that only so few were rounded up.
#[track_caller]
fn place(sentence: &str, rounding: &str, share: &Share<'_>) {
    let rank = share.explanation["rank"].as_u64().unwrap();
    let (_, rest) = rounding.split_once(" as the ").unwrap();
    let (place, rest) = rest.split_once(" remainder").unwrap();
    let ordinals = [
        "largest",
        "second-largest",
        "third-largest",
        "fourth-largest",
        "fifth-largest",
        "sixth-largest",
        "seventh-largest",
        "eighth-largest",
        "ninth-largest",
        "tenth-largest",
    ];
    let placed = match ordinals.iter().position(|ordinal| *ordinal == place) {
        Some(at) => at as u64 + 1,
        None => place.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap(),
    };
    assert_eq!(placed, rank, "{sentence}");
    if let Some(rest) = rest.strip_prefix(", only the largest") {
        let count = rest.trim_start().split(' ').next().unwrap();
        let count: u64 = count.parse().unwrap_or(1);
        assert!(rank > count, "{sentence}");
    }
}

/// Returns an amount in minor units: its digits without the decimal point.
#[track_caller]
fn minor(amount: &str) -> i128 {
    let number = amount.split(' ').next().unwrap();
    number.replace('.', "").parse().unwrap_or_else(|error| panic!("{amount}: {error}"))
}
