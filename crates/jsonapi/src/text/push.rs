//! JSON text of single values, appended to a byte buffer. `serde_json` escapes strings and `itoa`
//! prints integers; dates and decimals have a fixed form, which is written digit by digit.

use chrono::{Datelike, NaiveDate, NaiveDateTime, Timelike};

/// Appends a JSON string.
pub fn push_str(out: &mut Vec<u8>, text: &str) {
    // Writing to a vector cannot fail, and a string always serializes.
    let _ = serde_json::to_writer(out, text);
}

/// Appends `,"name":"text"`. The name must not need escapes.
pub fn push_field(out: &mut Vec<u8>, name: &str, text: &str) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
    push_str(out, text);
}

/// Appends a JSON integer.
pub fn push_integer(out: &mut Vec<u8>, value: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
}

/// Appends a date as `YYYY-MM-DD`, without quotes.
pub fn push_date(out: &mut Vec<u8>, date: NaiveDate) {
    push_digits(out, date.year().unsigned_abs(), 4);
    out.push(b'-');
    push_digits(out, date.month(), 2);
    out.push(b'-');
    push_digits(out, date.day(), 2);
}

/// Appends an instant in UTC as RFC 3339 with milliseconds, without quotes.
pub fn push_instant(out: &mut Vec<u8>, instant: NaiveDateTime) {
    push_date(out, instant.date());
    for (separator, value) in
        [(b'T', instant.hour()), (b':', instant.minute()), (b':', instant.second())]
    {
        out.push(separator);
        push_digits(out, value, 2);
    }
    out.push(b'.');
    push_digits(out, instant.nanosecond().checked_div(1_000_000).unwrap_or(0).min(999), 3);
    out.push(b'Z');
}

/// Appends a decimal, given in units of `10^-scale`, in its shortest form with at least one digit
/// after the point, without quotes.
pub fn push_decimal(out: &mut Vec<u8>, units: i64, scale: u32) {
    if units < 0 {
        out.push(b'-');
    }
    let one = 10_u64.saturating_pow(scale);
    let magnitude = units.unsigned_abs();
    let (whole, mut rest) =
        (magnitude.checked_div(one).unwrap_or(magnitude), magnitude.checked_rem(one).unwrap_or(0));
    out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
    out.push(b'.');
    let mut place = one;
    loop {
        place = place.checked_div(10).unwrap_or(0);
        let digit = rest.checked_div(place).unwrap_or(0);
        rest = rest.checked_rem(place).unwrap_or(0);
        push_digits(out, u32::try_from(digit).unwrap_or(0), 1);
        if rest == 0 {
            return;
        }
    }
}

/// Appends the last `width` digits of a number, padded with zeros.
fn push_digits(out: &mut Vec<u8>, value: u32, width: u32) {
    for place in (0..width).rev() {
        let shifted = value.checked_div(10_u32.saturating_pow(place)).unwrap_or(0);
        let digit = shifted.checked_rem(10).unwrap_or(0);
        out.push(b'0'.saturating_add(u8::try_from(digit).unwrap_or(0)));
    }
}
