//! The closed sets of a beacon: its version, kind, navigation, source, and the share that reports.

use serde::de::{Deserialize, Deserializer, Error, Unexpected};
use serde::{Serialize, Serializer};

use crate::limits::RATE_MIN;
use crate::word::{self, Word};

/// The wire format's version; there is one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Version;

impl Version {
    /// The number on the wire.
    pub const NUMBER: u8 = 1;
}

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u8(Self::NUMBER)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(D::Error::invalid_value(Unexpected::Unsigned(other.into()), &"version 1")),
        }
    }
}

/// What a beacon reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A page view, sent when the page is first hidden or replaced.
    Page,
    /// A purchase or another goal, sent at once.
    Conversion,
}

impl Word for Kind {
    const SHAPE: &'static str = "\"page\" or \"conversion\"";

    fn from_word(text: &str) -> Option<Self> {
        match text {
            "page" => Some(Self::Page),
            "conversion" => Some(Self::Conversion),
            _ => None,
        }
    }
}

/// How a page was reached (Navigation Timing's types, and those that it doesn't know).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Navigation {
    /// A link, a form, the address bar.
    Navigate,
    /// The reload button.
    Reload,
    /// Back or forward, loaded again.
    BackForward,
    /// Back or forward, restored from the back/forward cache.
    Bfcache,
    /// Rendered before the visitor went there.
    Prerender,
    /// A page change inside a single-page app.
    Soft,
}

impl Word for Navigation {
    const SHAPE: &'static str =
        "one of \"navigate\", \"reload\", \"back_forward\", \"bfcache\", \"prerender\", \"soft\"";

    fn from_word(text: &str) -> Option<Self> {
        Some(match text {
            "navigate" => Self::Navigate,
            "reload" => Self::Reload,
            "back_forward" => Self::BackForward,
            "bfcache" => Self::Bfcache,
            "prerender" => Self::Prerender,
            "soft" => Self::Soft,
            _ => return None,
        })
    }
}

/// Who measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A visitor's browser.
    #[default]
    Rum,
    /// A probe; never enters a `rum_` family.
    Probe,
}

impl Source {
    pub(super) fn is_rum(&self) -> bool {
        *self == Self::Rum
    }
}

impl Word for Source {
    const SHAPE: &'static str = "\"rum\" or \"probe\"";

    fn from_word(text: &str) -> Option<Self> {
        match text {
            "rum" => Some(Self::Rum),
            "probe" => Some(Self::Probe),
            _ => None,
        }
    }
}

/// `navigator.connection.effectiveType`; a word that isn't known here is as good as none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum EffectiveType {
    /// `slow-2g`
    #[serde(rename = "slow-2g")]
    Slow2g,
    /// `2g`
    #[serde(rename = "2g")]
    TwoG,
    /// `3g`
    #[serde(rename = "3g")]
    ThreeG,
    /// `4g`
    #[serde(rename = "4g")]
    FourG,
    /// A word of a newer browser.
    #[serde(rename = "other")]
    Other,
}

impl Word for EffectiveType {
    const SHAPE: &'static str = "an effective connection type such as \"4g\"";

    fn from_word(text: &str) -> Option<Self> {
        Some(match text {
            "slow-2g" => Self::Slow2g,
            "2g" => Self::TwoG,
            "3g" => Self::ThreeG,
            "4g" => Self::FourG,
            _ => Self::Other,
        })
    }
}

/// The share of sessions that report: 0 < rate ≤ 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rate(f64);

impl Rate {
    const SHAPE: &'static str = "a number above 0 (at least 0.0001) and at most 1";

    /// Takes a rate between [`RATE_MIN`] and 1.
    #[must_use]
    pub fn new(rate: f64) -> Option<Self> {
        (RATE_MIN..=1.0).contains(&rate).then_some(Self(rate))
    }

    /// How many sessions, views or orders one of this rate stands for: round(1 / rate).
    #[must_use]
    pub fn weight(self) -> u64 {
        // Most report every session, and spare a division and a call.
        if self.is_whole() { 1 } else { (1.0 / self.0).round() as u64 } // at most 10,000
    }

    pub(super) fn is_whole(&self) -> bool {
        self.0 >= 1.0
    }
}

impl Default for Rate {
    fn default() -> Self {
        Self(1.0)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rate = f64::deserialize(deserializer)?;
        Self::new(rate).ok_or_else(|| D::Error::invalid_value(Unexpected::Float(rate), &Self::SHAPE))
    }
}

impl<'de> Deserialize<'de> for Kind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Navigation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for Source {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::deserialize(deserializer)
    }
}

impl<'de> Deserialize<'de> for EffectiveType {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        word::deserialize(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_weighs_by_its_rounded_inverse() {
        for (rate, weight) in [(1.0, 1), (0.5, 2), (0.3, 3), (0.1, 10), (0.0001, 10_000), (0.7, 1), (0.66, 2)]
        {
            assert_eq!(Rate::new(rate).map(Rate::weight), Some(weight), "{rate}");
        }
        for rate in [0.0, -1.0, 1.000_1, 0.000_09, f64::NAN, f64::INFINITY] {
            assert!(Rate::new(rate).is_none(), "{rate}");
        }
    }
}
