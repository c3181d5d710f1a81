//! `run`: checks on their schedule, until told to stop.
//!
//! Three things run beside one another and never wait for each other: the schedule with its checks, the
//! reporter with its queue, the probe's own server. They end in that order, each with a deadline.

use std::collections::HashMap;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};
use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::{debug, info, warn};

use crate::check::assert::{Verdict, judge};
use crate::check::{Outcome, http};
use crate::config::{Check, Config};
use crate::limits::{CHECKS_DRAIN, REPORTS_DRAIN};
use crate::report::beacon::beacon;
use crate::report::collector::{Fate, Reporter, ReporterError};
use crate::report::metrics::Metrics;
use crate::schedule::{Due, Schedule};
use crate::serve::{self, App};

/// Why the probe couldn't begin.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The listener is broken.
    #[error("can't listen")]
    Listen(#[source] io::Error),
    /// The metrics can't be set up.
    #[error("can't set up metrics")]
    Metrics(#[from] prometheus::Error),
    /// There is no way to the collector.
    #[error(transparent)]
    Reporter(#[from] ReporterError),
}

/// Runs the checks of `config` and answers on `listener` until `shutdown`.
///
/// # Errors
///
/// When it can't begin. What goes wrong later is counted and logged.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: impl Future<Output = ()>,
) -> Result<(), RunError> {
    let address = listener.local_addr().map_err(RunError::Listen)?;
    let metrics = Arc::new(Metrics::new(&config)?);
    let reporter =
        config.collector.as_ref().map(|collector| Reporter::start(collector, &metrics)).transpose()?;
    let hosts = config.probe_hosts(address.ip().is_loopback());
    let app = Arc::new(App::new(Arc::clone(&metrics), hosts, config.trust.clone()));
    let (stop_server, server_stopped) = oneshot::channel::<()>();
    let server = tokio::spawn(serve::serve(listener, Arc::clone(&app), async {
        // A dropped sender means the same as a sent word.
        let _ = server_stopped.await;
    }));
    info!(%address, region = config.region, checks = config.checks.len(), "the probe runs");
    tell_what_is_off(&config, &app);
    app.set_ready(true);
    let reporter = reporter.map(Arc::new);
    let mut runs = Runs::new(config, &metrics, reporter.clone());
    runs.until(shutdown).await;
    app.set_ready(false);
    info!("stopping: running checks may end, waiting reports are sent");
    runs.drain().await;
    drop(runs);
    // All runs have ended, so this is the last handle.
    if let Some(reporter) = reporter.and_then(Arc::into_inner) {
        reporter.finish(Instant::now() + REPORTS_DRAIN).await;
    }
    let _ = stop_server.send(());
    if let Err(error) = server.await {
        warn!(%error, "the probe's server ended badly");
    }
    let reports = |fate| metrics.reports(fate);
    info!(
        accepted = reports(Fate::Accepted),
        rejected = reports(Fate::Rejected),
        dropped = reports(Fate::Dropped),
        expired = reports(Fate::Expired),
        "the probe has stopped"
    );
    Ok(())
}

/// What someone might miss later, told at the start.
fn tell_what_is_off(config: &Config, app: &App) {
    if config.checks.is_empty() {
        warn!("no `[[check]]` configured: only /probe checks anything");
    }
    if config.collector.is_none() {
        warn!("no `[collector]` configured: results are on /metrics only");
    }
    if app.probes_nothing() {
        info!("/probe is off: the listener isn't on loopback and no `probe_targets` are configured");
    }
}

/// What a run of a check needs, shared by all.
struct Shared {
    region: String,
    checks: Vec<Check>,
    metrics: Arc<Metrics>,
    reporter: Option<Arc<Reporter>>,
    places: Semaphore,
}

/// The schedule and the runs that are going.
struct Runs {
    shared: Arc<Shared>,
    schedule: Schedule,
    going: JoinSet<()>,
    /// Which check a task runs; known also of one that panicked.
    numbers: HashMap<Id, usize>,
}

impl Runs {
    fn new(config: Config, metrics: &Arc<Metrics>, reporter: Option<Arc<Reporter>>) -> Self {
        let intervals: Vec<_> = config.checks.iter().map(|check| check.interval).collect();
        let shared = Shared {
            region: config.region,
            checks: config.checks,
            metrics: Arc::clone(metrics),
            reporter,
            places: Semaphore::new(config.concurrency),
        };
        Self {
            shared: Arc::new(shared),
            schedule: Schedule::new(&intervals),
            going: JoinSet::new(),
            numbers: HashMap::new(),
        }
    }

    async fn until(&mut self, shutdown: impl Future<Output = ()>) {
        let began = Instant::now();
        tokio::pin!(shutdown);
        loop {
            let next = self.schedule.next().map(|next| began + next);
            tokio::select! {
                () = &mut shutdown => return,
                () = wait_until(next) => self.begin_due(began.elapsed()),
                Some(ended) = self.going.join_next_with_id() => self.ended(ended),
            }
        }
    }

    fn begin_due(&mut self, now: Duration) {
        for due in self.schedule.take_due(now, rand::random::<f64>) {
            match due {
                Due::Run(number) => {
                    let task = self.going.spawn(Arc::clone(&self.shared).once(number));
                    self.numbers.insert(task.id(), number);
                }
                Due::Skip(number) => self.shared.left_out(number, Outcome::Skipped),
            }
        }
    }

    fn ended(&mut self, ended: Result<(Id, ()), JoinError>) {
        let id = match &ended {
            Ok((id, ())) => *id,
            Err(error) => error.id(),
        };
        let Some(number) = self.numbers.remove(&id) else { return };
        self.schedule.ended(number);
        if let Err(error) = ended {
            warn!(%error, "a run did not come to its end");
            self.shared.left_out(number, Outcome::Cancelled);
        }
    }

    /// Lets running checks end, and cancels those that take too long.
    async fn drain(&mut self) {
        let deadline = Instant::now() + CHECKS_DRAIN;
        while !self.going.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            match timeout(left, self.going.join_next_with_id()).await {
                Ok(Some(ended)) => self.ended(ended),
                Ok(None) => return,
                Err(_) => break,
            }
        }
        self.going.abort_all();
        while let Some(ended) = self.going.join_next_with_id().await {
            self.ended(ended);
        }
    }
}

/// Waits for ever when nothing is ever due.
async fn wait_until(due: Option<Instant>) {
    match due {
        Some(due) => sleep_until(due).await,
        None => std::future::pending().await,
    }
}

impl Shared {
    /// One run of one check.
    async fn once(self: Arc<Self>, number: usize) {
        let Some(check) = self.checks.get(number) else { return };
        // The semaphore is never closed.
        let Ok(_place) = self.places.acquire().await else { return };
        let measured = http::measure(&check.request).await;
        let verdict = judge(&measured, &check.expected);
        self.metrics.ended(check, &measured, &verdict);
        log(check, &verdict);
        if let Some(reporter) = self.reporter.as_ref().filter(|_| verdict.is_answered()) {
            match beacon(check, &self.region, rand::random(), &measured) {
                Ok(beacon) => reporter.push(&beacon),
                Err(error) => warn!(%error, "a result can't be reported"),
            }
        }
    }

    fn left_out(&self, number: usize, outcome: Outcome) {
        let Some(check) = self.checks.get(number) else { return };
        self.metrics.count(check, outcome);
        warn!(
            site = check.site,
            check = check.name,
            outcome = outcome.name(),
            "a run was left out or cut off"
        );
    }
}

fn log(check: &Check, verdict: &Verdict) {
    let (site, name, outcome) = (&check.site, &check.name, verdict.outcome().name());
    match verdict {
        Verdict::Ok => debug!(site, check = name, outcome, "a check is ok"),
        Verdict::OverBudget(overruns) => {
            let budgets: Vec<_> = overruns.iter().map(|overrun| overrun.budget.to_string()).collect();
            warn!(site, check = name, outcome, exceeded = budgets.join(" "), "a check is over budget");
        }
        Verdict::Failed(_, why) => warn!(site, check = name, outcome, why, "a check failed"),
    }
}

#[cfg(test)]
mod tests;
