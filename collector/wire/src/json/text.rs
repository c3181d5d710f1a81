//! Where a string ends, eight bytes at a time.

use crate::eight;

/// The length of the string whose content stands at the beginning of `text`; nothing if an escape or a control character
/// comes before its closing quote, or no quote at all.
#[inline]
pub(super) fn length(text: &[u8]) -> Option<usize> {
    let length = eight::find(text, ends)?;
    (*text.get(length)? == b'"').then_some(length)
}

/// Which bytes are quotes, backslashes or control characters.
fn ends(bytes: u64) -> u64 {
    // With this bit turned, a quote becomes a space, a space becomes a quote, and control characters stay below both.
    let quotes_and_controls = eight::below(bytes ^ (eight::ONES * 2), b' ' + 1);
    quotes_and_controls | eight::equal(bytes, b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn finds_what_a_simple_search_finds(text in r#"[ -~é€\x00-\x1f\x7f]{0,40}["\\]?[ -~é"\\]{0,20}"#, start in 0..10_usize) {
            let rest = text.as_bytes().get(start..).unwrap_or_default();
            let truth = rest.iter().position(|byte| b"\"\\".contains(byte) || *byte < 0x20);
            let truth = truth.filter(|&length| rest[length] == b'"');
            prop_assert_eq!(length(rest), truth);
        }
    }
}
