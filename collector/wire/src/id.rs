//! Ids of beacons and sessions: random hexadecimal numbers made by the browser.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::eight::ONES;
use crate::limits::{ID_DIGITS_MAX, ID_DIGITS_MIN};
use crate::word::{self, Word};

const BYTES: usize = ID_DIGITS_MAX / 2;

/// A hexadecimal number of 16 to 64 digits, so 64 to 256 bits, compared by its value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct HexId([u8; BYTES]);

impl HexId {
    /// Reads the digits; nothing if there are too few, too many, or others than `0-9 a-f A-F`.
    #[must_use]
    pub fn parse(digits: &str) -> Option<Self> {
        if !(ID_DIGITS_MIN..=ID_DIGITS_MAX).contains(&digits.len()) {
            return None;
        }
        let mut number = [0; BYTES];
        let (first, eights) = digits.as_bytes().as_rchunks::<8>();
        let mut bytes = number.as_chunks_mut::<4>().0.iter_mut().rev();
        for (digits, bytes) in eights.iter().rev().zip(&mut bytes) {
            *bytes = eight_digits(u64::from_le_bytes(*digits))?;
        }
        if let (false, Some(bytes)) = (first.is_empty(), bytes.next()) {
            let mut digits = [b'0'; 8];
            digits[8 - first.len()..].copy_from_slice(first);
            *bytes = eight_digits(u64::from_le_bytes(digits))?;
        }
        Some(Self(number))
    }

    /// The number, big-endian.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }
}

/// The number that eight digits write, big-endian; the first digit is the lowest byte.
#[inline]
fn eight_digits(digits: u64) -> Option<[u8; 4]> {
    let letters = digits & (ONES * 0x40);
    // Bit 6 tells letters from numerals, and the lower half of a letter is the letter's number, from 1 on.
    let nibbles = (digits & (ONES * 0x0f)) + (letters >> 6) * 9;
    // That holds for digits only, which the nibbles must therefore write in turn.
    let are_letters = (nibbles + ONES * (128 - 10)) >> 7 & ONES;
    let written = nibbles + ONES * u64::from(b'0') + are_letters * u64::from(b'a' - b'9' - 1);
    if written != digits | letters >> 1 || nibbles & (ONES * 0xf0) != 0 {
        return None;
    }
    // Each second byte takes its neighbour in; then these bytes move together.
    let bytes = (nibbles << 4 | nibbles >> 8) & 0x00ff_00ff_00ff_00ff;
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff;
    Some(((pairs | pairs >> 16) as u32).to_le_bytes())
}

impl From<u128> for HexId {
    fn from(number: u128) -> Self {
        let mut bytes = [0; BYTES];
        bytes[BYTES / 2..].copy_from_slice(&number.to_be_bytes());
        Self(bytes)
    }
}

impl fmt::Display for HexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fits_half = self.0[..BYTES / 2].iter().all(|&byte| byte == 0);
        let digits = if fits_half { &self.0[BYTES / 2..] } else { &self.0[..] };
        digits.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for HexId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HexId({self})")
    }
}

impl Serialize for HexId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Word for HexId {
    const SHAPE: &'static str = "16 to 64 hexadecimal digits";

    fn from_word(digits: &str) -> Option<Self> {
        Self::parse(digits)
    }
}

impl<'de> Deserialize<'de> for HexId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keeps_to_its_length() {
        assert!(HexId::parse(&"a".repeat(15)).is_none());
        assert!(HexId::parse(&"a".repeat(16)).is_some());
        assert!(HexId::parse(&"a".repeat(64)).is_some());
        assert!(HexId::parse(&"a".repeat(65)).is_none());
        assert!(HexId::parse("5e0c1f5e0c1f5e0g").is_none());
        assert!(HexId::parse("5e0c1f5e0c1f5é").is_none());
    }

    proptest! {
        #[test]
        fn takes_hexadecimal_digits_only(before in "[0-9a-fA-F]{0,7}", odd: char, after in "[0-9a-fA-F]{15,20}") {
            let parsed = HexId::parse(&format!("{before}{odd}{after}"));
            prop_assert_eq!(parsed.is_some(), odd.is_ascii_hexdigit());
        }

        #[test]
        fn is_the_number_that_its_digits_write(number: u128) {
            let id = HexId::parse(&format!("{number:032X}"));
            prop_assert_eq!(id, Some(HexId::from(number)));
            prop_assert_eq!(HexId::from(number).to_string(), format!("{number:032x}"));
        }

        #[test]
        fn survives_printing(digits in "[0-9a-f]{16,64}") {
            let id = HexId::parse(&digits);
            prop_assert!(id.is_some());
            prop_assert_eq!(id.and_then(|id| HexId::parse(&id.to_string())), id);
        }
    }
}
