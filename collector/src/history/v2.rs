//! HdrHistogram's V2 format, which its libraries in every language read: a header of 40 bytes, then all counts from the
//! lowest bucket on as variable-length integers, where a negative one skips so many empty buckets.
//!
//! Written and read without the dense form between, byte for byte what the crate `hdrhistogram` writes.

use super::sparse::{COUNT_MAX, Sparse};
use crate::aggregate::histogram::slot::{BUCKETS, SIGNIFICANT_DIGITS};

/// "HdrHistogram, V2": the cookie's base, and its mark for words of variable length.
const COOKIE: u32 = 0x1c84_9303 | 0x10;
const HEADER_BYTES: usize = 40;
/// Where the header tells how many bytes of counts follow.
const LENGTH_AT: usize = 4;

/// What a V2 histogram can have wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// It ends too early.
    #[error("it ends too early")]
    Short,
    /// Its header is not that of a V2 histogram of two digits, for 1 to 2³² - 1.
    #[error("its header is not that of an HDR V2 histogram of two digits")]
    Header,
    /// It has counts for values that are too large.
    #[error("it counts values beyond its range")]
    Range,
}

/// Writes a histogram that is not empty.
pub(super) fn write(histogram: &Sparse, bytes: &mut Vec<u8>) {
    let start = bytes.len();
    bytes.extend(header(0));
    let mut next = 0;
    for (bucket, count) in histogram.buckets() {
        match i64::from(bucket) - next {
            0 => {}
            1 => write_number(0, bytes), // the crate tells a single empty bucket by its count
            empty => write_number(-empty, bytes),
        }
        write_number(count.min(COUNT_MAX).cast_signed(), bytes);
        next = i64::from(bucket) + 1;
    }
    let length = (bytes.len() - start - HEADER_BYTES) as u32; // at most nine bytes for each bucket
    bytes[start + LENGTH_AT..][..4].copy_from_slice(&length.to_be_bytes());
}

/// Splits the counts of the first histogram off; the second is what follows it.
pub(super) fn split(bytes: &[u8]) -> Result<(&[u8], &[u8]), Malformed> {
    let (head, rest) = bytes.split_first_chunk::<HEADER_BYTES>().ok_or(Malformed::Short)?;
    let length = u32::from_be_bytes([head[4], head[5], head[6], head[7]]);
    if *head != header(length) {
        return Err(Malformed::Header);
    }
    rest.split_at_checked(length as usize).ok_or(Malformed::Short)
}

/// Reads counts that [`split`] gave.
pub(super) fn read(mut counts: &[u8]) -> Result<Sparse, Malformed> {
    let mut histogram = Sparse::default();
    let mut bucket = 0_usize;
    while !counts.is_empty() {
        let number = read_number(&mut counts)?;
        if number > 0 {
            let here = u16::try_from(bucket).ok().filter(|_| bucket < BUCKETS).ok_or(Malformed::Range)?;
            histogram.push(here, number.unsigned_abs());
        }
        let passed = if number < 0 { number.unsigned_abs() } else { 1 };
        bucket = usize::try_from(passed).map_or(usize::MAX, |passed| bucket.saturating_add(passed));
    }
    if bucket > BUCKETS {
        return Err(Malformed::Range);
    }
    Ok(histogram)
}

fn header(length: u32) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    let words = [COOKIE, length, 0, SIGNIFICANT_DIGITS.into()].map(u32::to_be_bytes);
    let (lowest, highest, ratio) =
        (1_u64.to_be_bytes(), u64::from(u32::MAX).to_be_bytes(), 1_f64.to_be_bytes());
    let fields = words.iter().flatten().chain(&lowest).chain(&highest).chain(&ratio);
    for (to, from) in header.iter_mut().zip(fields) {
        *to = *from;
    }
    header
}

/// Zigzag, then seven bits a byte; the ninth byte, if it comes to that, has eight.
fn write_number(number: i64, bytes: &mut Vec<u8>) {
    let mut rest = ((number << 1) ^ (number >> 63)).cast_unsigned();
    for _ in 0..8 {
        if rest < 0x80 {
            bytes.push(rest as u8);
            return;
        }
        bytes.push(rest as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
}

fn read_number(bytes: &mut &[u8]) -> Result<i64, Malformed> {
    let mut number = 0_u64;
    for place in 0..9 {
        let (&byte, rest) = bytes.split_first().ok_or(Malformed::Short)?;
        *bytes = rest;
        let is_last = place == 8 || byte < 0x80;
        let bits = if place == 8 { byte } else { byte & 0x7f };
        number |= u64::from(bits) << (7 * place);
        if is_last {
            break;
        }
    }
    Ok((number >> 1).cast_signed() ^ -(number & 1).cast_signed())
}

#[cfg(test)]
mod tests {
    use hdrhistogram::Histogram as Hdr;
    use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
    use proptest::prelude::*;

    use super::super::sparse::tests::{sparse, values};
    use super::*;
    use crate::measure::Micros;

    fn written(histogram: &Sparse) -> Vec<u8> {
        let mut bytes = Vec::new();
        write(histogram, &mut bytes);
        bytes
    }

    fn reread(bytes: &[u8]) -> Result<Sparse, Malformed> {
        let (counts, rest) = split(bytes)?;
        assert!(rest.is_empty());
        read(counts)
    }

    proptest! {
        #[test]
        fn the_crate_writes_the_same_bytes(values in values(), weight in 1..i64::MAX as u64) {
            let mut hdr = Hdr::<u64>::new_with_bounds(1, u32::MAX.into(), SIGNIFICANT_DIGITS).unwrap();
            let mut histogram = sparse(&values);
            histogram.record(Micros(1_000), weight);
            for value in values {
                hdr.record(value.into()).unwrap();
            }
            hdr.saturating_record_n(1_000, weight);
            let mut expected = Vec::new();
            // It does not write what no signed number can tell; we end there.
            if V2Serializer::new().serialize(&hdr, &mut expected).is_ok() {
                prop_assert_eq!(written(&histogram), expected);
            }
        }

        #[test]
        fn what_is_written_is_read_by_us_and_by_the_crate(values in values()) {
            let histogram = sparse(&values);
            let bytes = written(&histogram);
            prop_assert_eq!(reread(&bytes), Ok(histogram.clone()));
            let hdr: Hdr<u64> = Deserializer::new().deserialize(&mut &bytes[..]).unwrap();
            prop_assert_eq!(hdr.len(), histogram.count());
        }

        #[test]
        fn damage_is_an_error_or_another_histogram(
            values in values(), at: prop::sample::Index, with: u8, cut: prop::sample::Index,
        ) {
            let mut bytes = written(&sparse(&values));
            let at = at.index(bytes.len());
            bytes[at] = with;
            bytes.truncate(cut.index(bytes.len() + 1));
            if let Ok((counts, _)) = split(&bytes) {
                let _any = read(counts);
            }
        }

        #[test]
        fn any_counts_are_an_error_or_a_histogram(counts: Vec<u8>) {
            if let Ok(histogram) = read(&counts) {
                prop_assert!(histogram.buckets().is_sorted_by(|left, right| left.0 < right.0));
                prop_assert!(histogram.buckets().all(|(bucket, count)| usize::from(bucket) < BUCKETS && count > 0));
            }
        }
    }

    #[test]
    fn what_is_wrong_is_told() {
        let bytes = written(&sparse(&[1, 5, 1_000_000]));
        assert_eq!(split(&bytes[..39]), Err(Malformed::Short));
        assert_eq!(split(&bytes[..41]), Err(Malformed::Short));
        assert_eq!(split(&[&[0], &bytes[1..]].concat()), Err(Malformed::Header));
        let mut beyond = Vec::new();
        write_number(-BUCKETS.cast_signed() as i64, &mut beyond);
        assert_eq!(read(&beyond), Ok(Sparse::default()));
        write_number(1, &mut beyond);
        assert_eq!(read(&beyond), Err(Malformed::Range));
        let mut far = Vec::new();
        write_number(i64::MIN, &mut far);
        write_number(i64::MIN, &mut far);
        assert_eq!(read(&far), Err(Malformed::Range));
    }
}
