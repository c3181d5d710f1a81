//! How often each slot was hit, in as little memory as that takes.
//!
//! In life most cells see a few hundred values and a few cells see millions. So counts begin as a list of the
//! slots that were hit, two bytes a value; where a list would be larger than counters side by side, they
//! become counters, from the lowest slot that was hit to the highest, of one byte each, and of two, four
//! and eight when one is full. Recording takes constant time in either form.

use std::iter;
use std::ops::RangeInclusive;

use crate::prefetch::prefetch_all;

/// Counters per slot.
#[derive(Debug, Clone)]
pub(super) enum Counts {
    /// The slots that were hit, in any order, each standing for `each` values: a site's sampling rate seldom
    /// changes, so one weight serves a whole list.
    Few {
        each: u32,
        slots: Vec<u16>,
    },
    /// Counters side by side.
    OneByte(Window<u8>),
    /// Wider ones, from when one was full.
    TwoBytes(Window<u16>),
    FourBytes(Window<u32>),
    EightBytes(Window<u64>),
}

/// Counters of neighbouring slots.
#[derive(Debug, Clone)]
pub(super) struct Window<T> {
    /// The slot of the first counter.
    pub(super) first: u16,
    pub(super) counters: Box<[T]>,
}

impl Counts {
    pub(super) const NONE: Self = Self::Few { each: 1, slots: Vec::new() };

    pub(super) fn is_empty(&self) -> bool {
        matches!(self, Self::Few { slots, .. } if slots.is_empty())
    }

    /// Counts `times` values in `slot`.
    pub(super) fn add(&mut self, slot: u16, times: u64) {
        self.add_each(iter::once(slot), times);
    }

    /// Counts `times` values in each slot.
    pub(super) fn add_each(&mut self, mut slots: impl Iterator<Item = u16>, times: u64) {
        // Mostly they all fit into what there is: a short loop for each form. Then what does not fit makes room.
        while let Some(slot) = match self {
            Self::Few { each, slots: list } => {
                slots.find(|&slot| u64::from(*each) != times || !has_pushed(list, slot))
            }
            Self::OneByte(window) => slots.find(|&slot| !window.has_added(slot, times)),
            Self::TwoBytes(window) => slots.find(|&slot| !window.has_added(slot, times)),
            Self::FourBytes(window) => slots.find(|&slot| !window.has_added(slot, times)),
            Self::EightBytes(window) => slots.find(|&slot| !window.has_added(slot, times)),
        } {
            self.make_room_and_add(slot, times);
        }
    }

    /// Says that they will soon be read.
    pub(super) fn expect(&self) {
        match self {
            Self::Few { slots, .. } => prefetch_all(slots),
            Self::OneByte(window) => prefetch_all(&window.counters),
            Self::TwoBytes(window) => prefetch_all(&window.counters),
            Self::FourBytes(window) => prefetch_all(&window.counters),
            Self::EightBytes(window) => prefetch_all(&window.counters),
        }
    }

    /// Gives every slot that was hit with its count; in a list a slot may come more than once.
    pub(super) fn for_each(&self, count: impl FnMut(u16, u64)) {
        match self {
            Self::Few { each, slots } => {
                let mut count = count;
                for &slot in slots {
                    count(slot, u64::from(*each));
                }
            }
            Self::OneByte(window) => window.for_each(count),
            Self::TwoBytes(window) => window.for_each(count),
            Self::FourBytes(window) => window.for_each(count),
            Self::EightBytes(window) => window.for_each(count),
        }
    }

    #[cold]
    fn make_room_and_add(&mut self, slot: u16, times: u64) {
        if times == 0 || self.is_listed(slot, times) {
            return;
        }
        loop {
            let is_added = match self {
                Self::Few { .. } => false,
                Self::OneByte(window) => window.add(slot, times),
                Self::TwoBytes(window) => window.add(slot, times),
                Self::FourBytes(window) => window.add(slot, times),
                Self::EightBytes(window) => window.add(slot, times),
            };
            if is_added {
                return;
            }
            self.widen();
        }
    }

    /// Adds to the list, if it is one and stays the smaller form.
    fn is_listed(&mut self, slot: u16, times: u64) -> bool {
        let Self::Few { each, slots } = self else { return false };
        if slots.is_empty() {
            *each = u32::try_from(times).unwrap_or(0);
        }
        if u64::from(*each) != times {
            return false;
        }
        if slots.len() == slots.capacity() {
            if is_larger_than_counters(slots) {
                return false;
            }
            slots.reserve_exact(growth(slots.len()));
        }
        slots.push(slot);
        true
    }

    /// The next form, with the same counts.
    fn widen(&mut self) {
        *self = match std::mem::replace(self, Self::NONE) {
            Self::Few { each, slots } => {
                let mut counters = Self::OneByte(Window::between_ends(&slots));
                counters.add_each(slots.into_iter(), u64::from(each));
                counters
            }
            Self::OneByte(window) => Self::TwoBytes(window.widened()),
            Self::TwoBytes(window) => Self::FourBytes(window.widened()),
            Self::FourBytes(window) => Self::EightBytes(window.widened()),
            widest @ Self::EightBytes(_) => widest,
        };
    }
}

/// Whether a list takes more memory than one-byte counters for the slots between its ends would.
fn is_larger_than_counters(slots: &[u16]) -> bool {
    ends(slots).is_some_and(|ends| size_of_val(slots) > ends.len())
}

/// The slots from the lowest of a list to the highest.
fn ends(slots: &[u16]) -> Option<RangeInclusive<u16>> {
    let ends = slots.iter().min().zip(slots.iter().max());
    ends.map(|(lowest, highest)| *lowest..=*highest)
}

/// Adds to a list that has room.
fn has_pushed(list: &mut Vec<u16>, slot: u16) -> bool {
    let has_room = list.len() < list.capacity();
    if has_room {
        list.push(slot);
    }
    has_room
}

/// How many more slots a full list makes room for: half as many again, in steps that an allocator hands out.
fn growth(len: usize) -> usize {
    const STEP: usize = 8;
    (len / 2).next_multiple_of(STEP).max(STEP + STEP / 2)
}

impl<T: Copy + Default + Into<u64> + TryFrom<u64>> Window<T> {
    /// No counts yet of all slots between the ends of a list.
    fn between_ends(slots: &[u16]) -> Self {
        let Some(ends) = ends(slots) else { return Self { first: 0, counters: Box::default() } };
        Self { first: *ends.start(), counters: vec![T::default(); ends.len()].into() }
    }

    /// Counts, unless the counter would be full.
    fn add(&mut self, slot: u16, times: u64) -> bool {
        if self.index(slot) >= self.counters.len() {
            self.reach(slot);
        }
        self.has_added(slot, times)
    }

    /// Counts, if the slot has a counter here, and it would not be full. One of 64 bits is never more than full.
    fn has_added(&mut self, slot: u16, times: u64) -> bool {
        let index = self.index(slot);
        let Some(counter) = self.counters.get_mut(index) else { return false };
        let sum: u64 = Into::<u64>::into(*counter).saturating_add(times);
        T::try_from(sum).map(|sum| *counter = sum).is_ok()
    }

    /// The index of a slot's counter, or, for a slot below the first, a number past all.
    fn index(&self, slot: u16) -> usize {
        usize::from(slot).wrapping_sub(self.first.into())
    }

    fn for_each(&self, mut count: impl FnMut(u16, u64)) {
        for (slot, &counter) in (self.first..).zip(&self.counters) {
            let times = counter.into();
            if times > 0 {
                count(slot, times);
            }
        }
    }

    /// Makes room up to `slot` and some more beyond it.
    #[cold]
    fn reach(&mut self, slot: u16) {
        let more = (self.counters.len() / 8 + 8) as u16;
        let end = self.first + self.counters.len() as u16;
        let (first, end) = match slot {
            _ if self.counters.is_empty() => (slot, slot + more),
            _ if slot < self.first => (slot.saturating_sub(more), end),
            _ => (self.first, slot + more),
        };
        let mut counters = vec![T::default(); usize::from(end - first)].into_boxed_slice();
        let at = usize::from(self.first.saturating_sub(first));
        counters[at..at + self.counters.len()].copy_from_slice(&self.counters);
        *self = Self { first, counters };
    }

    fn widened<W: From<T>>(self) -> Window<W> {
        Window {
            first: self.first,
            counters: self.counters.iter().map(|&counter| W::from(counter)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use proptest::prelude::*;

    fn counted(counts: &Counts) -> BTreeMap<u16, u64> {
        let mut all = BTreeMap::new();
        counts.for_each(|slot, times| *all.entry(slot).or_insert(0_u64) += times);
        all
    }

    fn bytes(counts: &Counts) -> usize {
        match counts {
            Counts::Few { slots, .. } => slots.capacity() * 2,
            Counts::OneByte(window) => window.counters.len(),
            Counts::TwoBytes(window) => window.counters.len() * 2,
            Counts::FourBytes(window) => window.counters.len() * 4,
            Counts::EightBytes(window) => window.counters.len() * 8,
        }
    }

    proptest! {
        #[test]
        fn counts_as_a_map_does(
            hits in proptest::collection::vec(
                (prop_oneof![0..40_u16, 900..1_100_u16, 0..3_400_u16], prop_oneof![Just(1), Just(10), 0..u64::from(u32::MAX)]),
                0..2_000,
            )
        ) {
            let (mut counts, mut truth) = (Counts::NONE, BTreeMap::new());
            for (slot, times) in hits {
                counts.add(slot, times);
                if times > 0 {
                    *truth.entry(slot).or_insert(0) += times;
                }
            }
            prop_assert_eq!(counted(&counts), truth);
        }
    }

    #[test]
    fn every_width_is_reached_and_the_last_stays_full() {
        let mut counts = Counts::NONE;
        let mut sum = 0_u64;
        for times in [1, 200, 100, 70_000, 5_000_000_000, u64::MAX / 2] {
            counts.add(7, times);
            sum += times;
            assert_eq!(counted(&counts), BTreeMap::from([(7, sum)]));
        }
        counts.add(7, u64::MAX / 2 + 10);
        counts.add(8, 1);
        assert_eq!(counted(&counts), BTreeMap::from([(7, u64::MAX), (8, 1)]));
    }

    #[test]
    fn a_list_is_never_much_larger_than_counters_would_be() {
        for each in [1, 10] {
            let mut counts = Counts::NONE;
            for number in 0..100_000_u32 {
                counts.add((number.wrapping_mul(2_654_435_761) >> 22) as u16, each);
                assert!(bytes(&counts) <= 32 + 3 * (number as usize + 1), "{number}");
                assert!(bytes(&counts) <= 1024 * 5, "{number}: {}", bytes(&counts));
            }
            assert_eq!(counted(&counts).values().sum::<u64>(), 100_000 * each);
        }
    }
}
