//! Ids of beacons and sessions: random hexadecimal numbers made by the browser.

use std::fmt;

use serde::de::{Deserialize, Deserializer};
use serde::{Serialize, Serializer};

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
        for (place, digit) in digits.bytes().rev().enumerate() {
            let nibble = char::from(digit).to_digit(16)? as u8;
            number[BYTES - 1 - place / 2] |= nibble << (4 * (place % 2));
        }
        Some(Self(number))
    }

    /// The number, big-endian.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; BYTES] {
        &self.0
    }
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
