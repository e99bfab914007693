//! How often a client may ask: fixed windows, counted for each token, each organization (its
//! reports once more by themselves) and, where there is no token that counts, each address. What
//! is remembered is bounded.

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

/// So many requests in so long.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rate {
    pub(crate) requests: u32,
    pub(crate) period: Duration,
}

/// For one token.
pub(crate) const TOKEN: Rate = Rate { requests: 100, period: Duration::from_secs(10) };
/// For all tokens of one organization.
pub(crate) const ORGANIZATION: Rate = Rate { requests: 4000, period: Duration::from_secs(30 * 60) };
/// Of reports, for all tokens of one organization.
pub(crate) const REPORTS: Rate = Rate { requests: 10, period: Duration::from_secs(30) };
/// For one address, without a token that counts.
pub(crate) const ADDRESS: Rate = Rate { requests: 20, period: Duration::from_secs(10) };

/// How many windows of a kind are remembered.
const MAX_WINDOWS: usize = 10_000;

/// The windows of everybody.
#[derive(Default)]
pub(crate) struct Rates {
    tokens: Windows<i64>,
    organizations: Windows<i64>,
    reports: Windows<i64>,
    addresses: Windows<IpAddr>,
}

impl Rates {
    /// Counts a request with a token; the refusal, where it is one too many.
    pub(crate) fn admit(&self, access: &Access) -> Result<(), Reply> {
        let organization = access.scope.organization.0;
        self.tokens.count(access.token.0, TOKEN)?;
        self.organizations.count(organization, ORGANIZATION)
    }

    /// Counts a request for a report, which was admitted as a request.
    pub(crate) fn admit_report(&self, access: &Access) -> Result<(), Reply> {
        self.reports.count(access.scope.organization.0, REPORTS)
    }

    /// Counts a request without a token that counts.
    pub(crate) fn admit_stranger(&self, address: IpAddr) -> Result<(), Reply> {
        self.addresses.count(address, ADDRESS)
    }
}

struct Windows<K>(Mutex<HashMap<K, (Instant, u32)>>);

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
            windows.retain(|_, (began, _)| now.duration_since(*began) < rate.period);
            if windows.len() >= MAX_WINDOWS {
                // More strangers than can be told apart: nobody is let in for free.
                return Err(refusal(rate, rate.period));
            }
        }
        let (began, seen) = windows.entry(key).or_insert((now, 0));
        if now.duration_since(*began) >= rate.period {
            (*began, *seen) = (now, 0);
        }
        if *seen >= rate.requests {
            return Err(refusal(rate, rate.period.saturating_sub(now.duration_since(*began))));
        }
        *seen = seen.saturating_add(1);
        Ok(())
    }
}

fn refusal(rate: Rate, left: Duration) -> Reply {
    let seconds = left.as_secs().saturating_add(1).to_string();
    let (requests, period) = (rate.requests, rate.period.as_secs());
    let detail = format!("At most {requests} requests in {period} s; try again in {seconds} s");
    Reply::failure(&Failure::of(Code::TooManyRequests, detail))
        .with(RETRY_AFTER, seconds.clone())
        .with(HeaderName::from_static("x-ratelimit-reset"), seconds.clone())
        .with(
            HeaderName::from_static("ratelimit"),
            format!("limit={requests}, remaining=0, reset={seconds}"),
        )
}
