//! Where a string ends, eight bytes at a time.

/// The place of the closing quote of a string whose content begins at `start`; nothing if an escape or a
/// control character comes before it, or no quote at all.
pub(super) fn end(text: &[u8], start: usize) -> Option<usize> {
    let mut at = start;
    while let Some(bytes) = text.get(at..at + 8) {
        let found = special(u64::from_le_bytes(bytes.try_into().ok()?));
        if found != 0 {
            at += (found.trailing_zeros() / 8) as usize;
            return (text[at] == b'"').then_some(at);
        }
        at += 8;
    }
    let rest = text.get(at..)?;
    let length = rest.iter().position(|&byte| byte == b'"' || byte == b'\\' || byte < b' ')?;
    (rest[length] == b'"').then_some(at + length)
}

const ONES: u64 = u64::MAX / 255;
const HIGHS: u64 = ONES * 128;

/// The highest bit of each byte that is a quote, a backslash or a control character. Above the lowest such byte
/// other bits may be set too, because a borrow runs on; the lowest one is always right.
/// (The test for zero bytes of H. S. Warren, Hacker's Delight, section 6-1.)
fn special(bytes: u64) -> u64 {
    let is_zero = |bytes: u64| bytes.wrapping_sub(ONES) & !bytes;
    let quotes = is_zero(bytes ^ (ONES * u64::from(b'"')));
    let backslashes = is_zero(bytes ^ (ONES * u64::from(b'\\')));
    let controls = bytes.wrapping_sub(ONES * u64::from(b' ')) & !bytes;
    (quotes | backslashes | controls) & HIGHS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_simple_search_finds(text in r#"[ -~é€\x00-\x1f]{0,40}["\\]?[ -~é"\\]{0,20}"#, start in 0..10_usize) {
            let bytes = text.as_bytes();
            let rest = bytes.get(start..).unwrap_or_default();
            let truth = rest.iter().position(|byte| b"\"\\".contains(byte) || *byte < 0x20);
            let truth = truth.filter(|&length| rest[length] == b'"').map(|length| start + length);
            prop_assert_eq!(end(bytes, start), truth);
        }
    }
}
