//! Every way in which a request to a beacon endpoint can end, each with its status and its label.
//!
//! Nothing is dropped without being counted: a request has exactly one outcome, and the counter
//! `graadmeter_beacons_total` has one label value for each.

use std::ops::{AddAssign, Index, IndexMut};

use hyper::StatusCode;

/// How a request to `/v1/beacon` or `/v1/conversion` ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Outcome {
    /// Counted.
    Accepted,
    /// Counted before, by its id or its order.
    Duplicate,
    /// From a robot or headless browser, and kept out.
    Bot,
    /// No beacon of version 1.
    Invalid,
    /// For a site that is not configured.
    UnknownSite,
    /// From a page whose origin the site doesn't list.
    OriginNotAllowed,
    /// A conversion without the signature of the shop's server that its site asks for.
    Unsigned,
    /// Another method than POST.
    MethodNotAllowed,
    /// The body did not arrive in time, or broke off.
    Timeout,
    /// The body is too large, as sent or decompressed.
    TooLarge,
    /// A content type or encoding that is not spoken here.
    UnsupportedMediaType,
    /// The client sends more than its share.
    Limited,
    /// The collector has too much to do.
    Overloaded,
    /// It was right, but the journal could not be written.
    NotStored,
}

impl Outcome {
    /// Every outcome, in the order of its number.
    pub const ALL: [Self; 14] = [
        Self::Accepted,
        Self::Duplicate,
        Self::Bot,
        Self::Invalid,
        Self::UnknownSite,
        Self::OriginNotAllowed,
        Self::Unsigned,
        Self::MethodNotAllowed,
        Self::Timeout,
        Self::TooLarge,
        Self::UnsupportedMediaType,
        Self::Limited,
        Self::Overloaded,
        Self::NotStored,
    ];

    /// The label value, and the name in logs.
    #[must_use]
    pub fn label(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Bot => "bot",
            Self::Invalid => "invalid",
            Self::UnknownSite => "unknown_site",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::Unsigned => "unsigned",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Timeout => "timeout",
            Self::TooLarge => "too_large",
            Self::UnsupportedMediaType => "unsupported_media_type",
            Self::Limited => "limited",
            Self::Overloaded => "overloaded",
            Self::NotStored => "not_stored",
        }
    }

    /// The status that answers it. A duplicate and a robot are told nothing: 204, as if accepted.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Accepted | Self::Duplicate | Self::Bot => StatusCode::NO_CONTENT,
            Self::Invalid => StatusCode::BAD_REQUEST,
            Self::UnknownSite | Self::OriginNotAllowed | Self::Unsigned => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::Timeout => StatusCode::REQUEST_TIMEOUT,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Limited => StatusCode::TOO_MANY_REQUESTS,
            Self::Overloaded | Self::NotStored => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// What the sender is told, but for [`Outcome::Invalid`], whose error names the key.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Self::Accepted | Self::Duplicate | Self::Bot => "",
            Self::Invalid => "not a beacon",
            Self::UnknownSite => "unknown site: configure it as [[site]] in the collector",
            Self::OriginNotAllowed => "origin not allowed: add it to the site's origins in the collector",
            Self::Unsigned => {
                "not signed by the shop's server: check the site's secret, the server's clock and Graadmeter-Signature"
            }
            Self::MethodNotAllowed => "use POST",
            Self::Timeout => "the body did not arrive in time",
            Self::TooLarge => "a body has at most 16384 bytes",
            Self::UnsupportedMediaType => {
                "use Content-Type text/plain or application/json, and Content-Encoding gzip or none"
            }
            Self::Limited => "too many beacons from this address",
            Self::Overloaded => "overloaded, try again later",
            Self::NotStored => "it can't be stored now, try again later",
        }
    }
}

/// How often each outcome came about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Outcomes([u64; Outcome::ALL.len()]);

impl Index<Outcome> for Outcomes {
    type Output = u64;

    fn index(&self, outcome: Outcome) -> &u64 {
        &self.0[outcome as usize]
    }
}

impl IndexMut<Outcome> for Outcomes {
    fn index_mut(&mut self, outcome: Outcome) -> &mut u64 {
        &mut self.0[outcome as usize]
    }
}

impl AddAssign<&Self> for Outcomes {
    fn add_assign(&mut self, other: &Self) {
        for outcome in Outcome::ALL {
            self[outcome] += other[outcome];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_has_its_own_number_and_label() {
        assert!(Outcome::ALL.iter().enumerate().all(|(number, &outcome)| outcome as usize == number));
        let labels: std::collections::BTreeSet<_> = Outcome::ALL.map(Outcome::label).into();
        assert_eq!(labels.len(), Outcome::ALL.len());
    }

    #[test]
    fn only_a_refusal_carries_a_message() {
        for outcome in Outcome::ALL {
            assert_eq!(
                outcome.status() == StatusCode::NO_CONTENT,
                outcome.message().is_empty(),
                "{outcome:?}"
            );
        }
    }
}
