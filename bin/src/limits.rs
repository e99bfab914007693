//! The options of `serve` that limit it. Not here: the limits themselves, which are the server's.

use std::time::Duration;

use apportion_server::store::{self, Address, Costs};
use apportion_server::{Limits, RateLimits, text_of_answers};
use clap::Args;

use crate::values::{GIB, KIB, MIB, Size, count, size, time};

/// The heading of these options in `--help`. A server logs those of them that are not as usual.
pub(crate) const HEADING: &str = "Limits";

/// The limits of a server.
#[derive(Args)]
#[command(next_help_heading = HEADING)]
pub(crate) struct LimitOptions {
    /// The number of threads that work on the database; without it, twice the number of cores on
    /// SQLite, and eight times it on PostgreSQL, but no more than 32
    #[arg(long, value_name = "COUNT", env = "APPORTION_THREADS", value_parser = count(1, 1_024))]
    threads: Option<usize>,
    /// The most requests that wait for the database; one more is answered with 503
    #[arg(long, value_name = "COUNT", env = "APPORTION_QUEUE", default_value = "1024",
          value_parser = count(1, 1_000_000))]
    queue: usize,
    /// The longest time that a request waits for its turn at the database
    #[arg(long, value_name = "TIME", env = "APPORTION_PATIENCE", default_value = "2s",
          value_parser = time(1, 60))]
    patience: Duration,
    /// The longest time that one statement takes, on both databases
    #[arg(long, value_name = "TIME", env = "APPORTION_STATEMENT_LIMIT", default_value = "5s",
          value_parser = time(2, 300))]
    statement_limit: Duration,
    /// The longest time that the work of a request takes, without its body and its answer
    #[arg(long, value_name = "TIME", env = "APPORTION_REQUEST_LIMIT", default_value = "10s",
          value_parser = time(2, 600))]
    request_limit: Duration,
    /// The largest size of a request's body
    #[arg(long, value_name = "SIZE", env = "APPORTION_BODY_LIMIT", default_value = "1MiB",
          value_parser = size(KIB, 64 * MIB))]
    body_limit: Size,
    /// The longest time that the head of a request takes to arrive
    #[arg(long, value_name = "TIME", env = "APPORTION_HEAD_TIME", default_value = "5s",
          value_parser = time(1, 300))]
    head_time: Duration,
    /// The longest time that the body of a request takes to arrive
    #[arg(long, value_name = "TIME", env = "APPORTION_BODY_TIME", default_value = "10s",
          value_parser = time(1, 3_600))]
    body_time: Duration,
    /// The most distributions that a request rewrites because their deals change
    #[arg(long, value_name = "COUNT", env = "APPORTION_REWRITE_LIMIT", default_value = "10000",
          value_parser = count(1, 1_000_000))]
    rewrite_limit: usize,
    /// The most comparisons of texts by the filter of a list: those of a row, times the rows
    #[arg(long, value_name = "COUNT", env = "APPORTION_COMPARISON_LIMIT",
          default_value = "5000000", value_parser = count(1, 1_000_000_000))]
    comparison_limit: usize,
    /// The most slices that a report cuts revenue into: distributions, times their periods
    #[arg(long, value_name = "COUNT", env = "APPORTION_SLICE_LIMIT",
          default_value = "100000000", value_parser = count(1, 10_000_000_000))]
    slice_limit: usize,
    /// The memory in which reports keep the revenue of tenants
    #[arg(long, value_name = "SIZE", env = "APPORTION_LEDGER_MEMORY", default_value = "256MiB",
          value_parser = size(MIB, 1_024 * GIB))]
    ledger_memory: Size,
    /// The memory of the rows of large reports that are computed at once; one alone takes up to
    /// 256MiB in any case
    #[arg(long, value_name = "SIZE", env = "APPORTION_REPORT_MEMORY", default_value = "256MiB",
          value_parser = size(MIB, 1_024 * GIB))]
    report_memory: Size,
    /// The memory of long answers on their way to clients; a tenant has at most half of it
    #[arg(long, value_name = "SIZE", env = "APPORTION_ANSWER_MEMORY", default_value = "128MiB",
          value_parser = size(MIB, 1_024 * GIB))]
    answer_memory: Size,
    /// The time for which a server goes on as before after SIGTERM, but says that it is not ready,
    /// so that a load balancer notices
    #[arg(long, value_name = "TIME", env = "APPORTION_DRAIN_DELAY", default_value = "0s",
          value_parser = time(0, 3_600))]
    drain_delay: Duration,
    /// The most requests with one token in 10 s
    #[arg(long, value_name = "COUNT", env = "APPORTION_TOKEN_RATE", default_value = "100",
          value_parser = count(1, 1_000_000))]
    token_rate: usize,
    /// The most requests of one organization in 30 minutes
    #[arg(long, value_name = "COUNT", env = "APPORTION_ORGANIZATION_RATE", default_value = "4000",
          value_parser = count(1, 100_000_000))]
    organization_rate: usize,
    /// The most requests without a valid token from one address in 10 s
    #[arg(long, value_name = "COUNT", env = "APPORTION_STRANGER_RATE", default_value = "20",
          value_parser = count(1, 1_000_000))]
    stranger_rate: usize,
    /// The most requests to probes from one address in 1 s
    #[arg(long, value_name = "COUNT", env = "APPORTION_PROBE_RATE", default_value = "20",
          value_parser = count(1, 1_000_000))]
    probe_rate: usize,
    /// The units that an organization has for reports, tables and checks when it has not asked for
    /// any lately; one stands for 5 ms of a core
    #[arg(long, value_name = "COUNT", env = "APPORTION_REPORT_UNITS", default_value = "1500",
          value_parser = count(1, 1_000_000))]
    report_units: usize,
    /// The units for reports that come back each second
    #[arg(long, value_name = "COUNT", env = "APPORTION_REPORT_INCOME", default_value = "50",
          value_parser = count(1, 1_000_000))]
    report_income: usize,
}

impl LimitOptions {
    /// Returns the limits of a server on that database.
    pub(crate) fn on(&self, database: &Address) -> Limits {
        let usual = Limits::of(database);
        let store = store::Limits {
            threads: self.threads.unwrap_or(usual.store.threads),
            queue: self.queue,
            patience: self.patience,
            statement: self.statement_limit,
            work: self.request_limit,
            ledger_memory: self.ledger_memory.0,
            costs: Costs {
                rewritten: self.rewrite_limit,
                comparisons: self.comparison_limit,
                text: text_of_answers(self.answer_memory.0),
            },
            ..usual.store
        };
        Limits {
            store,
            body: self.body_limit.0,
            head_time: self.head_time,
            body_time: self.body_time,
            slices: u64::try_from(self.slice_limit).unwrap_or(u64::MAX),
            report_memory: self.report_memory.0,
            answer_memory: self.answer_memory.0,
            drain_delay: self.drain_delay,
            rates: RateLimits {
                token: requests(self.token_rate),
                organization: requests(self.organization_rate),
                stranger: requests(self.stranger_rate),
                probe: requests(self.probe_rate),
                report_units: requests(self.report_units),
                report_income: requests(self.report_income),
            },
        }
    }
}

fn requests(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::{Address, LimitOptions, Limits};

    #[derive(Parser)]
    struct Alone {
        #[command(flatten)]
        limits: LimitOptions,
    }

    /// The defaults of the options are the limits that a program which embeds the server has.
    #[test]
    fn defaults_are_the_usual_limits() {
        for url in ["sqlite://a.db", "postgres://a@b/c"] {
            let database: Address = url.parse().unwrap();
            let none = std::iter::empty::<String>();
            let alone = Alone::try_parse_from(none.chain(["serve".to_owned()])).unwrap();
            assert_eq!(alone.limits.on(&database), Limits::of(&database));
        }
    }
}
