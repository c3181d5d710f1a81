//! What others' content cost a view: as its beacon says it, and as the journal keeps it.
//!
//! The journal spells a host once in each batch, as a rule, and points back at it from then on: a shop's pages have the same
//! few hosts again and again, and spelled each time they would be half of all that is kept.

use std::iter;

use graadmeter_wire::ThirdParty;

use crate::leb128;
use crate::measure::Micros;

/// What others' content cost, without the hosts that have no name or no time.
#[derive(Debug, Clone, Copy)]
pub enum ThirdParties<'a> {
    /// As the beacon says it.
    Told(&'a [ThirdParty<'a>]),
    /// As the journal keeps it.
    Kept(Kept<'a>),
}

/// Of each host the time in millionths, then the bytes of its name and the name, or 0 and where in the batch those stand.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kept<'a> {
    /// The batch that it is part of.
    pub batch: &'a [u8],
    /// The part.
    pub part: &'a [u8],
}

/// Where in the batch that is being written names are spelled, of some of them.
///
/// What stands there is looked at before it is pointed at, so it does not matter what batch this was used for before.
#[derive(Debug)]
pub struct Spelled([u32; 1 << SLOT_BITS]);

const SLOT_BITS: u32 = 6;

impl<'a> ThirdParties<'a> {
    /// Host and time of each.
    pub fn iter(self) -> impl Iterator<Item = (&'a str, Micros)> {
        let (told, mut kept) = match self {
            Self::Told(told) => (told, Kept::default()),
            Self::Kept(kept) => (&[][..], kept),
        };
        let told = told.iter().filter_map(|third| Some((third.host.word()?, Micros::from_ms(third.ms?))));
        told.chain(iter::from_fn(move || kept.take()))
    }

    /// Appends each to a batch, as the journal keeps it.
    pub fn keep(self, batch: &mut Vec<u8>, spelled: &mut Spelled) {
        for (host, took) in self.iter() {
            leb128::append(took.0.into(), batch);
            spelled.append(host, batch);
        }
    }
}

/// They are the same when they say the same.
impl PartialEq for ThirdParties<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl<'a> Kept<'a> {
    /// The next host and its time.
    fn take(&mut self) -> Option<(&'a str, Micros)> {
        let took = leb128::take(&mut self.part)?.try_into().ok()?;
        let host = match take_text(&mut self.part)? {
            [] => {
                let at = usize::try_from(leb128::take(&mut self.part)?).ok()?;
                take_text(&mut self.batch.get(at..)?)?
            }
            host => host,
        };
        // No host has an empty name, which would be taken for a place when it is kept again.
        let host = str::from_utf8(host).ok().filter(|host| !host.is_empty())?;
        Some((host, Micros(took)))
    }
}

fn take_text<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let bytes = usize::try_from(leb128::take(from)?).ok()?;
    let (text, rest) = from.split_at_checked(bytes)?;
    *from = rest;
    Some(text)
}

impl Spelled {
    fn append(&mut self, name: &str, batch: &mut Vec<u8>) {
        let Some(at) = self.find(name, batch) else {
            leb128::append(name.len() as u64, batch);
            batch.extend_from_slice(name.as_bytes());
            return;
        };
        batch.push(0);
        leb128::append(at.into(), batch);
    }

    /// Where a batch spells a name; if it doesn't yet, that will be at its end.
    fn find(&mut self, name: &str, batch: &[u8]) -> Option<u32> {
        // Shorter ones save nothing.
        let (first, last) = (name.as_bytes().first_chunk()?, name.as_bytes().last_chunk()?);
        let mixed = u64::from_le_bytes(*first).rotate_left(32) ^ u64::from_le_bytes(*last);
        // Fibonacci hashing (Knuth, The Art of Computer Programming, 6.4): 2^64 over the golden ratio.
        let slot = mixed.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (u64::BITS - SLOT_BITS);
        let at = &mut self.0[slot as usize]; // of 6 bits
        let mut known = batch.get(*at as usize..).unwrap_or(&[]);
        if take_text(&mut known) == Some(name.as_bytes()) {
            return Some(*at);
        }
        *at = batch.len() as u32; // a batch is at most UNSTORED_PER_CORE_MAX
        None
    }
}

impl Default for Spelled {
    fn default() -> Self {
        Self([u32::MAX; 1 << SLOT_BITS])
    }
}

#[cfg(test)]
mod tests {
    use graadmeter_wire::Text;
    use proptest::prelude::*;

    use super::*;

    fn told<'a>(hosts: &[&'a str]) -> Vec<ThirdParty<'a>> {
        let named = |(ms, &host): (u32, &&'a str)| ThirdParty {
            host: Text::new(host).unwrap(),
            count: None,
            bytes: None,
            ms: Some(ms.into()),
        };
        (0..).zip(hosts).map(named).collect()
    }

    /// Keeps the views of some batches, and checks that each says the same; the bytes of each batch.
    fn keep(batches: &[Vec<Vec<&str>>]) -> Vec<usize> {
        let mut spelled = Spelled::default();
        let keep = |views: &Vec<Vec<&str>>| {
            let mut batch = Vec::new();
            let mut parts = Vec::new();
            for hosts in views {
                let begin = batch.len();
                ThirdParties::Told(&told(hosts)).keep(&mut batch, &mut spelled);
                parts.push(begin..batch.len());
            }
            for (hosts, part) in views.iter().zip(parts) {
                let kept = ThirdParties::Kept(Kept { batch: &batch, part: &batch[part] });
                assert_eq!(kept, ThirdParties::Told(&told(hosts)));
            }
            batch.len()
        };
        batches.iter().map(keep).collect()
    }

    #[test]
    fn a_host_is_spelled_once_in_each_batch() {
        let hosts = vec!["www.googletagmanager.com", "www.google-analytics.com", "t.co"];
        let times = 1 + 2 + 2; // 0, 1000 and 2000 µs
        let spelled = times + 2 * (1 + 24) + (1 + 4);
        let pointed_at = times + 2 * (1 + 1) + (1 + 4);
        assert_eq!(keep(&[vec![hosts.clone(); 3], vec![hosts]]), [spelled + 2 * pointed_at, spelled]);
    }

    proptest! {
        #[test]
        fn each_view_keeps_its_hosts(batches: Vec<Vec<Vec<usize>>>) {
            const HOSTS: [&str; 6] = ["a.b", "cdn.shop.example", "cdn.shoq.example", "www.shop.example", "ünïcödé.example", "12345678"];
            let named = |views: Vec<Vec<usize>>| {
                views.into_iter().map(|view| view.into_iter().map(|host| HOSTS[host % HOSTS.len()]).collect()).collect()
            };
            keep(&batches.into_iter().map(named).collect::<Vec<_>>());
        }

        #[test]
        fn whatever_a_disk_made_of_it_is_read_to_its_end_and_kept_as_it_was_read(
            batch in proptest::collection::vec(0..20_u8, 0..60),
            begin: prop::sample::Index,
        ) {
            let part = &batch[begin.index(batch.len() + 1)..];
            let kept = ThirdParties::Kept(Kept { batch: &batch, part });
            prop_assert!(kept.iter().count() <= part.len());
            let mut again = Vec::new();
            kept.keep(&mut again, &mut Spelled::default());
            prop_assert_eq!(ThirdParties::Kept(Kept { batch: &again, part: &again }), kept);
        }
    }
}
