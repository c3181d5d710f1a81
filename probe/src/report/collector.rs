//! Reports to the collector: a bounded queue that checks never wait for, and workers that empty it.
//!
//! While the collector is away, reports wait and are tried again with growing pauses. When the queue is
//! full the oldest goes; one that has grown too old goes, too. Each report ends in exactly one [`Fate`].

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use graadmeter_wire::Beacon;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, redirect};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tracing::{debug, warn};

use super::metrics::Metrics;
use crate::check::http::AGENT;
use crate::check::tls::TlsError;
use crate::config::Collector;
use crate::limits::{REPORT_AGE_MAX, REPORTS_IN_FLIGHT, RETRY_PAUSE_MAX, RETRY_PAUSE_MIN};

/// How a report ended: the label `outcome`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The collector has it.
    Accepted,
    /// The collector will never take it (a 4xx answer): site, region or limits don't fit.
    Rejected,
    /// The queue was full of newer ones.
    Dropped,
    /// It couldn't be sent before it was too old, or before the probe ended.
    Expired,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Accepted, Self::Rejected, Self::Dropped, Self::Expired];

    /// The value of the label `outcome`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Rejected => "rejected",
            Self::Dropped => "dropped",
            Self::Expired => "expired",
        }
    }
}

/// Why there is no way to the collector.
#[derive(Debug, thiserror::Error)]
pub enum ReporterError {
    /// No TLS, though the collector's URL asks for it.
    #[error("reports to the collector need TLS")]
    Tls(#[from] TlsError),
    /// The HTTP client can't be set up.
    #[error("can't set up reports to the collector")]
    Client(#[source] reqwest::Error),
}

/// The queue and its workers.
pub struct Reporter {
    shared: Arc<Shared>,
    workers: JoinSet<()>,
    /// Becomes true when no more reports come.
    closing: watch::Sender<bool>,
}

struct Shared {
    client: Client,
    collector: Collector,
    metrics: Arc<Metrics>,
    /// Plain, because it is only ever held for a push or a pop.
    queue: Mutex<VecDeque<Report>>,
    filled: Notify,
}

#[derive(Debug)]
struct Report {
    body: Bytes,
    made: Instant,
}

impl Reporter {
    /// Starts the workers.
    ///
    /// # Errors
    ///
    /// When the collector's URL asks for TLS and there is none.
    pub fn start(collector: &Collector, metrics: &Arc<Metrics>) -> Result<Self, ReporterError> {
        let shared = Arc::new(Shared {
            client: client(collector)?,
            collector: collector.clone(),
            metrics: Arc::clone(metrics),
            queue: Mutex::default(),
            filled: Notify::new(),
        });
        let (closing, closed) = watch::channel(false);
        let mut workers = JoinSet::new();
        for _ in 0..REPORTS_IN_FLIGHT {
            workers.spawn(Arc::clone(&shared).work(closed.clone()));
        }
        Ok(Self { shared, workers, closing })
    }

    /// Puts a report into the queue; never waits.
    pub fn push(&self, beacon: &Beacon) {
        match serde_json::to_vec(beacon) {
            Ok(body) => self.shared.add(Report { body: body.into(), made: Instant::now() }),
            Err(error) => {
                warn!(%error, "a report can't be written");
                self.shared.metrics.reported(Fate::Rejected);
            }
        }
    }

    /// Sends what is left until `deadline`; what then still waits has expired.
    pub async fn finish(mut self, deadline: Instant) {
        // Workers that have gone already need no telling.
        let _ = self.closing.send(true);
        let all = async { while self.workers.join_next().await.is_some() {} };
        if timeout_at(deadline, all).await.is_err() {
            self.workers.shutdown().await;
        }
        let left = self.shared.queue().drain(..).count();
        (0..left).for_each(|_| self.shared.metrics.reported(Fate::Expired));
    }
}

fn client(collector: &Collector) -> Result<Client, ReporterError> {
    if collector.endpoint.scheme() == "https" && !collector.trust.has_roots() {
        return Err(TlsError::NoRoots.into());
    }
    Client::builder()
        .user_agent(AGENT)
        .timeout(collector.timeout)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .tls_backend_preconfigured(collector.trust.client()?)
        .build()
        .map_err(ReporterError::Client)
}

/// What an attempt came to.
enum Attempt {
    Done(Fate),
    Again(String),
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, VecDeque<Report>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, report: Report) {
        let mut queue = self.queue();
        if queue.len() >= self.collector.queue {
            queue.pop_front();
            self.metrics.reported(Fate::Dropped);
        }
        queue.push_back(report);
        drop(queue);
        self.filled.notify_one();
    }

    fn take(&self) -> Option<Report> {
        self.queue().pop_front()
    }

    /// One worker: takes reports one by one until the queue is closed and empty.
    async fn work(self: Arc<Self>, mut closing: watch::Receiver<bool>) {
        loop {
            if let Some(report) = self.take() {
                let mut fate = Pending { metrics: &self.metrics, fate: Fate::Expired };
                fate.fate = self.deliver(&report, &mut closing).await;
            } else if *closing.borrow() {
                return;
            } else {
                tokio::select! {
                    () = self.filled.notified() => {}
                    _ = closing.changed() => {}
                }
            }
        }
    }

    /// Sends one report until it has its fate.
    async fn deliver(&self, report: &Report, closing: &mut watch::Receiver<bool>) -> Fate {
        let mut pause = RETRY_PAUSE_MIN;
        while report.made.elapsed() < REPORT_AGE_MAX {
            match self.attempt(report).await {
                Attempt::Done(fate) => return fate,
                Attempt::Again(why) => {
                    warn!(why, pause_ms = pause.as_millis() as u64, "the collector did not take a report");
                    self.metrics.report_retried();
                }
            }
            // The end of the probe cuts pauses short; from then on they are the shortest.
            if *closing.borrow() {
                sleep(RETRY_PAUSE_MIN).await;
            } else {
                let _ = timeout(jittered(pause), closing.wait_for(|&closing| closing)).await;
            }
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
        Fate::Expired
    }

    async fn attempt(&self, report: &Report) -> Attempt {
        let request = self.client.post(self.collector.endpoint.clone());
        let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        match request.body(report.body.clone()).send().await {
            Ok(answer) => judge(answer.status()),
            Err(error) => Attempt::Again(reason(&error)),
        }
    }
}

/// Counts a report's fate whatever happens to its worker; a cancelled one has expired.
struct Pending<'a> {
    metrics: &'a Metrics,
    fate: Fate,
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.metrics.reported(self.fate);
    }
}

fn judge(status: StatusCode) -> Attempt {
    match status {
        _ if status.is_success() => Attempt::Done(Fate::Accepted),
        StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_MANY_REQUESTS => {
            Attempt::Again(format!("status {status}"))
        }
        _ if status.is_server_error() => Attempt::Again(format!("status {status}")),
        _ => {
            warn!(%status, "the collector refused a report; do its sites know this probe's?");
            Attempt::Done(Fate::Rejected)
        }
    }
}

/// The innermost cause: reqwest's own text is "error sending request".
fn reason(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    debug!(%error, "a report failed");
    cause.to_string()
}

/// Between half of `pause` and all of it, so that many probes don't come back at once.
fn jittered(pause: Duration) -> Duration {
    pause.mul_f64(0.5 + 0.5 * rand::random::<f64>())
}

#[cfg(test)]
mod tests;
