//! Sending every observation to ClickHouse, once each, on a thread of its own. While ClickHouse is away, the journal keeps what
//! it lacks, up to a limit; past that, the oldest is given up and counted.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;
use std::{io, thread};

use tokio::runtime::{Builder, Runtime};
use tokio::sync::oneshot;

use crate::clickhouse::{ClickHouseError, Counts, Rows, Sink};
use crate::history::UnixSeconds;
use crate::journal::entry::Entry;
use crate::journal::{Gather, Outgoing, StoreError};

/// From one insert to the next, unless more waits than one takes: ClickHouse wants few and large ones.
const INSERT_EVERY: Duration = Duration::from_secs(1);
/// How long to wait after a failure; twice as long after each further one.
const RETRY_AFTER: Duration = Duration::from_millis(500);
const RETRY_AFTER_MAX: Duration = Duration::from_secs(10);
/// How long the end of the program waits for it.
const END_MAX: Duration = Duration::from_secs(10);

/// The thread.
#[derive(Debug)]
pub(super) struct Sending {
    stop: Sender<()>,
    ended: oneshot::Receiver<()>,
}

/// Why something is not there yet.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("the journal can't be used")]
    Journal(#[from] StoreError),
    #[error(transparent)]
    ClickHouse(#[from] ClickHouseError),
}

impl Sending {
    /// Starts it. `sent` is kept at the last batch that the journal need not keep for it.
    pub(super) fn start(
        outgoing: Outgoing,
        sink: Sink,
        spool_bytes_max: u64,
        counts: Arc<Counts>,
        sent: Arc<AtomicU64>,
    ) -> io::Result<Self> {
        sent.store(outgoing.sent(), Ordering::Relaxed);
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let (stop, stopping) = channel();
        let (done, ended) = oneshot::channel();
        let mut sender = Sends { outgoing, sink, spool_bytes_max, runtime, rows: Rows::new(), counts, sent };
        thread::Builder::new().name("clickhouse".to_owned()).spawn(move || {
            sender.send_all(&stopping);
            let _told = done.send(());
        })?;
        Ok(Self { stop, ended })
    }

    /// Tries once more to send what there is, and ends; the rest waits in the journal for the next start.
    pub(super) async fn end(self) {
        drop(self.stop);
        // It may be waiting for ClickHouse. What it sends now is sent again, and known.
        let _ended = tokio::time::timeout(END_MAX, self.ended).await;
    }
}

/// What the thread has.
struct Sends {
    outgoing: Outgoing,
    sink: Sink,
    spool_bytes_max: u64,
    runtime: Runtime,
    rows: Rows,
    counts: Arc<Counts>,
    sent: Arc<AtomicU64>,
}

impl Gather for Rows {
    fn gather(&mut self, site: &str, channel: &str, entry: &Entry<'_>) {
        self.record(site, channel, UnixSeconds(entry.unix_seconds.into()), &entry.observation);
    }

    fn is_full(&self) -> bool {
        Rows::is_full(self)
    }
}

impl Sends {
    fn send_all(&mut self, stopping: &Receiver<()>) {
        let is_time = |wait| stopping.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
        let (mut wait, mut failed) = (INSERT_EVERY, None);
        while is_time(wait) {
            wait = match self.send() {
                Ok(()) => {
                    if failed.take().is_some() {
                        tracing::info!("ClickHouse takes rows again");
                    }
                    INSERT_EVERY
                }
                Err(error) => {
                    self.counts.failures.fetch_add(1, Ordering::Relaxed);
                    if failed.is_none() {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "ClickHouse has not taken what was sent: it waits in the journal, and is sent again"
                        );
                    }
                    let after = failed.map_or(RETRY_AFTER, |last: Duration| last.saturating_mul(2));
                    let after = after.min(RETRY_AFTER_MAX);
                    failed = Some(after);
                    self.give_up_oldest();
                    after
                }
            };
            self.show();
        }
        if failed.is_none()
            && let Err(error) = self.send()
        {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(error, "ClickHouse has not taken the last of it: that is sent at the next start");
        }
    }

    /// Sends all that there is.
    fn send(&mut self) -> Result<(), SendError> {
        loop {
            self.rows.clear();
            let Some(token) = self.outgoing.next(&mut self.rows)? else { return Ok(()) };
            self.runtime.block_on(self.sink.send(&token, &self.rows))?;
            self.outgoing.arrived()?;
            self.counts.rows.fetch_add(self.rows.len() as u64, Ordering::Relaxed);
            self.show();
            if !self.rows.is_full() {
                return Ok(());
            }
        }
    }

    fn give_up_oldest(&mut self) {
        match self.outgoing.give_up_beyond(self.spool_bytes_max) {
            Ok(0) => {}
            Ok(reports) => {
                self.counts.dropped.fetch_add(reports, Ordering::Relaxed);
                tracing::error!(
                    reports,
                    "more waits for ClickHouse than clickhouse.spool_bytes_max: the oldest is given up"
                );
            }
            Err(error) => {
                tracing::error!(error = &error as &dyn std::error::Error, "the journal can't be used");
            }
        }
    }

    fn show(&self) {
        self.sent.store(self.outgoing.sent(), Ordering::Relaxed);
        if let Ok(bytes) = self.outgoing.waiting_bytes() {
            self.counts.waiting_bytes.store(bytes, Ordering::Relaxed);
        }
    }
}
