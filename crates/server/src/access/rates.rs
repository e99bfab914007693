//! Rate limits: requests are counted in fixed windows of time for each token and each organization;
//! reports are counted once more for themselves. Requests without a valid token are counted for
//! each client address. The number of windows in memory is limited.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderName, RETRY_AFTER};
use apportion_jsonapi::Code;

use crate::access::Access;
use crate::failure::Failure;
use crate::http::reply::Reply;

/// A limit: the number of requests in a period of time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) requests: u32,
    pub(crate) period: Duration,
    /// The requests that the limit applies to, as a refusal names them.
    subject: &'static str,
}

/// The limit of one token.
pub(crate) const TOKEN: Rate =
    Rate { requests: 100, period: Duration::from_secs(10), subject: "requests with one token" };
/// The limit of all tokens of one organization together.
pub(crate) const ORGANIZATION: Rate = Rate {
    requests: 4000,
    period: Duration::from_secs(30 * 60),
    subject: "requests of one organization",
};
/// The limit of reports for all tokens of one organization together.
pub(crate) const REPORTS: Rate = Rate {
    requests: 10,
    period: Duration::from_secs(30),
    subject: "reports, tables and checks of one organization",
};
/// The limit of requests without a valid token from one address.
pub(crate) const ADDRESS: Rate = Rate {
    requests: 20,
    period: Duration::from_secs(10),
    subject: "requests without a valid token from one address",
};

/// The largest number of windows of one kind in memory.
const MAX_WINDOWS: usize = 10_000;

/// The windows of all clients.
#[derive(Default)]
pub(crate) struct Rates {
    tokens: Windows<i64>,
    organizations: Windows<i64>,
    reports: Windows<i64>,
    addresses: Windows<IpAddr>,
}

impl Rates {
    /// Counts a request with a token. Returns the refusal if it is above a limit.
    pub(crate) fn admit(&self, access: &Access) -> Result<(), Reply> {
        let organization = access.scope.organization.0;
        self.tokens.count(access.token.0, TOKEN)?;
        self.organizations.count(organization, ORGANIZATION)
    }

    /// Counts a request for a report, or for a check, which costs as much, after it was admitted as
    /// a request. Returns the refusal if it is above the limit.
    pub(crate) fn admit_report(&self, access: &Access) -> Result<(), Reply> {
        self.reports.count(access.scope.organization.0, REPORTS)
    }

    /// Counts a request without a valid token. Returns the refusal if it is above the limit.
    pub(crate) fn admit_stranger(&self, address: IpAddr) -> Result<(), Reply> {
        self.addresses.count(address, ADDRESS)
    }
}

/// The current windows of one kind, by the token, organization or address that they belong to.
struct Windows<K>(Mutex<HashMap<K, Window>>);

/// A period of time, and the number of requests admitted in it.
struct Window {
    began: Instant,
    admitted: u32,
}

impl<K> Default for Windows<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash> Windows<K> {
    fn count(&self, key: K, rate: Rate) -> Result<(), Reply> {
        let now = Instant::now();
        let mut windows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if windows.len() >= MAX_WINDOWS && !windows.contains_key(&key) {
            windows.retain(|_, window| now.duration_since(window.began) < rate.period);
            if windows.len() >= MAX_WINDOWS {
                // There is no room to count this client, so it is refused rather than let through.
                return Err(refusal(rate, rate.period));
            }
        }
        let window = windows.entry(key).or_insert(Window { began: now, admitted: 0 });
        if now.duration_since(window.began) >= rate.period {
            *window = Window { began: now, admitted: 0 };
        }
        if window.admitted >= rate.requests {
            let left = rate.period.saturating_sub(now.duration_since(window.began));
            return Err(refusal(rate, left));
        }
        window.admitted = window.admitted.saturating_add(1);
        Ok(())
    }
}

fn refusal(rate: Rate, left: Duration) -> Reply {
    let seconds = left.as_secs().saturating_add(1).to_string();
    let Rate { requests, period, subject } = rate;
    let detail = format!(
        "At most {requests} {subject} are served in {} s; try again in {seconds} s",
        period.as_secs()
    );
    Reply::failure(&Failure::refusal(Code::TooManyRequests, detail))
        .with_header(RETRY_AFTER, seconds.clone())
        .with_header(HeaderName::from_static("x-ratelimit-reset"), seconds.clone())
        .with_header(
            HeaderName::from_static("ratelimit"),
            format!("limit={requests}, remaining=0, reset={seconds}"),
        )
}
