//! The thread that writes: all that the cores have accepted since the last commit goes into the next one.
//!
//! A report that comes alone is written at once, and so is what many have sent. Only few that come soon after a commit wait
//! a little for others, since most of what a commit costs is the same for one as for a hundred.

use std::fs;
use std::iter;
use std::mem;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::sync_channel;
use std::thread;
use std::time::{Duration, Instant, SystemTime};

use rusqlite::Connection;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;

use super::outbox::Outbox;
use super::store::{self, StoreError, Transaction, in_transaction};

/// How often what was written is made to survive a crash of the machine.
const SYNC_EVERY: Duration = Duration::from_secs(1);

/// From the beginning of one commit to the next it takes at least so long, unless there is much to write.
const COMMIT_EVERY: Duration = Duration::from_millis(1);
/// What is much: some ten reports.
const MUCH_BYTES: usize = 1024;

/// What the thread is to do.
enum Order {
    /// To store what a core has accepted, together with that of others.
    Store(Wanted),
    /// To do something else.
    Work(Work),
    /// To see whether it can write again, after it couldn't.
    Try,
}

type Work = Box<dyn FnOnce(&mut Connection) + Send>;

/// What a core wants: its entries are to be taken and stored. Memory for what comes next, and where to say how that ended.
struct Wanted {
    core: usize,
    spare: Vec<u8>,
    done: oneshot::Sender<Written>,
}

/// What was taken of a core.
struct Taken {
    core: usize,
    entries: Vec<u8>,
    done: oneshot::Sender<Written>,
}

/// The entries, and the number of their batch, if they are stored.
pub(super) type Written = (Vec<u8>, Option<u64>);

/// Whoever has this may have things written.
#[derive(Debug, Clone)]
pub(super) struct Writer {
    /// Not the standard library's channel, which wakes its reader while it holds a lock that the reader then waits for: on a
    /// busy core that makes four switches between threads of two, for each commit.
    orders: UnboundedSender<Order>,
    counts: Arc<Counts>,
}

/// What the thread counts.
#[derive(Debug, Default)]
pub struct Counts {
    /// Commits.
    pub commits: AtomicU64,
    /// Commits that failed.
    pub failures: AtomicU64,
    /// Whether the last one did.
    pub is_failing: AtomicBool,
    /// Bytes of entries that were stored.
    pub bytes: AtomicU64,
    /// Bytes of the database's files.
    pub disk_bytes: AtomicU64,
}

impl Writer {
    /// Starts the thread, which ends when nobody can have anything written any more. Each core has one of `outboxes`. Batches
    /// get numbers above `known`, which somebody has seen, even if the journal has lost it.
    pub(super) fn start(
        connection: Connection,
        outboxes: Arc<[Outbox]>,
        run: i64,
        known: u64,
    ) -> Result<Self, StoreError> {
        let next = store::last_batch(&connection)?.max(known) + 1;
        let (orders, mut handed_over) = unbounded_channel();
        let counts = Arc::new(Counts::default());
        let mut writing = Writing { connection, outboxes, run, next, counts: Arc::clone(&counts) };
        thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writing.write_all(&mut handed_over))
            .map_err(StoreError::Thread)?;
        Ok(Self { orders, counts })
    }

    pub(super) fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Writes what is in a core's outbox, and waits until it is stored, or can't be; nothing if it was not taken, because the
    /// thread has ended.
    pub(super) async fn write(&self, core: usize, spare: Vec<u8>) -> Option<Written> {
        let (done, written) = oneshot::channel();
        // Were the thread gone, nobody would be told.
        let _sent = self.orders.send(Order::Store(Wanted { core, spare, done }));
        written.await.ok()
    }

    /// Does something in a transaction of its own, beside the cores' own, and waits until it is done.
    pub(super) fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (done, ended) = sync_channel(1);
        let work = move |connection: &mut Connection| {
            // Whoever does not wait any more has stopped.
            let _told = done.send(in_transaction(connection, work));
        };
        let _sent = self.orders.send(Order::Work(Box::new(work)));
        ended.recv().unwrap_or(Err(StoreError::Gone))
    }
}

/// The thread's own.
struct Writing {
    connection: Connection,
    outboxes: Arc<[Outbox]>,
    run: i64,
    /// The number of the next batch.
    next: u64,
    counts: Arc<Counts>,
}

impl Writing {
    fn write_all(&mut self, orders: &mut UnboundedReceiver<Order>) {
        let mut together = Vec::new();
        let mut works = Vec::new();
        let mut last = None::<Instant>;
        while let Some(first) = orders.blocking_recv() {
            let is_much = || self.outboxes.iter().map(Outbox::bytes).sum::<usize>() >= MUCH_BYTES;
            if let Some(wait) = last.and_then(|last| COMMIT_EVERY.checked_sub(last.elapsed()))
                && matches!(first, Order::Store(_))
                && !is_much()
            {
                thread::sleep(wait);
            }
            last = Some(Instant::now());
            let others = iter::from_fn(|| orders.try_recv().ok());
            for order in iter::once(first).chain(others) {
                match order {
                    Order::Store(Wanted { core, spare, done }) => {
                        together.push(Taken { core, entries: self.outboxes[core].take(spare), done });
                    }
                    Order::Work(work) => works.push(work),
                    Order::Try => {
                        let tried = in_transaction(&mut self.connection, store::touch);
                        self.tell(tried);
                    }
                }
            }
            self.store(&mut together);
            works.drain(..).for_each(|work| work(&mut self.connection));
        }
    }

    fn store(&mut self, together: &mut Vec<Taken>) {
        if together.is_empty() {
            return;
        }
        let first = self.next;
        let is_stored = self.commit(together);
        for (nth, Taken { entries, done, .. }) in (0..).zip(together.drain(..)) {
            let _told = done.send((entries, is_stored.then_some(first + nth)));
        }
    }

    fn commit(&mut self, together: &[Taken]) -> bool {
        let tried = self.try_commit(together);
        let is_stored = self.tell(tried);
        if is_stored {
            self.next += together.len() as u64;
            self.counts.commits.fetch_add(1, Ordering::Relaxed);
            let bytes: usize = together.iter().map(|each| each.entries.len()).sum();
            self.counts.bytes.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        is_stored
    }

    /// Tells how a transaction ended, if that is news; whether it ended well.
    fn tell(&self, tried: Result<(), StoreError>) -> bool {
        let was_failing = self.counts.is_failing.swap(tried.is_err(), Ordering::Relaxed);
        match tried {
            Ok(()) if was_failing => tracing::info!("the journal can be written again"),
            Ok(()) => {}
            Err(error) => {
                self.counts.failures.fetch_add(1, Ordering::Relaxed);
                // Once, not for each commit of a full disk.
                if !was_failing {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the journal can't be written: reports are answered 503 until it can"
                    );
                }
                return false;
            }
        }
        true
    }

    fn try_commit(&mut self, together: &[Taken]) -> Result<(), StoreError> {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let unix_seconds = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
        let (next, run) = (self.next, self.run);
        in_transaction(&mut self.connection, |transaction| {
            for (nth, Taken { core, entries, .. }) in (0..).zip(together) {
                store::insert(transaction, next + nth, run, *core, unix_seconds, entries)?;
            }
            Ok(())
        })
    }
}

/// Makes what was written survive a crash of the machine, once a second, and moves it from `SQLite`'s own log into the
/// database: on a connection and a thread of its own, so that as good as no commit waits for the disk.
///
/// Also has it tried whether the journal can be written again: when it can't, whoever balances load sends no reports here.
pub(super) fn keep_in_sync(folder: &Path, writer: &Writer) -> Result<(), StoreError> {
    let connection = store::open_again(folder)?;
    let files = [folder.join(store::FILE), folder.join([store::FILE, "-wal"].concat())];
    let (counts, orders) = (Arc::downgrade(&writer.counts), writer.orders.downgrade());
    let (mut is_failing, mut failures_seen) = (false, 0);
    let sync = move || {
        while let Some(counts) = counts.upgrade() {
            let synced = store::sync(&connection);
            let was_failing = mem::replace(&mut is_failing, synced.is_err());
            if let Err(error) = synced {
                counts.failures.fetch_add(1, Ordering::Relaxed);
                if !was_failing {
                    tracing::error!(%error, "the journal can't be synced to its disk");
                }
            }
            let bytes: u64 = files.iter().map(|file| fs::metadata(file).map_or(0, |file| file.len())).sum();
            counts.disk_bytes.store(bytes, Ordering::Relaxed);
            let failures = counts.failures.load(Ordering::Relaxed);
            let nobody_tries = mem::replace(&mut failures_seen, failures) == failures;
            if nobody_tries && counts.is_failing.load(Ordering::Relaxed) {
                // Were the thread gone, there would be nothing to write.
                let _sent = orders.upgrade().map(|orders| orders.send(Order::Try));
            }
            drop(counts);
            thread::sleep(SYNC_EVERY);
        }
    };
    thread::Builder::new().name("journal-sync".to_owned()).spawn(sync).map(drop).map_err(StoreError::Thread)
}
