//! The phases of a request, in the words of `blackbox_exporter`, so that its dashboards keep working.

use std::ops::{Index, IndexMut};
use std::time::Duration;

/// A part of a request's time. The order is the order in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// From the start until the name's addresses are known.
    Resolve,
    /// Until the connection is open, addresses that failed included.
    Connect,
    /// The TLS handshake; plain HTTP has none.
    Tls,
    /// From sending the request until the answer's first byte.
    Processing,
    /// From the first byte to the last.
    Transfer,
}

impl Phase {
    /// All of them, in the order of time.
    pub const ALL: [Self; 5] = [Self::Resolve, Self::Connect, Self::Tls, Self::Processing, Self::Transfer];

    /// The value of the label `phase`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Resolve => "resolve",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Processing => "processing",
            Self::Transfer => "transfer",
        }
    }

    /// What the probe is doing meanwhile, to follow "while".
    #[must_use]
    pub fn doing(self) -> &'static str {
        match self {
            Self::Resolve => "resolving the name",
            Self::Connect => "connecting",
            Self::Tls => "negotiating TLS",
            Self::Processing => "waiting for the first byte",
            Self::Transfer => "reading the answer",
        }
    }
}

/// How long each phase took; a phase that wasn't there, or didn't end, has no time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Phases([Option<Duration>; 5]);

impl Phases {
    /// The phases that have a time.
    pub fn iter(&self) -> impl Iterator<Item = (Phase, Duration)> + '_ {
        Phase::ALL.into_iter().filter_map(|phase| Some((phase, self[phase]?)))
    }

    /// Adds the times of another hop.
    pub fn add(&mut self, other: &Self) {
        for (phase, time) in other.iter() {
            self[phase] = Some(self[phase].unwrap_or_default() + time);
        }
    }

    /// Takes out `first` and what follows it: after a failure there, sums over hops would lack a part.
    pub fn forget_from(&mut self, first: Phase) {
        for phase in Phase::ALL.into_iter().filter(|&phase| phase >= first) {
            self[phase] = None;
        }
    }
}

impl Index<Phase> for Phases {
    type Output = Option<Duration>;

    fn index(&self, phase: Phase) -> &Self::Output {
        &self.0[phase as usize]
    }
}

impl IndexMut<Phase> for Phases {
    fn index_mut(&mut self, phase: Phase) -> &mut Self::Output {
        &mut self.0[phase as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phases(times: [Option<u64>; 5]) -> Phases {
        Phases(times.map(|time| time.map(Duration::from_millis)))
    }

    #[test]
    fn sums_keep_absent_phases_absent() {
        let mut sum = phases([Some(1), Some(2), None, Some(3), Some(4)]);
        sum.add(&phases([Some(10), Some(20), Some(30), None, None]));
        assert_eq!(sum, phases([Some(11), Some(22), Some(30), Some(3), Some(4)]));
        sum.forget_from(Phase::Processing);
        assert_eq!(sum, phases([Some(11), Some(22), Some(30), None, None]));
    }
}
