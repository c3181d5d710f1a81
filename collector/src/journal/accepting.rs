//! Accepting a report, and the ticket by which whoever sent it waits until it is stored.

use super::entry::Entry;
use super::outbox::{Filling, Number};

/// With whom somebody waits for what: a batch of a core, counted from the start of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ticket {
    core: u16,
    number: Number,
}

/// What a core accepts next. Until this is dropped, whoever looks for a report of this core waits.
pub struct Accepting<'a> {
    core: usize,
    filling: Filling<'a>,
}

impl Ticket {
    /// Bits of the core.
    const CORE_BITS: u32 = u16::BITS;

    pub(super) fn new(core: usize, number: Number) -> Self {
        Self { core: core as u16, number } // no machine has more cores
    }

    pub(super) fn core(self) -> usize {
        self.core.into()
    }

    pub(super) fn number(self) -> Number {
        self.number
    }

    /// As one number.
    #[must_use]
    pub fn to_bits(self) -> u64 {
        self.number << Self::CORE_BITS | u64::from(self.core)
    }

    /// From [`Self::to_bits`].
    #[must_use]
    pub fn from_bits(bits: u64) -> Self {
        Self { core: bits as u16, number: bits >> Self::CORE_BITS } // the lowest bits
    }
}

impl<'a> Accepting<'a> {
    pub(super) fn new(core: usize, filling: Filling<'a>) -> Self {
        Self { core, filling }
    }

    /// Takes an entry, which may be answered when its batch is stored; or has no room for it.
    #[must_use]
    pub fn accept(&mut self, entry: &Entry<'_>) -> Option<Ticket> {
        self.filling.add(entry).map(|number| Ticket::new(self.core, number))
    }
}
