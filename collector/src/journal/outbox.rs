//! What one core has accepted and not yet answered: it is handed to the journal's thread together, and answered together.
//!
//! All connections of a core that have something to do answer it before any of them sends (`serve/lane.rs`), so what
//! comes at the same time is in the same batch. While one batch is being written, the next one fills.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::limits::UNSTORED_PER_CORE_MAX;

/// Tickets of lost batches that are remembered. Whoever waits for one is woken at once; who comes so late that it is
/// forgotten is told that his was lost, too, and if it was not, counts once when he sends it again.
const LOST_REMEMBERED: usize = 64;

/// The number of a batch of this core, counted from the start of the program.
pub type Ticket = u64;

/// What one core has accepted and not yet answered.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The entries of the batch that fills, and its ticket.
    entries: Vec<u8>,
    filling: Ticket,
    /// Batches with lower tickets are stored or lost.
    settled: Ticket,
    lost: VecDeque<Ticket>,
    /// Which of the tickets below this one were lost is forgotten.
    forgotten: Ticket,
    /// Who waits for the batch that is being written, and for the one that fills: for even tickets and for odd ones.
    waiting: [Vec<Waker>; 2],
    /// Who hands over what there is.
    keeper: Option<Waker>,
}

impl Outbox {
    /// Adds an entry, if there is room: `write` appends it.
    pub(super) fn add(&self, write: impl FnOnce(&mut Vec<u8>)) -> Option<Ticket> {
        let mut inner = self.inner();
        if inner.entries.len() >= UNSTORED_PER_CORE_MAX {
            return None;
        }
        write(&mut inner.entries);
        if let Some(keeper) = inner.keeper.take() {
            keeper.wake();
        }
        Some(inner.filling)
    }

    /// Whether a batch is stored, as soon as that is known.
    pub(super) fn poll_stored(&self, ticket: Ticket, context: &mut Context<'_>) -> Poll<bool> {
        let mut inner = self.inner();
        if ticket < inner.settled {
            return Poll::Ready(ticket >= inner.forgotten && !inner.lost.contains(&ticket));
        }
        inner.waiting[(ticket % 2) as usize].push(context.waker().clone());
        Poll::Pending
    }

    /// Takes what there is, as soon as there is something. `spare` is used for what comes next.
    pub(super) async fn take(&self, spare: &mut Vec<u8>) -> Vec<u8> {
        poll_fn(|context| {
            let mut inner = self.inner();
            if inner.entries.is_empty() {
                inner.keeper = Some(context.waker().clone());
                return Poll::Pending;
            }
            inner.filling += 1;
            Poll::Ready(std::mem::replace(&mut inner.entries, std::mem::take(spare)))
        })
        .await
    }

    /// The batch that was taken is stored or lost: all who wait for it go on.
    pub(super) fn settle(&self, is_stored: bool) {
        let mut inner = self.inner();
        let ticket = inner.settled;
        inner.settled += 1;
        if !is_stored {
            inner.lost.push_back(ticket);
            if inner.lost.len() > LOST_REMEMBERED {
                inner.forgotten = inner.lost.pop_front().map_or(inner.forgotten, |oldest| oldest + 1);
            }
        }
        let waiting = std::mem::take(&mut inner.waiting[(ticket % 2) as usize]);
        drop(inner);
        waiting.into_iter().for_each(Waker::wake);
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts how often it is woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn waker() -> (Arc<Woken>, Waker) {
        let woken = Arc::new(Woken::default());
        (Arc::clone(&woken), Waker::from(woken))
    }

    #[tokio::test]
    async fn who_waits_for_a_batch_goes_on_when_it_is_settled_and_nobody_else() {
        let outbox = Outbox::default();
        let [(first_woken, first), (second_woken, second)] = [waker(), waker()];
        let ticket = outbox.add(|entries| entries.push(1)).unwrap();
        assert_eq!(outbox.add(|entries| entries.push(2)), Some(ticket));
        assert_eq!(outbox.take(&mut Vec::new()).await, [1, 2]);
        let next = outbox.add(|entries| entries.push(3)).unwrap();
        assert_ne!(next, ticket);
        assert!(outbox.poll_stored(ticket, &mut Context::from_waker(&first)).is_pending());
        assert!(outbox.poll_stored(next, &mut Context::from_waker(&second)).is_pending());

        outbox.settle(true);
        let woken = || [&first_woken, &second_woken].map(|woken| woken.0.load(Ordering::SeqCst));
        assert_eq!(woken(), [1, 0]);
        assert_eq!(outbox.poll_stored(ticket, &mut Context::from_waker(&first)), Poll::Ready(true));

        assert_eq!(outbox.take(&mut Vec::new()).await, [3]);
        outbox.settle(false);
        assert_eq!(woken(), [1, 1]);
        assert_eq!(outbox.poll_stored(next, &mut Context::from_waker(&second)), Poll::Ready(false));
        assert_eq!(outbox.poll_stored(ticket, &mut Context::from_waker(&first)), Poll::Ready(true));
    }

    #[tokio::test]
    async fn nobody_is_told_that_a_lost_batch_is_stored_however_late_he_asks() {
        let outbox = Outbox::default();
        let (_woken, waker) = waker();
        let mut tickets = Vec::new();
        for _batch in 0..3 * LOST_REMEMBERED {
            tickets.push(outbox.add(|entries| entries.push(1)).unwrap());
            assert_eq!(outbox.take(&mut Vec::new()).await, [1]);
            outbox.settle(false);
        }
        let told = |ticket| outbox.poll_stored(ticket, &mut Context::from_waker(&waker));
        assert!(tickets.into_iter().all(|ticket| told(ticket) == Poll::Ready(false)));
    }

    #[tokio::test]
    async fn a_full_one_takes_nothing_until_it_is_taken() {
        let outbox = Outbox::default();
        assert!(outbox.add(|entries| entries.resize(UNSTORED_PER_CORE_MAX, 0)).is_some());
        assert!(outbox.add(|entries| entries.push(1)).is_none());
        assert_eq!(outbox.take(&mut Vec::new()).await.len(), UNSTORED_PER_CORE_MAX);
        assert!(outbox.add(|entries| entries.push(1)).is_some());
    }

    #[tokio::test]
    async fn there_is_nothing_to_take_until_something_is_added() {
        let outbox = Outbox::default();
        let (woken, keeper) = waker();
        let mut spare = Vec::new();
        let mut taken = Box::pin(outbox.take(&mut spare));
        assert!(taken.as_mut().poll(&mut Context::from_waker(&keeper)).is_pending());
        assert!(outbox.add(|entries| entries.push(1)).is_some());
        assert!(outbox.add(|entries| entries.push(2)).is_some());
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        assert_eq!(taken.await, [1, 2]);
    }
}
