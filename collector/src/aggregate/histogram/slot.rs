//! Which slot counts a value: an HDR bucket, cut where an edge of the classic buckets goes through it.
//!
//! With two significant digits, HdrHistogram's buckets are linear in steps of 1 below 256, and from there
//! on 128 for each power of two, so none is wider than 1/128 of its values. That is too coarse for "how many
//! were good": at 2.5 s a bucket is 16 ms wide. So a bucket with an edge inside counts on both sides of the
//! edge apart. A slot's number is its bucket's number plus the number of edges below it.

use std::ops::RangeInclusive;

use crate::measure::{Micros, Scale};

/// Significant decimal digits of the HDR buckets.
pub const SIGNIFICANT_DIGITS: u8 = 2;
/// Steps of the first, linear part, and twice the steps of each power of two: the least power of two that
/// tells two digits apart (2 × 10²).
const LINEAR: u32 = 256;
const PER_POWER: u32 = LINEAR / 2;
/// How many HDR buckets there are.
pub const BUCKETS: usize = bucket(u32::MAX) as usize + 1;
/// No slot has this number or a higher one, whatever the scale.
pub const END: u16 = (BUCKETS + EDGES_MAX) as u16;
/// So many neighbouring buckets have at most one edge between them.
const STRETCH: usize = 16;
/// No scale has more edges.
const EDGES_MAX: usize = 24;

/// The number of the slot that counts `value`.
#[must_use]
pub fn of(scale: Scale, value: Micros) -> u16 {
    let Edges { below, edges } = &EDGES[scale as usize];
    let bucket = bucket(value.0);
    let below = below[bucket as usize / STRETCH];
    let is_past_next = edges[usize::from(below)] < value.0;
    (bucket + u32::from(below) + u32::from(is_past_next)) as u16 // at most 3,327 + 22
}

/// A scale's edges, to be found without a search.
struct Edges {
    /// For each stretch of buckets how many edges are below all of its values.
    below: [u8; BUCKETS.div_ceil(STRETCH)],
    /// The edges, and then the highest value there is.
    edges: [u32; EDGES_MAX],
}

static EDGES: [Edges; Scale::ALL.len()] =
    [Edges::of(Scale::ALL[0]), Edges::of(Scale::ALL[1]), Edges::of(Scale::ALL[2]), Edges::of(Scale::ALL[3])];

impl Edges {
    const fn of(scale: Scale) -> Self {
        let all = scale.edges();
        let mut edges = [u32::MAX; EDGES_MAX];
        let mut below = [0; _];
        let mut number = 0;
        while number < all.len() {
            edges[number] = all[number].0;
            let mut stretch = bucket(all[number].0) as usize / STRETCH + 1;
            assert!(below[stretch - 1] as usize == number, "two edges are on one stretch");
            while stretch < below.len() {
                below[stretch] += 1;
                stretch += 1;
            }
            number += 1;
        }
        Self { below, edges }
    }
}

/// The values that a slot counts, in millionths.
#[must_use]
pub fn values(scale: Scale, slot: u16) -> RangeInclusive<u32> {
    let edges = scale.edges();
    let last_of_edge = |number: usize, edge: Micros| bucket(edge.0) + number as u32;
    let below =
        edges.iter().enumerate().filter(|&(number, &edge)| last_of_edge(number, edge) < u32::from(slot));
    let edges_below = below.count();
    let (lowest, highest) = bucket_values(u32::from(slot) - edges_below as u32);
    let after_edge = edges_below.checked_sub(1).map_or(0, |last| edges[last].0 + 1);
    let up_to_edge = edges.get(edges_below).map_or(u32::MAX, |edge| edge.0);
    lowest.max(after_edge)..=highest.min(up_to_edge)
}

/// How many slots a scale has: for every value there is.
#[must_use]
pub fn count(scale: Scale) -> usize {
    usize::from(of(scale, Micros(u32::MAX))) + 1
}

/// The number of a value's HDR bucket: its place among the counts of a histogram of the crate `hdrhistogram`.
#[must_use]
pub const fn bucket(value: u32) -> u32 {
    let power = (value | (LINEAR - 1)).ilog2() - (LINEAR - 1).ilog2();
    power * PER_POWER + (value >> power)
}

/// The lowest and the highest value of an HDR bucket.
#[must_use]
pub fn bucket_values(bucket: u32) -> (u32, u32) {
    let power = (bucket / PER_POWER).saturating_sub(1);
    let lowest = (bucket - power * PER_POWER) << power;
    (lowest, lowest + ((1 << power) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hdrhistogram::Histogram as Hdr;
    use proptest::prelude::*;

    fn scales() -> impl Strategy<Value = Scale> {
        proptest::sample::select(Scale::ALL.to_vec())
    }

    fn about_edges() -> impl Strategy<Value = u32> {
        let edges: Vec<_> = Scale::ALL.iter().flat_map(|scale| scale.edges()).map(|edge| edge.0).collect();
        (proptest::sample::select(edges), 0..3_u32).prop_map(|(edge, step)| (edge + step).saturating_sub(1))
    }

    fn any_value() -> impl Strategy<Value = u32> {
        prop_oneof![about_edges(), 0..1_000_u32, 0..10_000_000_u32, any::<u32>()]
    }

    proptest! {
        #[test]
        fn buckets_are_those_of_hdr_histogram(value in any_value()) {
            let hdr = Hdr::<u64>::new_with_bounds(1, u64::from(u32::MAX), SIGNIFICANT_DIGITS).unwrap();
            let (lowest, highest) = bucket_values(bucket(value));
            prop_assert_eq!(u64::from(lowest), hdr.lowest_equivalent(value.into()));
            prop_assert_eq!(u64::from(highest), hdr.highest_equivalent(value.into()));
        }

        #[test]
        fn a_slot_counts_its_values_and_no_others(scale in scales(), value in any_value()) {
            let slot = of(scale, Micros(value));
            let values = values(scale, slot);
            prop_assert!(values.contains(&value), "{} is not in {:?}", value, values);
            let neighbours = [values.start().checked_sub(1), values.end().checked_add(1)];
            prop_assert!(neighbours.into_iter().flatten().all(|other| of(scale, Micros(other)) != slot));
            prop_assert_eq!([*values.start(), *values.end()].map(|value| of(scale, Micros(value))), [slot; 2]);
        }

        #[test]
        fn a_slot_lies_on_one_side_of_every_edge(scale in scales(), value in any_value()) {
            let values = values(scale, of(scale, Micros(value)));
            prop_assert!(scale.edges().iter().all(|edge| values.end() <= &edge.0 || values.start() > &edge.0));
        }

        #[test]
        fn slots_ascend(scale in scales(), left in any_value(), right in any_value()) {
            prop_assert_eq!(left <= right, of(scale, Micros(left)) <= of(scale, Micros(right)) && left <= right);
        }
    }
}
