//! Prepared requests: bytes with holes. Filling the holes costs nanoseconds, so the generator of the load stays
//! cheap, and still no two requests are the same.

use rand::rngs::SmallRng;
use rand::{Rng, RngCore, SeedableRng};
use rand_distr::{Distribution, Zipf};

use crate::visit::{Measure, WIDTH, Visits};

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
    pub fn len(&self) -> usize {
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
    pub fn next(&mut self) -> &[u8] {
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
