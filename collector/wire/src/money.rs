//! Money on the wire: an exact decimal in a string, and an ISO 4217 code. Never a float.

use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::{Deserialize, Deserializer};
use serde::{Serialize, Serializer};

use crate::limits::{AMOUNT_DECIMALS_MAX, AMOUNT_MAX};
use crate::word::{self, Word};

/// An amount of money as it was written, `"59.95"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Amount(Decimal);

impl Amount {
    /// Reads plain decimal notation with at most six decimals: no exponent, no separators, no spaces.
    ///
    /// A number too large for [`Decimal`] becomes the largest one, which [`Amount::is_possible`] refuses.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (integer, decimals) = match unsigned.split_once('.') {
            Some((integer, decimals)) if !decimals.is_empty() => (integer, decimals),
            Some(_) => return None,
            None => (unsigned, ""),
        };
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if integer.is_empty()
            || !digits(integer)
            || !digits(decimals)
            || decimals.len() > AMOUNT_DECIMALS_MAX as usize
        {
            return None;
        }
        Some(Self(Decimal::from_str(text).unwrap_or(Decimal::MAX)))
    }

    /// Whether a purchase can cost this: not negative, at most twelve digits before the point.
    #[must_use]
    pub fn is_possible(self) -> bool {
        !self.0.is_sign_negative() && self.0 < Decimal::from(AMOUNT_MAX as u64)
    }

    /// The exact value.
    #[must_use]
    pub fn value(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for Amount {
    fn from(value: Decimal) -> Self {
        Self(value)
    }
}

impl Serialize for Amount {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&self.0)
    }
}

impl Word for Amount {
    const SHAPE: &'static str = "an exact decimal in a string, such as \"59.95\"";

    fn from_word(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for Amount {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::deserialize(deserializer)
    }
}

/// An ISO 4217 currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// ISO 4217's own code for "no currency".
    pub const NONE: Self = Self(iso_currency::Currency::XXX);

    /// Finds the currency of a code in capitals.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        iso_currency::Currency::from_code(code).map(Self)
    }

    /// The three letters.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl Word for Currency {
    const SHAPE: &'static str = "an ISO 4217 code such as \"EUR\"";

    fn from_word(code: &str) -> Option<Self> {
        Self::from_code(code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn takes_plain_decimals_only() {
        for text in ["0", "59.95", "1000000", "0.000001", "-3.5"] {
            assert!(Amount::parse(text).is_some(), "{text}");
        }
        for text in ["", ".", "5.", ".5", "1e3", "1,5", " 1", "1 ", "+1", "--1", "0.0000001", "NaN", "٣"] {
            assert!(Amount::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn knows_what_a_purchase_can_cost() {
        let possible = |text| Amount::parse(text).map(Amount::is_possible);
        assert_eq!(possible("999999999999.999999"), Some(true));
        assert_eq!(possible("1000000000000"), Some(false));
        assert_eq!(possible("-0.01"), Some(false));
        assert_eq!(possible(&"9".repeat(40)), Some(false));
    }

    #[test]
    fn knows_currencies() {
        assert_eq!(Currency::from_code("EUR").map(Currency::code), Some("EUR"));
        assert!(Currency::from_code("eur").is_none());
        assert!(Currency::from_code("ZZZ").is_none());
    }

    proptest! {
        #[test]
        fn sums_of_cents_are_exact(cents in proptest::collection::vec(0_u32..10_000_000, 1..200)) {
            let written = cents.iter().map(|cents| format!("{}.{:02}", cents / 100, cents % 100));
            let sum: Decimal = written.filter_map(|text| Amount::parse(&text)).map(Amount::value).sum();
            let exact: u64 = cents.iter().map(|&cents| u64::from(cents)).sum();
            prop_assert_eq!(sum * Decimal::from(100), Decimal::from(exact));
        }
    }
}
