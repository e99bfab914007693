//! URLs of databases: what is taken, and that nobody ever sees the password of one that is not.

use apportion_store::{Address, Session};
use apportion_testing::{Place, rounds};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};

apportion_testing::cases! {
    postgres: passwords_may_hold_any_mark;
    plain: no_message_has_the_password, good_urls_are_taken, broken_urls_are_refused
}

/// The number of URLs of a whole run.
const URLS: usize = 20_000;
/// In small letters, which may be the name of a parameter as well.
const SECRET: &str = "secret";

/// Characters that may stand around a password, unescaped.
const MARKS: [&str; 20] = [
    "", "%", "%zz", "%4", "%00", "%40", "/", "@", "?", "#", "&", "=", " ", "[", "]", ",", ":",
    "\"", "\n", "\u{e9}",
];

/// URLs that hold the secret, most of them broken.
fn urls() -> impl Strategy<Value = String> {
    let schemes = [
        "postgres://",
        "postgresql://",
        "postgres:",
        "postgres:/",
        "POSTGRES://",
        "mysql://",
        "sqlite://",
        "sqlite:",
        "sqlite:postgres://",
        "",
        "x",
    ];
    let hosts = [
        "127.0.0.1:1",
        "127.0.0.1:1,127.0.0.1:2",
        "",
        "[::1",
        "[::1]:1",
        "127.0.0.1:x",
        "127.0.0.1:99999",
    ];
    let forms = [
        "U:P@H/db",
        "U:P@H",
        ":P@H/db",
        "H/db?password=P",
        "H?password=P&connect_timeout=1",
        "U:P@H/db?sslmode=disable",
        "U@H/db?P",
        "U@H/db?user=P&x=P@H",
        "U:P@U:P@H/db",
        "U:P@/db?P=P",
        "H/db?host=H&password=P",
    ];
    let around = || prop::collection::vec(select(MARKS.as_slice()), 0..3);
    let users = ["u", "", "u%zz", "u?", "u#"];
    (
        select(schemes.to_vec()),
        select(forms.to_vec()),
        select(users.to_vec()),
        select(hosts.to_vec()),
        around(),
        around(),
    )
        .prop_map(|(scheme, form, user, host, before, after)| {
            let password = format!("{}{SECRET}{}", before.concat(), after.concat());
            let filled: String = form
                .chars()
                .map(|letter| match letter {
                    'U' => user.to_owned(),
                    'H' => host.to_owned(),
                    'P' => password.clone(),
                    other => other.to_string(),
                })
                .collect();
            format!("{scheme}{filled}")
        })
}

fn no_message_has_the_password() {
    let cases = u32::try_from(rounds(URLS)).unwrap();
    let mut runner =
        TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let opened = std::cell::Cell::new(0_u32);
    let result = runner.run(&urls(), |url| {
        let said = match url.parse::<Address>() {
            Err(error) => format!("{error} {error:?}"),
            Ok(address) => {
                let shown = format!("{address} {address:?}");
                // A file is not made here.
                let error = match address.path() {
                    None => Session::open(&address).err(),
                    Some(_) => None,
                };
                opened.set(opened.get() + 1);
                format!(
                    "{shown} {} {error:?}",
                    error.as_ref().map_or_else(String::new, |it| it.to_string())
                )
            }
        };
        prop_assert!(!said.contains(SECRET), "{url:?}: {said}");
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(opened.get() > cases / 50, "only {} of {cases} could be opened", opened.get());
}

/// The library takes these marks as they are, and every URL gets a time-out behind them.
fn passwords_may_hold_any_mark(place: &Place) {
    for password in ["a?b", "a#b", "a&b=c", "a:b", "[a]", "a,b", "a%40b%2Fc%25", "connect_timeout="]
    {
        let url = place.url.replace("apportion@", &format!("apportion:{password}@"));
        for url in [url.clone(), format!("{url}?"), format!("{url}?sslmode=disable")] {
            let address: Address = url.parse().unwrap();
            Session::open(&address).unwrap_or_else(|error| panic!("{url}: {error}"));
        }
    }
}

fn good_urls_are_taken() {
    let cases = [
        (
            "postgres://u:p@db.example.com:5432/apportion",
            "postgres://db.example.com:5432/apportion",
        ),
        ("postgresql://u@[2001:db8::1]:5432/x?sslmode=require", "postgres://[2001:db8::1]:5432/x"),
        ("postgres://one,two:5433/x?target_session_attrs=read-write", "postgres://one,two:5433/x"),
        ("postgres:///x?host=/var/run/postgresql", "postgres:///x"),
        ("postgres://%2Fvar%2Frun%2Fpostgresql/x", "postgres://%2Fvar%2Frun%2Fpostgresql/x"),
        ("postgres://u:p@h?", "postgres://h"),
        ("postgres://", "postgres://"),
        ("sqlite://apportion.db", "sqlite://apportion.db"),
        ("sqlite:///data/10:00@home/apportion.db", "sqlite:///data/10:00@home/apportion.db"),
        ("sqlite:a@b.db", "sqlite://a@b.db"),
    ];
    for (url, shown) in cases {
        assert_eq!(url.parse::<Address>().unwrap().to_string(), shown);
    }
}

fn broken_urls_are_refused() {
    let (behind, query) =
        ("no HOST:PORT/NAME follows the user", "its parameters are not NAME=VALUE");
    let cases = [
        ("postgres://u:pa%zz@h/x", "two hexadecimal digits follow each '%'"),
        ("postgres://u:pa%@h/x", "two hexadecimal digits follow each '%'"),
        ("postgres://u:p w@h/x", "it has a space or a control character"),
        ("postgres://u:p/w@h/x", behind),
        ("postgres://u:p@w@h/x", behind),
        ("postgres://u:p@h:port/x", behind),
        ("postgres://u:p@[::1/x", behind),
        ("postgres://h/x?password", query),
        ("postgres://h/x?password=a=b", query),
        ("postgres://u:p@w?x=y@h/x", query),
        ("sqlite://u:p@h/x", "names no file"),
        ("sqlite:postgres://u:p@h/x", "names no file"),
        ("mysql://u:p@h/x", "'mysql' is not the scheme of a database"),
        ("host=h password=p", "has no scheme"),
    ];
    for (url, said) in cases {
        let error = url.parse::<Address>().unwrap_err().to_string();
        assert!(error.contains(said), "{url}: {error}");
    }
}
