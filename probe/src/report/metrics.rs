//! The probe's own metrics for Prometheus; the only place that spells their names.
//!
//! Series of every check and outcome exist from the start, so that `rate()` sees the first failure.
//! The histograms hold runs that got the right answer, be it slowly: an error page is quick, but no speed.

use prometheus::process_collector::ProcessCollector;
use prometheus::{
    Encoder, GaugeVec, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

use super::collector::Fate;
use crate::check::assert::Verdict;
use crate::check::{Measurement, Outcome, Phase};
use crate::config::{Check, Config};

/// Edges in seconds; 0.8 and 1.8 are the Core Web Vitals' for Time to First Byte.
const BUCKETS: [f64; 16] =
    [0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8, 1.8, 3.0, 5.0, 10.0, 30.0, 60.0];

const CHECK_LABELS: [&str; 3] = ["site", "check", "region"];

/// The registry and what is in it.
pub struct Metrics {
    registry: Registry,
    region: String,
    success: IntGaugeVec,
    checks: IntCounterVec,
    phases: HistogramVec,
    duration: HistogramVec,
    certificate_expiry: GaugeVec,
    reports: IntCounterVec,
    retries: IntCounter,
}

impl Metrics {
    /// Metrics of these checks, all at zero.
    ///
    /// # Errors
    ///
    /// When two metrics have the same name.
    pub fn new(config: &Config) -> prometheus::Result<Self> {
        let metrics = Self::unregistered(&config.region)?;
        metrics.register()?;
        metrics.begin_at_zero(&config.checks);
        Ok(metrics)
    }

    fn unregistered(region: &str) -> prometheus::Result<Self> {
        let with_phase = [&CHECK_LABELS[..], &["phase"]].concat();
        let with_outcome = [&CHECK_LABELS[..], &["outcome"]].concat();
        Ok(Self {
            registry: Registry::new(),
            region: region.to_owned(),
            success: IntGaugeVec::new(
                Opts::new(
                    "graadmeter_probe_success",
                    "Whether the last run found what was expected, within budget.",
                ),
                &CHECK_LABELS,
            )?,
            checks: IntCounterVec::new(
                Opts::new("graadmeter_probe_checks_total", "Runs of checks by how they ended."),
                &with_outcome,
            )?,
            phases: HistogramVec::new(
                HistogramOpts::new(
                    "graadmeter_probe_phase_seconds",
                    "Phases of runs that got the right answer, summed over redirects.",
                )
                .buckets(BUCKETS.to_vec()),
                &with_phase,
            )?,
            duration: HistogramVec::new(
                HistogramOpts::new(
                    "graadmeter_probe_duration_seconds",
                    "Runs that got the right answer, from the start to the last byte.",
                )
                .buckets(BUCKETS.to_vec()),
                &CHECK_LABELS,
            )?,
            certificate_expiry: GaugeVec::new(
                Opts::new(
                    "graadmeter_probe_certificate_expiry_timestamp_seconds",
                    "Earliest end of the certificates that the server showed last, trusted or not, in Unix time.",
                ),
                &CHECK_LABELS,
            )?,
            reports: IntCounterVec::new(
                Opts::new("graadmeter_probe_reports_total", "Reports to the collector by how they ended."),
                &["outcome"],
            )?,
            retries: IntCounter::new(
                "graadmeter_probe_report_retries_total",
                "Attempts at a report that failed and are made again.",
            )?,
        })
    }

    fn register(&self) -> prometheus::Result<()> {
        self.registry.register(Box::new(self.success.clone()))?;
        self.registry.register(Box::new(self.checks.clone()))?;
        self.registry.register(Box::new(self.phases.clone()))?;
        self.registry.register(Box::new(self.duration.clone()))?;
        self.registry.register(Box::new(self.certificate_expiry.clone()))?;
        self.registry.register(Box::new(self.reports.clone()))?;
        self.registry.register(Box::new(self.retries.clone()))?;
        self.registry.register(Box::new(ProcessCollector::for_self()))?;
        let build = Opts::new("graadmeter_build_info", "1, with the program's version.");
        let build = IntGaugeVec::new(build, &["version"])?;
        build.with_label_values(&[env!("CARGO_PKG_VERSION")]).set(1);
        self.registry.register(Box::new(build))
    }

    fn begin_at_zero(&self, checks: &[Check]) {
        for check in checks {
            for outcome in Outcome::SCHEDULED {
                self.checks.with_label_values(&self.with(check, outcome.name()));
            }
        }
        for fate in Fate::ALL {
            self.reports.with_label_values(&[fate.name()]);
        }
    }

    fn labels<'a>(&'a self, check: &'a Check) -> [&'a str; 3] {
        [&check.site, &check.name, &self.region]
    }

    fn with<'a>(&'a self, check: &'a Check, last: &'a str) -> [&'a str; 4] {
        [&check.site, &check.name, &self.region, last]
    }

    /// Counts a run that came to an end.
    pub fn ended(&self, check: &Check, measured: &Measurement, verdict: &Verdict) {
        self.count(check, verdict.outcome());
        self.success.with_label_values(&self.labels(check)).set((*verdict == Verdict::Ok).into());
        if let Some(expiry) = measured.last().and_then(|hop| hop.certificate_expiry) {
            self.certificate_expiry.with_label_values(&self.labels(check)).set(super::unix_seconds(expiry));
        }
        if !verdict.is_answered() {
            return;
        }
        self.duration.with_label_values(&self.labels(check)).observe(measured.total.as_secs_f64());
        for (phase, time) in measured.phases().iter() {
            self.phases.with_label_values(&self.with(check, Phase::name(phase))).observe(time.as_secs_f64());
        }
    }

    /// Counts a run that had no end of its own: left out or cut off.
    pub fn count(&self, check: &Check, outcome: Outcome) {
        self.checks.with_label_values(&self.with(check, outcome.name())).inc();
    }

    /// Counts a report's end.
    pub fn reported(&self, fate: Fate) {
        self.reports.with_label_values(&[fate.name()]).inc();
    }

    /// Reports that ended so.
    #[must_use]
    pub fn reports(&self, fate: Fate) -> u64 {
        self.reports.with_label_values(&[fate.name()]).get()
    }

    /// Counts an attempt that is made again.
    pub fn report_retried(&self) {
        self.retries.inc();
    }

    /// Everything in Prometheus' text format, version 0.0.4.
    ///
    /// # Errors
    ///
    /// When a family can't be written.
    pub fn render(&self) -> prometheus::Result<Vec<u8>> {
        render(&self.registry)
    }
}

/// A registry's families as text.
pub(super) fn render(registry: &Registry) -> prometheus::Result<Vec<u8>> {
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text)?;
    Ok(text)
}
