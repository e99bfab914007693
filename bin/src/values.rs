//! The forms that the values of options have. A value that is refused is answered with what is
//! accepted, and is not repeated.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// Parses an address to listen on.
pub(crate) fn parse_bind(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write it as ADDRESS:PORT, such as 127.0.0.1:8080 or [::]:8080")
}

/// Parses the address of another machine.
pub(crate) fn parse_ip(text: &str) -> Result<IpAddr, &'static str> {
    text.parse().map_err(|_| "write it as 10.0.0.5 or 2001:db8::5")
}

/// Parses an origin in the form that browsers send it.
pub(crate) fn parse_origin(text: &str) -> Result<String, String> {
    let url = parse_public_url(text).map_err(|_| "write it as https://HOST or http://HOST:PORT")?;
    let host = url.split_once("://").map_or("", |(_, host)| host);
    if host.contains('/') || url.chars().any(|letter| letter.is_ascii_uppercase()) {
        return Err("an origin must have no path, not even '/', and no capitals".to_owned());
    }
    Ok(url)
}

/// Parses the beginning of a URL.
pub(crate) fn parse_public_url(text: &str) -> Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    match rest {
        Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', '@', ' ']) => {
            Ok(text.to_owned())
        }
        _ => Err("write it as https://HOST or http://HOST".to_owned()),
    }
}

/// Reads the id of a row.
pub(crate) fn id(text: &str) -> Result<i64, &'static str> {
    text.parse().map_err(|_| "an id is a whole number, such as 1")
}

pub(crate) const KIB: usize = 1_024;
pub(crate) const MIB: usize = 1_024 * KIB;
pub(crate) const GIB: usize = 1_024 * MIB;

/// A number of bytes.
#[derive(Clone, Copy)]
pub(crate) struct Size(pub(crate) usize);

/// Makes a parser of whole numbers from one to another.
pub(crate) fn count(least: usize, most: usize) -> impl Fn(&str) -> Result<usize, String> + Clone {
    move |text| {
        let count = whole(text).and_then(|count| usize::try_from(count).ok());
        let count = count.filter(|count| (least..=most).contains(count));
        count.ok_or_else(|| format!("write a whole number from {least} to {most}"))
    }
}

/// Makes a parser of sizes from one to another, in bytes.
pub(crate) fn size(least: usize, most: usize) -> impl Fn(&str) -> Result<Size, String> + Clone {
    move |text| {
        let units = [("KiB", KIB), ("MiB", MIB), ("GiB", GIB)];
        let bytes = units.into_iter().find_map(|(unit, bytes)| {
            let count = whole(text.strip_suffix(unit)?)?;
            usize::try_from(count).ok()?.checked_mul(bytes)
        });
        let bytes = bytes.filter(|bytes| (least..=most).contains(bytes));
        let range = || format!("from {} to {}", in_units(least), in_units(most));
        bytes.map(Size).ok_or_else(|| format!("write it as 64KiB, 16MiB or 1GiB, {}", range()))
    }
}

fn in_units(bytes: usize) -> String {
    match bytes {
        GIB.. => format!("{}GiB", bytes / GIB),
        MIB.. => format!("{}MiB", bytes / MIB),
        _ => format!("{}KiB", bytes / KIB),
    }
}

/// Makes a parser of times from one to another, in seconds.
pub(crate) fn time(least: u64, most: u64) -> impl Fn(&str) -> Result<Duration, String> + Clone {
    move |text| {
        let time = seconds(text).filter(|seconds| (least..=most).contains(seconds));
        let time = time.map(Duration::from_secs);
        time.ok_or_else(|| format!("write it as 30s, 5m or 1h, from {least}s to {most}s"))
    }
}

/// Reads `30s`, `5m` or `1h` as a number of seconds.
pub(crate) fn seconds(text: &str) -> Option<u64> {
    let units = [("s", 1), ("m", 60), ("h", 3_600)];
    units.into_iter().find_map(|(unit, length)| {
        whole(text.strip_suffix(unit)?).and_then(|count| count.checked_mul(length))
    })
}

/// Reads a number of digits alone.
fn whole(text: &str) -> Option<u64> {
    let is_whole = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_whole { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::{MIB, count, size, time};

    #[test]
    fn values_are_read_or_refused_with_what_is_accepted() {
        assert_eq!(count(1, 9)("9"), Ok(9));
        for text in ["", "0", "10", "-1", "+1", "1.0", "99999999999999999999"] {
            assert_eq!(count(1, 9)(text), Err("write a whole number from 1 to 9".to_owned()));
        }
        assert_eq!(size(MIB, 9 * MIB)("2048KiB").map(|size| size.0), Ok(2 * MIB));
        for text in ["", "1", "MiB", "1023KiB", "10MiB", "1MB", "17592186044416MiB"] {
            let refused = size(MIB, 9 * MIB)(text).map(|size| size.0);
            let said = "write it as 64KiB, 16MiB or 1GiB, from 1MiB to 9MiB";
            assert_eq!(refused, Err(said.to_owned()));
        }
        assert_eq!(time(0, 60)("1m").unwrap().as_secs(), 60);
        for text in ["", "5", "s", "61s", "2m", "1.5s", "-1s", "18446744073709551615h", "1ms"] {
            let said = "write it as 30s, 5m or 1h, from 0s to 60s";
            assert_eq!(time(0, 60)(text), Err(said.to_owned()));
        }
    }
}
