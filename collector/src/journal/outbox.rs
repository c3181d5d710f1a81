//! What one core has accepted and not yet answered: it is handed to the journal's thread together, and answered together.
//!
//! All connections of a core that have something to do answer it before any of them sends (`serve/lane.rs`), so what
//! comes at the same time is in the same batch. A batch fills until the journal's thread takes it, and while that one is
//! being written, the next one fills.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use tokio::task::yield_now;

use crate::limits::UNSTORED_PER_CORE_MAX;
use crate::observation::Spelled;

use super::entry::Entry;

/// Tickets of lost batches that are remembered. Whoever waits for one is woken at once; who comes so late that it is
/// forgotten is told that his was lost, too, and if it was not, counts once when he sends it again.
const LOST_REMEMBERED: usize = 64;
/// Turns of the core's loop for which it waits for more.
const TURNS_MAX: usize = 4;
/// So many wakers of a batch may be there before it is looked whether some are the same.
const WAKERS_UNSORTED: usize = 64;

/// The number of a batch of one core, counted from the start of the program.
pub(super) type Number = u64;

/// What one core has accepted and not yet answered.
#[derive(Debug, Default)]
pub(super) struct Outbox(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    /// The entries of the batch that fills, and its number.
    entries: Vec<u8>,
    spelled: Spelled,
    filling: Number,
    /// Batches with lower numbers are stored or lost.
    settled: Number,
    lost: VecDeque<Number>,
    /// Which of those below this one were lost is forgotten.
    forgotten: Number,
    /// The batch that is being written, and the one that fills: those with even numbers and with odd ones.
    unsettled: [Unsettled; 2],
    /// Who has it taken.
    keeper: Option<Waker>,
}

/// What is known of a batch until it is settled.
#[derive(Debug, Default)]
struct Unsettled {
    /// The hashes of its reports and orders.
    hashes: Vec<u64>,
    /// Who waits for it.
    waiting: Vec<Waker>,
    /// With so many, it is looked again whether some are the same.
    sort_at: usize,
}

/// A core's batch that fills. Until this is dropped, whoever looks for a report of it waits.
pub(super) struct Filling<'a>(MutexGuard<'a, Inner>);

impl Filling<'_> {
    /// Adds an entry, if there is room.
    pub(super) fn add(&mut self, entry: &Entry<'_>) -> Option<Number> {
        let inner = &mut *self.0;
        if inner.entries.len() >= UNSTORED_PER_CORE_MAX {
            return None;
        }
        entry.write(&mut inner.entries, &mut inner.spelled);
        let number = inner.filling;
        let hashes = &mut inner.unsettled(number).hashes;
        hashes.push(entry.report);
        hashes.extend(entry.order);
        if let Some(keeper) = inner.keeper.take() {
            keeper.wake();
        }
        Some(number)
    }
}

impl Inner {
    fn unsettled(&mut self, number: Number) -> &mut Unsettled {
        &mut self.unsettled[(number % 2) as usize]
    }
}

impl Unsettled {
    /// Remembers who waits. One who is polled again and again, while the disk hangs, takes one place, not many.
    fn wait(&mut self, waker: &Waker) {
        self.waiting.push(waker.clone());
        if self.waiting.len() >= self.sort_at.max(WAKERS_UNSORTED) {
            self.waiting.sort_unstable_by_key(Waker::data);
            self.waiting.dedup_by(|left, right| left.will_wake(right));
            self.sort_at = self.waiting.len() * 2;
        }
    }
}

impl Outbox {
    /// The batch that fills, for as long as it is held.
    pub(super) fn filling(&self) -> Filling<'_> {
        Filling(self.inner())
    }

    /// The batch that has a report or an order with this hash and is not settled yet, if any has.
    pub(super) fn find(&self, hash: u64) -> Option<Number> {
        let inner = self.inner();
        (inner.settled..=inner.filling)
            .find(|number| inner.unsettled[(number % 2) as usize].hashes.contains(&hash))
    }

    /// Whether a batch is stored, as soon as that is known.
    pub(super) fn poll_stored(&self, number: Number, context: &mut Context<'_>) -> Poll<bool> {
        let mut inner = self.inner();
        if number < inner.settled {
            return Poll::Ready(number >= inner.forgotten && !inner.lost.contains(&number));
        }
        inner.unsettled(number).wait(context.waker());
        Poll::Pending
    }

    /// Waits until there is something to take, and for what comes until a turn of the core's loop brings no more.
    pub(super) async fn filled(&self) {
        let mut bytes = poll_fn(|context| {
            let mut inner = self.inner();
            if inner.entries.is_empty() {
                inner.keeper = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(inner.entries.len())
        })
        .await;
        for _turn in 0..TURNS_MAX {
            yield_now().await;
            let before = mem::replace(&mut bytes, self.bytes());
            if bytes == before {
                break;
            }
        }
    }

    /// How many bytes there are to take.
    pub(super) fn bytes(&self) -> usize {
        self.inner().entries.len()
    }

    /// Takes what there is. The memory of `spare` is used for what comes next.
    pub(super) fn take(&self, mut spare: Vec<u8>) -> Vec<u8> {
        spare.clear();
        let mut inner = self.inner();
        inner.filling += 1;
        mem::replace(&mut inner.entries, spare)
    }

    /// The batch that was taken is stored or lost: all who wait for it go on.
    /// `woken` is a list without meaning whose memory is used.
    pub(super) fn settle(&self, is_stored: bool, woken: &mut Vec<Waker>) {
        let mut inner = self.inner();
        let number = inner.settled;
        inner.settled += 1;
        if !is_stored {
            inner.lost.push_back(number);
            if inner.lost.len() > LOST_REMEMBERED {
                inner.forgotten = inner.lost.pop_front().map_or(inner.forgotten, |oldest| oldest + 1);
            }
        }
        let unsettled = inner.unsettled(number);
        unsettled.hashes.clear();
        unsettled.sort_at = 0;
        woken.clear();
        mem::swap(&mut unsettled.waiting, woken);
        drop(inner);
        woken.drain(..).for_each(Waker::wake);
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

    use graadmeter_wire::LeftOut;

    use super::*;
    use crate::aggregate::Admitted;
    use crate::journal::for_each_entry;
    use crate::measure::Measures;
    use crate::observation::{
        Channel, Country, Device, Event, Observation, SiteIndex, ThirdParties, Visitor,
    };

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

    fn entry(report: u64, page: &str) -> Entry<'_> {
        let visitor = Visitor {
            device: Device::Mobile,
            channel: Channel(0),
            country: Country::from_code("NL").unwrap(),
        };
        let (measures, third_party) = (Measures::default(), ThirdParties::Told(&[]));
        let event = Event::View { visitor, page, lands: true, measures, errors: 0, third_party };
        Entry {
            unix_seconds: 0,
            report,
            order: None,
            left_out: LeftOut::default(),
            admitted: Admitted::default(),
            observation: Observation { site: SiteIndex(0), weight: 1, event },
        }
    }

    fn add(outbox: &Outbox, report: u64) -> Option<Number> {
        outbox.filling().add(&entry(report, "page"))
    }

    /// The reports of a batch.
    fn reports(entries: &[u8]) -> Vec<u64> {
        let mut reports = Vec::new();
        for_each_entry(entries, |entry| reports.push(entry.report)).unwrap();
        reports
    }

    async fn take(outbox: &Outbox) -> Vec<u64> {
        outbox.filled().await;
        reports(&outbox.take(Vec::new()))
    }

    fn settle(outbox: &Outbox, is_stored: bool) {
        outbox.settle(is_stored, &mut Vec::new());
    }

    #[tokio::test]
    async fn who_waits_for_a_batch_goes_on_when_it_is_settled_and_nobody_else() {
        let outbox = Outbox::default();
        let [(first_woken, first), (second_woken, second)] = [waker(), waker()];
        let number = add(&outbox, 1).unwrap();
        assert_eq!(add(&outbox, 2), Some(number));
        assert_eq!(take(&outbox).await, [1, 2]);
        let next = add(&outbox, 3).unwrap();
        assert_ne!(next, number);
        assert!(outbox.poll_stored(number, &mut Context::from_waker(&first)).is_pending());
        assert!(outbox.poll_stored(next, &mut Context::from_waker(&second)).is_pending());

        settle(&outbox, true);
        let woken = || [&first_woken, &second_woken].map(|woken| woken.0.load(Ordering::SeqCst));
        assert_eq!(woken(), [1, 0]);
        assert_eq!(outbox.poll_stored(number, &mut Context::from_waker(&first)), Poll::Ready(true));

        assert_eq!(take(&outbox).await, [3]);
        settle(&outbox, false);
        assert_eq!(woken(), [1, 1]);
        assert_eq!(outbox.poll_stored(next, &mut Context::from_waker(&second)), Poll::Ready(false));
        assert_eq!(outbox.poll_stored(number, &mut Context::from_waker(&first)), Poll::Ready(true));
    }

    #[tokio::test]
    async fn what_comes_in_the_next_turns_is_taken_too_but_not_for_ever() {
        let outbox = Outbox::default();
        let come = async {
            for report in 0..20 {
                add(&outbox, report);
                yield_now().await;
            }
        };
        let (taken, ()) = tokio::join!(take(&outbox), come);
        assert!((2..=TURNS_MAX + 2).contains(&taken.len()), "{taken:?}");
        let rest = take(&outbox).await;
        assert!(taken.into_iter().chain(rest).eq(0..20));
    }

    #[tokio::test]
    async fn a_report_is_found_until_its_batch_is_settled() {
        let outbox = Outbox::default();
        let first = add(&outbox, 1);
        assert_eq!(take(&outbox).await, [1]);
        let order = Entry { order: Some(3), ..entry(2, "page") };
        let second = outbox.filling().add(&order);
        assert_eq!([1, 2, 3, 4].map(|hash| outbox.find(hash)), [first, second, second, None]);
        settle(&outbox, true);
        assert_eq!([1, 2, 3].map(|hash| outbox.find(hash)), [None, second, second]);
        assert_eq!(take(&outbox).await, [2]);
        settle(&outbox, false);
        assert_eq!([1, 2, 3].map(|hash| outbox.find(hash)), [None; 3]);
    }

    #[tokio::test]
    async fn many_who_are_polled_again_and_again_take_a_place_each() {
        let outbox = Outbox::default();
        let number = add(&outbox, 1).unwrap();
        let connections: Vec<_> = (0..100).map(|_| waker()).collect();
        for _again in 0..100 {
            for (_, waker) in &connections {
                assert!(outbox.poll_stored(number, &mut Context::from_waker(waker)).is_pending());
            }
        }
        assert!(outbox.inner().unsettled(number).waiting.len() <= 2 * connections.len());
        assert_eq!(take(&outbox).await, [1]);
        settle(&outbox, true);
        assert!(connections.iter().all(|(woken, _)| woken.0.load(Ordering::SeqCst) > 0));
    }

    #[tokio::test]
    async fn nobody_is_told_that_a_lost_batch_is_stored_however_late_he_asks() {
        let outbox = Outbox::default();
        let (_woken, waker) = waker();
        let mut numbers = Vec::new();
        for _batch in 0..3 * LOST_REMEMBERED {
            numbers.push(add(&outbox, 1).unwrap());
            assert_eq!(take(&outbox).await, [1]);
            settle(&outbox, false);
        }
        let told = |number| outbox.poll_stored(number, &mut Context::from_waker(&waker));
        assert!(numbers.into_iter().all(|number| told(number) == Poll::Ready(false)));
    }

    #[tokio::test]
    async fn a_full_one_takes_nothing_until_it_is_taken() {
        let outbox = Outbox::default();
        let page = "p".repeat(1_000);
        let add = || outbox.filling().add(&entry(1, &page));
        let fit = (0..UNSTORED_PER_CORE_MAX).take_while(|_| add().is_some()).count();
        assert!((UNSTORED_PER_CORE_MAX / 1_100..=UNSTORED_PER_CORE_MAX / 1_000 + 1).contains(&fit), "{fit}");
        assert_eq!(take(&outbox).await.len(), fit);
        assert!(add().is_some());
    }

    #[tokio::test]
    async fn there_is_nothing_to_take_until_something_is_added() {
        let outbox = Outbox::default();
        let (woken, keeper) = waker();
        let mut filled = Box::pin(outbox.filled());
        assert!(filled.as_mut().poll(&mut Context::from_waker(&keeper)).is_pending());
        assert_eq!(outbox.bytes(), 0);
        assert!(add(&outbox, 1).is_some());
        assert!(add(&outbox, 2).is_some());
        assert_eq!(woken.0.load(Ordering::SeqCst), 1);
        filled.await;
        // Until it is taken, it fills.
        assert!(add(&outbox, 3).is_some());
        assert_eq!(reports(&outbox.take(Vec::new())), [1, 2, 3]);
    }
}
