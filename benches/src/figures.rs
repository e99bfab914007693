//! The figures of a run: answers per second, and the times of the answers.

use std::fmt;
use std::time::Duration;

/// The answers of one run.
pub(crate) struct Figures {
    times: Vec<Duration>,
    elapsed: Duration,
}

impl Figures {
    pub(crate) fn new(mut times: Vec<Duration>, elapsed: Duration) -> Self {
        times.sort_unstable();
        Self { times, elapsed }
    }

    /// Merges several runs into one.
    pub(crate) fn merge(runs: Vec<Figures>) -> Self {
        let elapsed = runs.iter().map(|run| run.elapsed).sum();
        Self::new(runs.into_iter().flat_map(|run| run.times).collect(), elapsed)
    }

    pub(crate) fn count(&self) -> usize {
        self.times.len()
    }

    pub(crate) fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.elapsed.as_secs_f64()
    }

    /// Returns the longest time of the fastest `part` of the answers, in milliseconds.
    pub(crate) fn quantile(&self, part: f64) -> f64 {
        let at = ((self.times.len() - 1) as f64 * part).round() as usize;
        self.times[at].as_secs_f64() * 1e3
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [p50, p99, slowest] = [0.5, 0.99, 1.0].map(|part| self.quantile(part));
        let rate = self.per_second();
        write!(f, "{rate:8.0}/s  p50 {p50:7.2}  p99 {p99:7.2}  slowest {slowest:7.2} ms")
    }
}

/// Returns the median. Of an even number of values it is the upper one of the middle two.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values[values.len() / 2]
}
