//! An observation: a placed beacon, bounded in every label. What all floors above speak of.

mod third_parties;

use graadmeter_wire::Currency;
use rust_decimal::Decimal;

use crate::measure::{Measures, Micros};

pub use self::third_parties::{Kept, Spelled, ThirdParties};

/// The number of a site in the configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SiteIndex(pub u16);

/// Kind of device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs)] // The names say it; `place::device` says how each is found.
pub enum Device {
    Mobile,
    Tablet,
    Desktop,
    Other,
}

impl Device {
    /// Every kind, in the order of its number.
    pub const ALL: [Self; 4] = [Self::Mobile, Self::Tablet, Self::Desktop, Self::Other];

    /// The label value.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Desktop => "desktop",
            Self::Other => "other",
        }
    }
}

/// The number of a channel in its site's [`crate::place::channel::Channels`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel(pub u16);

/// A country by its ISO 3166-1 alpha-2 code, `ZZ` when unknown; or a region of it by its ISO 3166-2 code (`NL-NH`),
/// which begins with the country's. Zeros fill what a shorter code leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Country([u8; 6]);

impl Country {
    /// Where nobody knows.
    pub const UNKNOWN: Self = Self(*b"ZZ\0\0\0\0");
    /// The country of the cell for what came past the budget.
    pub const OVERFLOW: Self = Self([0; 6]);

    /// Takes two letters, in any case.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let letters: [u8; 2] = code.as_bytes().try_into().ok()?;
        let [first, second] = letters.map(|letter| letter.to_ascii_uppercase());
        letters.iter().all(u8::is_ascii_alphabetic).then_some(Self([first, second, 0, 0, 0, 0]))
    }

    /// The region of this country with the code behind the dash: one to three letters and digits, in any case.
    #[must_use]
    pub fn region(self, code: &str) -> Option<Self> {
        let [first, second, ..] = self.0;
        let mut whole = [first, second, b'-', 0, 0, 0];
        let fits = (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        for (to, from) in whole[3..].iter_mut().zip(code.bytes()) {
            *to = from.to_ascii_uppercase();
        }
        fits.then_some(Self(whole))
    }

    /// As it is kept: the code, and zeros behind it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 6] {
        &self.0
    }

    /// Takes what was kept.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 6]) -> Option<Self> {
        let is_known = |byte: &u8| matches!(byte, 0 | b'-' | b'0'..=b'9' | b'A'..=b'Z');
        bytes.iter().all(is_known).then_some(Self(bytes))
    }

    /// The code, the label value; `other` past the budget.
    #[must_use]
    pub fn code(&self) -> &str {
        let length = self.0.iter().position(|byte| *byte == 0).unwrap_or(self.0.len());
        if length == 0 { "other" } else { str::from_utf8(&self.0[..length]).unwrap_or("ZZ") }
    }
}

/// Who a visitor is to the visitor view: never more than these three words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Visitor {
    /// Kind of device.
    pub device: Device,
    /// Channel of the landing.
    pub channel: Channel,
    /// Country.
    pub country: Country,
}

impl From<&Self> for Visitor {
    fn from(visitor: &Self) -> Self {
        *visitor
    }
}

/// A placed beacon. Its names borrow from the configuration or from the beacon.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation<'a> {
    /// The site that it is about.
    pub site: SiteIndex,
    /// How many of its kind it stands for: round(1 / rate).
    pub weight: u64,
    /// What was observed.
    pub event: Event<'a>,
}

/// What was observed.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// A visitor's page view.
    View {
        /// Who.
        visitor: Visitor,
        /// The page group.
        page: &'a str,
        /// Whether it began a session.
        lands: bool,
        /// How fast it was.
        measures: Measures,
        /// JavaScript errors and unhandled rejections.
        errors: u32,
        /// What others' content cost: host and time.
        third_party: ThirdParties<'a>,
    },
    /// A visitor's conversion.
    Conversion {
        /// Who.
        visitor: Visitor,
        /// What it brought, if it was said.
        value: Option<(Currency, Decimal)>,
        /// How the session began, if this is its first conversion and the browser knows.
        landing: Option<LandingSpeed>,
    },
    /// A probe's check.
    Check {
        /// The check's name.
        check: &'a str,
        /// Where the probe stands.
        region: &'a str,
        /// The device that the probe plays, `other` for a plain HTTP check.
        device: Device,
        /// How fast it was.
        measures: Measures,
    },
}

/// The speed of a session's first view: the exposure that conversion is related to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LandingSpeed {
    /// Largest Contentful Paint.
    pub lcp: Option<Micros>,
    /// End of the load event.
    pub load: Option<Micros>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_is_two_letters() {
        assert_eq!(Country::from_code("nl").map(|country| country.code().to_owned()), Some("NL".to_owned()));
        for code in ["", "N", "NLD", "N1", "é"] {
            assert_eq!(Country::from_code(code), None, "{code}");
        }
        assert_eq!(Country::UNKNOWN.code(), "ZZ");
        assert_eq!(Country::OVERFLOW.code(), "other");
    }

    #[test]
    fn a_region_begins_with_its_country() {
        let britain = Country::from_code("GB").unwrap();
        let code = |region| britain.region(region).map(|region| region.code().to_owned());
        assert_eq!(code("eng").as_deref(), Some("GB-ENG"));
        assert_eq!(code("1").as_deref(), Some("GB-1"));
        for region in ["", "ENGL", "E-1", "é", "\"\n"] {
            assert_eq!(code(region), None, "{region}");
        }
    }
}
