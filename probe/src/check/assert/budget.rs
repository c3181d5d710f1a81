//! Budgets, as people write them: `ttfb=800ms`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use super::Overrun;
use crate::check::measure::Measurement;
use crate::check::phase::Phase;

/// A time that a budget can limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Following redirects: until the last request began.
    Redirect,
    /// Resolving names, summed over redirects.
    Dns,
    /// Connecting, summed over redirects.
    Connect,
    /// TLS handshakes, summed over redirects.
    Tls,
    /// Waiting for first bytes, summed over redirects.
    Wait,
    /// From the start to the last answer's first byte, redirects included (Time to First Byte).
    Ttfb,
    /// From first bytes to last ones, summed over redirects.
    Transfer,
    /// Everything.
    Total,
}

impl Measure {
    /// All of them, in the order of time.
    pub const ALL: [Self; 8] = [
        Self::Redirect,
        Self::Dns,
        Self::Connect,
        Self::Tls,
        Self::Wait,
        Self::Ttfb,
        Self::Transfer,
        Self::Total,
    ];

    /// Its name in budgets and tables.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redirect => "redirect",
            Self::Dns => "dns",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::Wait => "wait",
            Self::Ttfb => "ttfb",
            Self::Transfer => "transfer",
            Self::Total => "total",
        }
    }

    /// The measure that a name means; `blackbox_exporter`'s and Navigation Timing's words are taken, too.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "resolve" => Self::Dns,
            "processing" => Self::Wait,
            "response" => Self::Transfer,
            "load" => Self::Total,
            _ => return Self::ALL.into_iter().find(|measure| measure.name() == name),
        })
    }

    /// The phase that it sums, if it is one.
    #[must_use]
    pub fn of_phase(phase: Phase) -> Self {
        match phase {
            Phase::Resolve => Self::Dns,
            Phase::Connect => Self::Connect,
            Phase::Tls => Self::Tls,
            Phase::Processing => Self::Wait,
            Phase::Transfer => Self::Transfer,
        }
    }

    /// What it was in one run; nothing if there was no such part.
    #[must_use]
    pub fn of(self, measured: &Measurement) -> Option<Duration> {
        let phases = measured.phases();
        match self {
            Self::Redirect => measured.redirect_time(),
            Self::Dns => phases[Phase::Resolve],
            Self::Connect => phases[Phase::Connect],
            Self::Tls => phases[Phase::Tls],
            Self::Wait => phases[Phase::Processing],
            Self::Ttfb => measured.ttfb(),
            Self::Transfer => phases[Phase::Transfer],
            Self::Total => Some(measured.total),
        }
    }
}

/// The longest that something may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What.
    pub measure: Measure,
    /// How long.
    pub limit: Duration,
}

impl Budget {
    /// Time to First Byte within 800 ms: "good" by the Core Web Vitals (<https://web.dev/articles/ttfb>).
    pub const GOOD_TTFB: Self = Self { measure: Measure::Ttfb, limit: Duration::from_millis(800) };

    pub(super) fn overrun(&self, measured: &Measurement) -> Option<Overrun> {
        let actual = self.measure.of(measured).filter(|actual| *actual > self.limit)?;
        Some(Overrun { budget: *self, actual })
    }
}

/// Why a text is no budget.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BudgetError {
    /// There is no `=`.
    #[error("write a budget as `ttfb=800ms`")]
    Shape,
    /// The name isn't known.
    #[error("`{0}` can't have a budget; redirect, dns, connect, tls, wait, ttfb, transfer and total can")]
    Measure(String),
    /// The time isn't one.
    #[error("`{0}` is no time; write it with its unit, as `800ms` or `2s`")]
    Limit(String),
}

impl FromStr for Budget {
    type Err = BudgetError;

    fn from_str(text: &str) -> Result<Self, BudgetError> {
        let (name, limit) = text.split_once('=').ok_or(BudgetError::Shape)?;
        let (name, limit) = (name.trim(), limit.trim());
        let measure = Measure::from_name(name).ok_or_else(|| BudgetError::Measure(name.to_owned()))?;
        let limit = humantime::parse_duration(limit).map_err(|_| BudgetError::Limit(limit.to_owned()))?;
        Ok(Self { measure, limit })
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.measure.name(), humantime::format_duration(self.limit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_people_write() {
        assert_eq!("ttfb=800ms".parse(), Ok(Budget::GOOD_TTFB));
        let budget = Budget { measure: Measure::Total, limit: Duration::from_millis(2500) };
        assert_eq!("load = 2s 500ms".parse(), Ok(budget));
        assert_eq!(budget.to_string().parse(), Ok(budget));
        for measure in Measure::ALL {
            assert_eq!(Measure::from_name(measure.name()), Some(measure));
        }
    }

    #[test]
    fn says_what_is_wrong() {
        assert_eq!("800ms".parse::<Budget>(), Err(BudgetError::Shape));
        assert_eq!("speed=1s".parse::<Budget>(), Err(BudgetError::Measure("speed".to_owned())));
        assert_eq!("ttfb=800".parse::<Budget>(), Err(BudgetError::Limit("800".to_owned())));
    }
}
