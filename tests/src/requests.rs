//! Prepared requests: bytes with holes. Filling the holes costs nanoseconds, so the generator of the load stays
//! cheap, and still no two requests are the same.

use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};
use rand_distr::{Distribution, Zipf};

use crate::visit::{Measure, Visits, WIDTH};

/// What a hole is filled with, each time anew.
#[derive(Debug, Clone, Copy)]
pub enum Hole {
    /// 16 hexadecimal digits that no other request has.
    Fresh,
    /// A measured value of the request's visit.
    Measured(Measure),
    /// The address of one of a million clients.
    Client,
    /// An address that comes again only after a hundred million requests.
    FreshClient,
    /// Two capital letters.
    Letters,
}

impl Hole {
    const fn width(self) -> usize {
        match self {
            Self::Fresh => 16,
            Self::Measured(_) => WIDTH,
            Self::Client | Self::FreshClient => "100.100.100.100".len(),
            Self::Letters => 2,
        }
    }
}

/// Text with holes, in the making.
#[derive(Debug, Clone, Default)]
pub struct Draft {
    bytes: Vec<u8>,
    holes: Vec<(usize, Hole)>,
}

impl Draft {
    /// Adds text.
    pub fn text(&mut self, text: &str) -> &mut Self {
        self.bytes.extend(text.bytes());
        self
    }

    /// Adds a hole.
    pub fn hole(&mut self, hole: Hole) -> &mut Self {
        self.holes.push((self.bytes.len(), hole));
        self.bytes.resize(self.bytes.len() + hole.width(), b'0');
        self
    }

    /// The length of the text, which filling the holes does not change.
    #[must_use]
    pub fn length(&self) -> usize {
        self.bytes.len()
    }

    /// Adds another draft.
    pub fn draft(&mut self, other: &Self) -> &mut Self {
        let shift = self.bytes.len();
        self.bytes.extend(&other.bytes);
        self.holes.extend(other.holes.iter().map(|&(at, hole)| (at + shift, hole)));
        self
    }
}

/// How the next request is chosen.
#[derive(Debug, Clone)]
enum Choice {
    /// All are equally likely.
    Evenly,
    /// The drafts come in groups of this size, the most frequent group first; Zipf says which group, and the
    /// shares, which add up from left to right to 1, which of its members.
    Zipf(Zipf<f64>, Vec<f64>),
}

/// An endless, reproducible sequence of requests.
#[derive(Debug)]
pub struct Requests {
    drafts: Vec<Draft>,
    choice: Choice,
    visits: Visits,
    random: SmallRng,
    serial: u64,
}

impl Requests {
    /// Requests drawn evenly from these.
    #[must_use]
    pub fn evenly(drafts: Vec<Draft>, seed: u64) -> Self {
        Self::new(drafts, Choice::Evenly, seed)
    }

    /// Requests drawn by Zipf's law with exponent 1 from groups of drafts; `shares` are those of a group's members.
    #[must_use]
    pub fn by_zipf(drafts: Vec<Draft>, shares: &[f64], seed: u64) -> Self {
        let groups = drafts.len() / shares.len();
        let zipf = Zipf::new(groups as f64, 1.0).expect("at least one group");
        let mut below = 0.0;
        let shares = shares.iter().map(|share| {
            below += share;
            below
        });
        let shares = shares.collect();
        Self::new(drafts, Choice::Zipf(zipf, shares), seed)
    }

    fn new(drafts: Vec<Draft>, choice: Choice, seed: u64) -> Self {
        // Serial numbers of different seeds never meet.
        let serial = seed << 40;
        Self { drafts, choice, visits: Visits::new(seed), random: SmallRng::seed_from_u64(seed), serial }
    }

    /// The next request's bytes.
    pub fn next_request(&mut self) -> &[u8] {
        self.serial += 1;
        let index = self.choose();
        let draft = &mut self.drafts[index];
        let visit = self.visits.any(self.random.next_u32());
        for (number, &(at, hole)) in draft.holes.iter().enumerate() {
            let place = &mut draft.bytes[at..at + hole.width()];
            match hole {
                Hole::Fresh => write_hex(place, scramble(self.serial ^ ((number as u64) << 56))),
                Hole::Measured(measure) => place.copy_from_slice(&visit[measure as usize]),
                Hole::Client => write_address(place, self.random.random_range(0..1_000_000) * 97),
                Hole::FreshClient => write_address(place, (self.serial % 100_000_000) as u32),
                Hole::Letters => {
                    place.fill_with(|| b'A' + (self.random.next_u32() % 26) as u8);
                }
            }
        }
        &draft.bytes
    }

    fn choose(&mut self) -> usize {
        match &self.choice {
            Choice::Evenly => self.random.random_range(0..self.drafts.len()),
            Choice::Zipf(zipf, shares) => {
                let group = zipf.sample(&mut self.random) as usize - 1;
                let place = self.random.random::<f64>();
                let member = shares.iter().take_while(|&&share| share <= place).count();
                group * shares.len() + member.min(shares.len() - 1)
            }
        }
    }
}

/// A reversible mixing of bits (the finalizer of `SplitMix64`): serial numbers become ids that look random.
const fn scramble(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

fn write_hex(place: &mut [u8], number: u64) {
    for (shift, digit) in place.iter_mut().rev().enumerate() {
        *digit = b"0123456789abcdef"[(number >> (4 * shift) & 15) as usize];
    }
}

/// Four numbers from 100 to 199 for a number below a hundred million.
fn write_address(place: &mut [u8], mut number: u32) {
    for part in place.chunks_mut(4).rev() {
        let rest = (number % 100) as u8;
        part[0] = b'1';
        part[1] = b'0' + rest / 10;
        part[2] = b'0' + rest % 10;
        if let Some(dot) = part.get_mut(3) {
            *dot = b'.';
        }
        number /= 100;
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn draft(fill: impl FnOnce(&mut Draft) -> &mut Draft) -> Draft {
        let mut draft = Draft::default();
        fill(&mut draft);
        draft
    }

    fn text(bytes: &[u8]) -> String {
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[test]
    fn the_groups_follow_zipfs_law_and_their_members_their_shares() {
        const GROUPS: usize = 1000;
        const DRAWN: usize = 400_000;
        let name = |index: usize| draft(|draft| draft.text(&index.to_string()));
        let mut requests = Requests::by_zipf((0..2 * GROUPS).map(name).collect(), &[0.8, 0.2], 1);
        let mut counts = vec![0_u32; 2 * GROUPS];
        for _ in 0..DRAWN {
            counts[text(requests.next_request()).parse::<usize>().unwrap()] += 1;
        }
        let harmonic: f64 = (1..=GROUPS).map(|rank| 1.0 / rank as f64).sum();
        for rank in [1, 2, 3, 10, 30] {
            let group = f64::from(counts[2 * rank - 2] + counts[2 * rank - 1]);
            let expected = DRAWN as f64 / (rank as f64 * harmonic);
            // Five standard deviations of a count.
            assert!((group - expected).abs() < 5.0 * expected.sqrt(), "{rank}: {group}, not {expected}");
        }
        let first_members: u32 = counts.iter().step_by(2).sum();
        assert!((f64::from(first_members) / DRAWN as f64 - 0.8).abs() < 0.01, "{first_members}");
    }

    #[test]
    fn what_is_fresh_never_comes_again() {
        let mut requests =
            Requests::evenly(vec![draft(|draft| draft.hole(Hole::Fresh).hole(Hole::Fresh))], 1);
        let mut seen = HashSet::new();
        for _ in 0..10_000 {
            let both = text(requests.next_request());
            assert!(seen.insert(both[..16].to_owned()) && seen.insert(both[16..].to_owned()), "{both}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_requests() {
        let all = || {
            let holes = draft(|draft| draft.hole(Hole::Client).text(" ").hole(Hole::Letters));
            let mut requests = Requests::evenly(vec![holes], 7);
            (0..100).map(|_| text(requests.next_request())).collect::<Vec<_>>()
        };
        assert_eq!(all(), all());
    }

    #[test]
    fn holes_are_filled_with_what_their_names_say() {
        let mut place = [0; 15];
        for (number, address) in
            [(0, "100.100.100.100"), (1, "100.100.100.101"), (99_999_999, "199.199.199.199")]
        {
            write_address(&mut place, number);
            assert_eq!(text(&place), address);
        }
        let mut place = [0; 16];
        write_hex(&mut place, 0x0123_4567_89ab_cdef);
        assert_eq!(text(&place), "0123456789abcdef");
    }
}
