//! The figures of a server for whoever watches it, in the text format of Prometheus, version 0.0.4.
//! Their labels have few values, all of which are this program's own: no path, id, token or
//! organization becomes one. Not here: who may read the figures, and where (`endpoints`).

use std::time::{Duration, Instant};

use apportion_core::distribution::DistributionStatus as Status;
use apportion_store::{Store, due};
use chrono::NaiveDateTime;
use prometheus::{
    Counter, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge,
    IntGaugeVec, Opts, Registry, Result, TextEncoder,
};

/// The media type of the figures.
pub(crate) const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// The label of what has no name here: an unknown address, or a method of a client's own making.
pub(crate) const OTHER: &str = "other";
/// The time after which the database is asked again what is due. It is asked no more often,
/// however many ask for the figures.
const ASK_EVERY: Duration = Duration::from_secs(1);
/// The longest time that the figures wait for the database.
const PATIENCE: Duration = Duration::from_secs(2);

/// The figures that are counted while the server runs.
pub(crate) struct Monitor {
    registry: Registry,
    requests: IntCounterVec,
    durations: HistogramVec,
    refusals: IntCounterVec,
    pub(crate) engine: EngineFigures,
    due: tokio::sync::Mutex<Option<(Instant, Option<Duration>)>>,
}

/// The figures of the engine of this process. Clones count together.
#[derive(Clone)]
pub(crate) struct EngineFigures {
    passes: IntCounter,
    failed_passes: IntCounter,
    triggers: IntCounterVec,
    failures: IntCounter,
    last_pass: Gauge,
}

/// A request that was answered.
pub(crate) struct Answered<'r> {
    pub(crate) method: &'r str,
    /// The shape of its address; `None` if it has none here.
    pub(crate) route: Option<&'r str>,
    pub(crate) status: u16,
    /// The kind of refusal, if its answer is one.
    pub(crate) refused: Option<&'static str>,
    pub(crate) took: Duration,
}

impl Monitor {
    /// Makes figures that count from 0. `began` is the present time in seconds since 1970, and
    /// `refusals` are all kinds of refusals.
    pub(crate) fn new(began: i64, refusals: impl Iterator<Item = &'static str>) -> Result<Self> {
        let registry = Registry::new();
        let start = IntGauge::new(
            "process_start_time_seconds",
            "Start of the process, in seconds since 1970.",
        )?;
        start.set(began);
        registry.register(Box::new(start))?;
        let durations = HistogramOpts::new(
            "apportion_request_duration_seconds",
            "Time from the head of a request until its answer is made.",
        );
        let durations = HistogramVec::new(durations, &["method", "route"])?;
        registry.register(Box::new(durations.clone()))?;
        let monitor = Self {
            requests: counters(
                &registry,
                ("apportion_requests_total", "Answered requests."),
                &["method", "route", "status"],
            )?,
            refusals: counters(
                &registry,
                ("apportion_refusals_total", "Refused requests, by the code of the first error."),
                &["code"],
            )?,
            engine: EngineFigures::new(&registry)?,
            durations,
            registry,
            due: tokio::sync::Mutex::default(),
        };
        for code in refusals {
            monitor.refusals.get_metric_with_label_values(&[code])?;
        }
        Ok(monitor)
    }

    /// Counts a request.
    pub(crate) fn count(&self, request: &Answered<'_>) {
        let method = known_method(request.method);
        let route = request.route.unwrap_or(OTHER);
        let status = actix_web::http::StatusCode::from_u16(request.status).unwrap_or_default();
        increase(&self.requests, &[method, route, status.as_str()]);
        if let Some(code) = request.refused {
            increase(&self.refusals, &[code]);
        }
        let durations = self.durations.get_metric_with_label_values(&[method, route]);
        durations.iter().for_each(|it: &Histogram| it.observe(request.took.as_secs_f64()));
    }

    /// Returns all figures as text, with those of the present moment.
    pub(crate) fn text(&self, present: &Present) -> Result<String> {
        let mut families = self.registry.gather();
        families.extend(present.0.gather());
        families.sort_by(|one, next| one.name().cmp(next.name()));
        TextEncoder::new().encode_to_string(&families)
    }

    /// Returns the time by which the oldest distribution is late that is due at `now`, which is 0
    /// if none is. `None` if the database does not answer.
    pub(crate) async fn oldest_due(&self, store: &Store, now: NaiveDateTime) -> Option<Duration> {
        let mut last = self.due.lock().await;
        if let Some((asked, age)) = *last
            && asked.elapsed() < ASK_EVERY
        {
            return age;
        }
        let oldest = store.read_at_once(move |session| due::due(session, now, None, 1));
        let age = match tokio::time::timeout(PATIENCE, oldest).await {
            Ok(Ok(due)) => {
                let age = due.first().map(|it| now.signed_duration_since(it.trigger_date));
                Some(age.and_then(|age| age.to_std().ok()).unwrap_or_default())
            }
            Ok(Err(_)) | Err(_) => None,
        };
        *last = Some((Instant::now(), age));
        age
    }
}

impl EngineFigures {
    fn new(registry: &Registry) -> Result<Self> {
        let counter = |name, help| {
            let counter = IntCounter::new(name, help)?;
            registry.register(Box::new(counter.clone())).map(|()| counter)
        };
        let last_pass = Gauge::new(
            "apportion_engine_last_pass_duration_seconds",
            "Time that the last pass of the engine took.",
        )?;
        registry.register(Box::new(last_pass.clone()))?;
        let triggers = counters(
            registry,
            ("apportion_engine_triggers_total", "Triggered distributions, by their status after."),
            &["status"],
        )?;
        // Each status is there from the beginning, so that its first growth is seen.
        for status in [Status::Processing, Status::Complete, Status::Failed] {
            triggers.get_metric_with_label_values(&[status.name()])?;
        }
        Ok(Self {
            passes: counter("apportion_engine_passes_total", "Ended passes of the engine.")?,
            failed_passes: counter(
                "apportion_engine_failed_passes_total",
                "Passes of the engine that ended early, since the database failed.",
            )?,
            failures: counter(
                "apportion_engine_failures_total",
                "Distributions that a pass left due, since an error prevented the trigger.",
            )?,
            triggers,
            last_pass,
        })
    }

    /// Counts a distribution that was triggered.
    pub(crate) fn triggered(&self, status: Status) {
        increase(&self.triggers, &[status.name()]);
    }

    /// Counts a pass, and the distributions that it left due; `None` if it ended early.
    pub(crate) fn passed(&self, left: Option<usize>, took: Duration) {
        match left {
            Some(left) => self.failures.inc_by(u64::try_from(left).unwrap_or(u64::MAX)),
            None => self.failed_passes.inc(),
        }
        self.passes.inc();
        self.last_pass.set(took.as_secs_f64());
    }
}

/// The figures that are looked up when somebody asks.
pub(crate) struct Present(Registry);

impl Present {
    pub(crate) fn new() -> Self {
        Self(Registry::new())
    }

    /// Adds a figure that may rise and fall.
    pub(crate) fn gauge(&self, name: &str, help: &str, value: impl TryInto<i64>) -> Result<()> {
        let gauge = IntGauge::new(name, help)?;
        gauge.set(value.try_into().unwrap_or(i64::MAX));
        self.0.register(Box::new(gauge))
    }

    /// Adds a figure for each value of a label.
    pub(crate) fn gauges(
        &self,
        (name, help): (&str, &str),
        label: &str,
        values: impl Iterator<Item = (&'static str, usize)>,
    ) -> Result<()> {
        let gauges = IntGaugeVec::new(Opts::new(name, help), &[label])?;
        for (of, value) in values {
            let gauge = gauges.get_metric_with_label_values(&[of])?;
            gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
        }
        self.0.register(Box::new(gauges))
    }

    /// Adds a figure of 1 whose labels say something.
    pub(crate) fn info(&self, name: &str, help: &str, labels: [(&str, &str); 2]) -> Result<()> {
        let options = labels
            .into_iter()
            .fold(Opts::new(name, help), |options, (name, value)| options.const_label(name, value));
        let gauge = IntGauge::with_opts(options)?;
        gauge.set(1);
        self.0.register(Box::new(gauge))
    }

    /// Adds a time, which may rise and fall.
    pub(crate) fn time(&self, name: &str, help: &str, value: Duration) -> Result<()> {
        let gauge = Gauge::new(name, help)?;
        gauge.set(value.as_secs_f64());
        self.0.register(Box::new(gauge))
    }

    /// Adds a number that only grows.
    pub(crate) fn count(&self, name: &str, help: &str, value: u64) -> Result<()> {
        let counter = IntCounter::new(name, help)?;
        counter.inc_by(value);
        self.0.register(Box::new(counter))
    }

    /// Adds a number that only grows for each value of a label.
    pub(crate) fn counts(
        &self,
        (name, help): (&str, &str),
        label: &str,
        values: impl Iterator<Item = (&'static str, u64)>,
    ) -> Result<()> {
        let counts = counters(&self.0, (name, help), &[label])?;
        for (of, value) in values {
            counts.get_metric_with_label_values(&[of])?.inc_by(value);
        }
        Ok(())
    }

    /// Adds a time that only grows for each value of a label.
    pub(crate) fn times(
        &self,
        (name, help): (&str, &str),
        label: &str,
        values: impl Iterator<Item = (&'static str, Duration)>,
    ) -> Result<()> {
        for (of, value) in values {
            let options = Opts::new(name, help).const_label(label, of);
            let counter = Counter::with_opts(options)?;
            counter.inc_by(value.as_secs_f64());
            self.0.register(Box::new(counter))?;
        }
        Ok(())
    }
}

fn counters(
    registry: &Registry,
    (name, help): (&str, &str),
    labels: &[&str],
) -> Result<IntCounterVec> {
    let counters = IntCounterVec::new(Opts::new(name, help), labels)?;
    registry.register(Box::new(counters.clone()))?;
    Ok(counters)
}

/// Adds one. The number of labels is that of the declaration, so it does not fail.
fn increase(counters: &IntCounterVec, labels: &[&str]) {
    let counter = counters.get_metric_with_label_values(labels);
    counter.iter().for_each(|it: &IntCounter| it.inc());
}

/// Returns a method as a label. Clients may send any word as their method.
fn known_method(method: &str) -> &'static str {
    const KNOWN: [&str; 9] =
        ["GET", "HEAD", "POST", "PATCH", "DELETE", "OPTIONS", "PUT", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method).unwrap_or(OTHER)
}
