//! The verdict: a pure function of what was measured and what was expected.

mod budget;
mod status;

pub use self::budget::{Budget, BudgetError, Measure};
pub use self::status::{StatusError, StatusRule};

use std::time::Duration;

use super::measure::Measurement;
use super::outcome::Outcome;

/// What a check has to find to be well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectations {
    /// Which status codes are right.
    pub status: StatusRule,
    /// How long what may take.
    pub budgets: Vec<Budget>,
}

/// A budget and by what it was exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overrun {
    /// The budget.
    pub budget: Budget,
    /// What was measured.
    pub actual: Duration,
}

/// What a measurement is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// As expected and within budget.
    Ok,
    /// As expected, but slower.
    OverBudget(Vec<Overrun>),
    /// Not what was expected: which failure, and in words.
    Failed(Outcome, String),
}

impl Verdict {
    /// The verdict in one word, for the label `outcome`.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Ok => Outcome::Ok,
            Self::OverBudget(_) => Outcome::OverBudget,
            Self::Failed(outcome, _) => *outcome,
        }
    }

    /// Whether the site gave the right answer, be it slowly: then its times tell something.
    #[must_use]
    pub fn is_answered(&self) -> bool {
        !matches!(self, Self::Failed(..))
    }
}

/// Judges a measurement.
#[must_use]
pub fn judge(measured: &Measurement, expected: &Expectations) -> Verdict {
    if let Some((_, failure)) = &measured.failure {
        return Verdict::Failed(failure.outcome(), failure.to_string());
    }
    let status = measured.status().unwrap_or_default();
    if !expected.status.allows(status) {
        return Verdict::Failed(Outcome::Status, format!("status {status}, expected {}", expected.status));
    }
    if measured.body_contains == Some(false) {
        return Verdict::Failed(Outcome::Body, "the body lacks the text of `body_contains`".to_owned());
    }
    let overruns: Vec<_> = expected.budgets.iter().filter_map(|budget| budget.overrun(measured)).collect();
    if overruns.is_empty() { Verdict::Ok } else { Verdict::OverBudget(overruns) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{CheckError, Hop, Phase};

    fn answered(status: u16, ttfb_ms: u64) -> Measurement {
        let mut hop = Hop::new("http://shop.example/".parse().unwrap(), Duration::ZERO);
        hop.status = Some(status);
        hop.first_byte = Some(Duration::from_millis(ttfb_ms));
        let mut measured = Measurement::new();
        measured.hops.push(hop);
        measured
    }

    fn expected(budget: &str) -> Expectations {
        Expectations { status: StatusRule::default(), budgets: vec![budget.parse().unwrap()] }
    }

    #[test]
    fn a_budget_may_be_used_up_but_not_exceeded() {
        assert_eq!(judge(&answered(200, 800), &expected("ttfb=800ms")), Verdict::Ok);
        let verdict = judge(&answered(200, 801), &expected("ttfb=800ms"));
        let overrun = Overrun { budget: "ttfb=800ms".parse().unwrap(), actual: Duration::from_millis(801) };
        assert_eq!(verdict, Verdict::OverBudget(vec![overrun]));
        assert!(verdict.is_answered());
    }

    #[test]
    fn a_phase_that_was_not_there_exceeds_nothing() {
        assert_eq!(judge(&answered(200, 1), &expected("tls=1ms")), Verdict::Ok);
    }

    #[test]
    fn failure_comes_before_status_and_status_before_budget() {
        let mut measured = answered(500, 10_000);
        let verdict = judge(&measured, &expected("ttfb=800ms"));
        assert_eq!(verdict, Verdict::Failed(Outcome::Status, "status 500, expected below 400".to_owned()));
        measured.failure = Some((Phase::Transfer, CheckError::BodyTooLarge { limit: 1 }));
        assert_eq!(judge(&measured, &expected("ttfb=800ms")).outcome(), Outcome::BodyTooLarge);
    }

    #[test]
    fn a_missing_text_is_a_failure() {
        let mut measured = answered(200, 1);
        measured.body_contains = Some(false);
        assert_eq!(judge(&measured, &Expectations::default()).outcome(), Outcome::Body);
        measured.body_contains = Some(true);
        assert_eq!(judge(&measured, &Expectations::default()).outcome(), Outcome::Ok);
    }
}
