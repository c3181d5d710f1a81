//! What is measured of a page view: the metrics by name of the field, and their values in exact units.
//!
//! Every value is a whole number of millionths: microseconds for durations, millionths of a score for the
//! Cumulative Layout Shift. So sums are exact, replays are identical, and one kind of histogram serves all.

mod scale;

pub use self::scale::Scale;

/// Millionths of a metric's base unit (seconds, or the score of CLS).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Micros(pub u32);

impl Micros {
    /// One base unit.
    pub const UNIT: u32 = 1_000_000;

    /// From milliseconds, which the wire keeps between 0 and 600,000, so that they fit.
    #[must_use]
    pub fn from_ms(ms: f64) -> Self {
        Self(rounded(ms * 1e3))
    }

    /// From a score, which the wire keeps between 0 and 100.
    #[must_use]
    pub fn from_score(score: f64) -> Self {
        Self(rounded(score * 1e6))
    }
}

/// `value.round() as u32`, of which the rounding would be a function call on processors without SSE 4.1.
fn rounded(value: f64) -> u32 {
    let whole = value as u32; // what is negative or no number becomes 0, as it would there
    // Exact: both are of one magnitude, or `whole` is 0.
    let is_half_or_more = value - f64::from(whole) >= 0.5;
    whole.saturating_add(u32::from(is_half_or_more))
}

/// A metric that is kept as a distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Metric {
    /// Time to First Byte.
    Ttfb,
    /// First Contentful Paint.
    Fcp,
    /// Largest Contentful Paint.
    Lcp,
    /// Interaction to Next Paint.
    Inp,
    /// Cumulative Layout Shift.
    Cls,
    /// End of the load event.
    Load,
    /// Following redirects.
    Redirect,
    /// Resolving the name.
    Dns,
    /// Connecting, without TLS.
    Connect,
    /// The TLS handshake.
    Tls,
    /// From the request to the first byte.
    Wait,
    /// From the first byte to the last.
    Response,
    /// Until the document is parsed.
    DomInteractive,
    /// Until the end of `DOMContentLoaded`.
    DomContentLoaded,
}

impl Metric {
    /// Every metric, in the order of its number.
    pub const ALL: [Self; 14] = [
        Self::Ttfb,
        Self::Fcp,
        Self::Lcp,
        Self::Inp,
        Self::Cls,
        Self::Load,
        Self::Redirect,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Wait,
        Self::Response,
        Self::DomInteractive,
        Self::DomContentLoaded,
    ];

    /// Its name in questions and answers; `expose::catalog` has those of its Prometheus families.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Ttfb => "ttfb",
            Self::Fcp => "fcp",
            Self::Lcp => "lcp",
            Self::Inp => "inp",
            Self::Cls => "cls",
            Self::Load => "load",
            Self::Redirect => "redirect",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Wait => "wait",
            Self::Response => "response",
            Self::DomInteractive => "dom_interactive",
            Self::DomContentLoaded => "dom_content_loaded",
        }
    }

    /// How many metrics the visitor view keeps: the first ones.
    pub const OF_VISITORS: usize = 6;

    /// The thresholds of "good" and "needs improvement" (web.dev/articles/vitals), where there are any.
    ///
    /// They are among the edges of its [`Metric::scale`], where counts are exact.
    #[must_use]
    pub const fn thresholds(self) -> Option<[Micros; 2]> {
        match self {
            Self::Ttfb => Some([Micros(800_000), Micros(1_800_000)]),
            Self::Fcp => Some([Micros(1_800_000), Micros(3_000_000)]),
            Self::Lcp => Some([Micros(2_500_000), Micros(4_000_000)]),
            Self::Inp => Some([Micros(200_000), Micros(500_000)]),
            Self::Cls => Some([Micros(100_000), Micros(250_000)]),
            _ => None,
        }
    }
}

/// The values of one view; what the browser could not measure is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Measures([Option<Micros>; Metric::ALL.len()]);

impl Measures {
    /// The value of one metric.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<Micros> {
        self.0[metric as usize]
    }

    /// Sets the value of one metric.
    pub fn set(&mut self, metric: Metric, value: Option<Micros>) {
        self.0[metric as usize] = value;
    }

    /// The metrics that were measured.
    pub fn iter(&self) -> impl Iterator<Item = (Metric, Micros)> {
        Metric::ALL.into_iter().zip(self.0).filter_map(|(metric, value)| Some((metric, value?)))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn rounds_as_the_standard_library_does(any: f64, measured in 0.0..1e9_f64, halves in 0..u32::MAX) {
            for value in [any, measured, f64::from(halves) / 2.0, (f64::from(halves) / 2.0).next_down()] {
                prop_assert_eq!(rounded(value), value.round() as u32, "{}", value);
            }
        }
    }

    #[test]
    fn metrics_are_numbered_in_order() {
        assert!(Metric::ALL.iter().enumerate().all(|(number, &metric)| metric as usize == number));
    }

    #[test]
    fn thresholds_survive_conversion_exactly() {
        assert_eq!(Micros::from_ms(2500.0), Micros(2_500_000));
        assert_eq!(Micros::from_score(0.1), Micros(100_000));
        assert_eq!(Micros::from_score(0.25), Micros(250_000));
        assert_eq!(Micros::from_ms(600_000.0), Micros(600_000_000));
    }
}
