//! Eight bytes at a time: questions that one register answers about each of its bytes.
//!
//! The bytes stand as in the text, the first one lowest. The answer is the highest bit of each byte that fits. The
//! lowest one that is set is always right; those above it need not be, because a borrow runs on. (The test for zero
//! bytes of H. S. Warren, Hacker's Delight, section 6-1.)

/// The lowest bit of each byte.
pub(crate) const ONES: u64 = u64::MAX / 255;
/// The highest bit of each byte.
pub(crate) const HIGHS: u64 = ONES << 7;

/// The first eight bytes of a text, and what is behind them.
pub(crate) fn split_first(text: &[u8]) -> Option<(u64, &[u8])> {
    text.split_first_chunk().map(|(bytes, behind)| (u64::from_le_bytes(*bytes), behind))
}

/// Which bytes are this one.
pub(crate) fn equal(bytes: u64, byte: u8) -> u64 {
    below(bytes ^ (ONES * u64::from(byte)), 1)
}

/// Which bytes are less than `limit`, which is 128 at most.
pub(crate) fn below(bytes: u64, limit: u8) -> u64 {
    bytes.wrapping_sub(ONES * u64::from(limit)) & !bytes & HIGHS
}

/// The number of the lowest byte of an answer.
pub(crate) fn lowest(answer: u64) -> usize {
    (answer.trailing_zeros() / 8) as usize
}

/// The place of the first byte that fits: `which` answers it for eight bytes.
#[inline]
pub(crate) fn find(text: &[u8], which: impl Fn(u64) -> u64) -> Option<usize> {
    let mut rest = text;
    while let Some((bytes, behind)) = split_first(rest) {
        let answer = which(bytes);
        if answer != 0 {
            return Some(text.len() - rest.len() + lowest(answer));
        }
        rest = behind;
    }
    find_at_end(text, which)
}

/// The same, if none of the whole eights has it.
#[cold]
fn find_at_end(text: &[u8], which: impl Fn(u64) -> u64) -> Option<usize> {
    // The last bytes, together with some before them, of which none fits.
    if let Some(last) = text.last_chunk() {
        let answer = which(u64::from_le_bytes(*last));
        return (answer != 0).then(|| text.len() - last.len() + lowest(answer));
    }
    // Behind few bytes are zeros, which may fit.
    let few = text.iter().rev().fold(0, |bytes, &byte| bytes << 8 | u64::from(byte));
    let place = lowest(which(few));
    (place < text.len()).then_some(place)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_simple_search_finds(text in prop::collection::vec(any::<u8>(), 0..40), sought: u8, limit in 0..=128_u8) {
            let position = |fits: &dyn Fn(u8) -> bool| text.iter().position(|&byte| fits(byte));
            prop_assert_eq!(find(&text, |bytes| equal(bytes, sought)), position(&|byte| byte == sought));
            prop_assert_eq!(find(&text, |bytes| below(bytes, limit)), position(&|byte| byte < limit));
        }
    }
}
