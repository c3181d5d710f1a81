//! Keeping what was accepted for longer than the journal does: every so often, and at the end, what is new goes into the history,
//! and what the cells have counted into a checkpoint; then the journal lets go of it.
//!
//! It has a thread of its own, which nobody waits for until the end.

use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant, SystemTime};
use std::{io, thread};

use tokio::sync::oneshot;

use crate::history::{Feed, HistoryError, UnixSeconds};
use crate::journal::{Reading, StoreError};
use crate::pipeline::Pipeline;

/// After a step of upkeep it does nothing for so many times as long, so that the cores have their share.
const REST: u32 = 3;

/// Why something is not in the history yet.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error("the journal can't be read")]
    Journal(#[from] StoreError),
    #[error("the history can't be written")]
    History(#[from] HistoryError),
}

/// The thread.
#[derive(Debug)]
pub(super) struct Keeping {
    stop: Sender<()>,
    ended: oneshot::Receiver<()>,
}

impl Keeping {
    /// Starts it for a pipeline with a journal, which `reading` reads, and of which batches after `sent` are sent elsewhere.
    pub(super) fn start(
        pipeline: Arc<Pipeline>,
        reading: Reading,
        feed: Feed,
        sent: Option<Arc<AtomicU64>>,
        every: Duration,
    ) -> io::Result<Self> {
        let (stop, stopping) = channel();
        let (done, ended) = oneshot::channel();
        let mut keeper = Keeper { pipeline, reading, feed, sent };
        thread::Builder::new().name("keeping".to_owned()).spawn(move || {
            keeper.keep_every(every, &stopping);
            let _told = done.send(());
        })?;
        Ok(Self { stop, ended })
    }

    /// Keeps all that is there now, and ends.
    pub(super) async fn end(self) {
        drop(self.stop);
        // A thread that panicked has said so.
        let _ended = self.ended.await;
    }
}

/// What the thread has.
struct Keeper {
    pipeline: Arc<Pipeline>,
    reading: Reading,
    feed: Feed,
    /// The last batch that was sent, if any is.
    sent: Option<Arc<AtomicU64>>,
}

impl Keeper {
    fn keep_every(&mut self, every: Duration, stopping: &Receiver<()>) {
        let is_time = |wait| stopping.recv_timeout(wait) == Err(RecvTimeoutError::Timeout);
        while is_time(every) {
            self.keep();
            let until = Instant::now() + every;
            while let Some(took) = self.keep_up() {
                if Instant::now() > until {
                    break;
                }
                if !is_time(took * REST) {
                    return self.keep();
                }
            }
        }
        self.keep();
    }

    fn keep(&mut self) {
        if let Err(error) = self.feed_history() {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the history is not written: the journal is kept until it is"
            );
        }
        let sent = self.sent.as_ref().map_or(u64::MAX, |sent| sent.load(Ordering::Relaxed));
        self.pipeline.checkpoint(unix_now(), self.feed.fed().min(sent));
    }

    /// Moves all that is new in the journal into the history, some at a time.
    fn feed_history(&mut self) -> Result<(), FeedError> {
        let Self { reading, feed, .. } = self;
        loop {
            let mut last = None;
            let read = reading.for_each_after(feed.fed(), |accepted| {
                last = Some(accepted.batch);
                let told = accepted.for_each(|site, channel, entry| {
                    feed.record(site, channel, UnixSeconds(entry.unix_seconds.into()), &entry.observation);
                });
                if let Err(error) = told {
                    tracing::error!(%error, batch = accepted.batch, "the history lacks a batch from here on");
                }
                if feed.is_full() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
            });
            if let Some(last) = last {
                feed.save(last)?;
            }
            read?;
            if last.is_none() {
                return Ok(());
            }
        }
    }

    /// Does a step of the history's upkeep, and says how long it took if there may be more to do.
    fn keep_up(&mut self) -> Option<Duration> {
        let began = Instant::now();
        let now = UnixSeconds(i64::try_from(unix_now().as_secs()).unwrap_or(i64::MAX));
        let has_more = self.feed.keep_up(now).unwrap_or_else(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "the history can't be made coarser or shorter"
            );
            false
        });
        has_more.then(|| began.elapsed())
    }
}

fn unix_now() -> Duration {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}
