//! The values of a view as an entry keeps them, each in as few bytes as it needs.
//!
//! In front there are 48 bits: one for each metric that was measured, then two for each metric, how many bytes its value has beyond
//! the first. So no byte has to be looked at to know where a value ends (after "group varint encoding", J. Dean,
//! Challenges in Building Large-Scale Information Retrieval Systems, WSDM 2009).

use crate::measure::{Measures, Metric, Micros};

const METRICS: usize = Metric::ALL.len();
/// Bytes in front of the values.
const HEAD: usize = 6;
/// Bytes of the largest value.
const VALUE: usize = size_of::<u32>();

/// Appends values.
pub(super) fn append(measures: &Measures, into: &mut Vec<u8>) {
    let begin = into.len();
    let (mut bytes, mut end) = ([0; HEAD + METRICS * VALUE], HEAD);
    let mut head = 0_u64;
    for (metric, Micros(value)) in measures.iter() {
        let more = (u32::BITS - 1 - (value | 1).leading_zeros()) / 8;
        bytes[end..end + VALUE].copy_from_slice(&value.to_le_bytes());
        end += 1 + more as usize;
        head |= 1 << metric as u8 | u64::from(more) << more_at(metric);
    }
    bytes[..HEAD].copy_from_slice(&head.to_le_bytes()[..HEAD]);
    // All of them, since a number of bytes that is known beforehand is copied at once.
    into.extend_from_slice(&bytes);
    into.truncate(begin + end);
}

/// Takes values from the front; nothing if there are none.
pub(super) fn take(from: &mut &[u8]) -> Option<Measures> {
    let (front, mut rest) = from.split_at_checked(HEAD)?;
    let mut head = [0; 8];
    head[..HEAD].copy_from_slice(front);
    let head = u64::from_le_bytes(head);
    if head >> (3 * METRICS) != 0 {
        return None;
    }
    let mut measures = Measures::default();
    for metric in Metric::ALL {
        if head & 1 << metric as u8 != 0 {
            let bytes = 1 + (head >> more_at(metric) & 3) as usize;
            let value = first(rest) & u32::MAX >> (8 * (VALUE - bytes));
            rest = rest.get(bytes..)?;
            measures.set(metric, Some(Micros(value)));
        }
    }
    *from = rest;
    Some(measures)
}

/// The bit of the head from which on it is said how long a value is.
const fn more_at(metric: Metric) -> usize {
    METRICS + 2 * metric as usize
}

/// The first four bytes, and zeros for those that are missing.
fn first(bytes: &[u8]) -> u32 {
    let bytes = bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut padded = [0; VALUE];
        padded[..bytes.len()].copy_from_slice(bytes);
        padded
    });
    u32::from_le_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    fn measures(values: [Option<u32>; METRICS]) -> Measures {
        let mut measures = Measures::default();
        for (metric, value) in Metric::ALL.into_iter().zip(values) {
            measures.set(metric, value.map(Micros));
        }
        measures
    }

    fn append_to(measures: &Measures) -> Vec<u8> {
        let mut bytes = Vec::new();
        append(measures, &mut bytes);
        bytes
    }

    #[test]
    fn a_value_takes_as_many_bytes_as_it_needs() {
        let bytes = |value| append_to(&measures([Some(value); METRICS])).len();
        let needed = [0, 1, 0xff, 0x100, 0xffff, 0x1_0000, 0xff_ffff, 0x100_0000, u32::MAX].map(bytes);
        assert_eq!(needed, [1, 1, 1, 2, 2, 3, 3, 4, 4].map(|each| HEAD + METRICS * each));
        assert_eq!(append_to(&Measures::default()), [0; HEAD]);
    }

    #[test]
    fn what_no_metric_has_is_damage() {
        let mut bytes = append_to(&measures([Some(1); METRICS]));
        bytes[HEAD - 1] |= 1 << 7;
        assert_eq!(take(&mut &bytes[..]), None);
    }

    proptest! {
        #[test]
        fn what_is_appended_is_taken(
            values in proptest::array::uniform14(option::of((any::<u32>(), 0..32_u32))),
            behind: Vec<u8>,
        ) {
            let measures = measures(values.map(|value| value.map(|(value, shift)| value >> shift)));
            let alone = append_to(&measures);
            for cut in 0..alone.len() {
                prop_assert_eq!(take(&mut &alone[..cut]), None);
            }
            let bytes = [alone, behind.clone()].concat();
            let mut rest = &bytes[..];
            prop_assert_eq!(take(&mut rest), Some(measures));
            prop_assert_eq!(rest, &behind[..]);
        }
    }
}
