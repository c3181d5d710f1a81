//! `check`: URLs once, one after another, with one verdict over all, which is the exit code.

use url::Url;

use crate::check::assert::{Budget, Expectations, Measure, Verdict, judge};
use crate::check::{Measurement, Request, http};

/// One URL and what came of it.
#[derive(Debug)]
pub struct Checked {
    /// The URL as asked.
    pub url: Url,
    /// What was measured.
    pub measured: Measurement,
    /// What that is worth.
    pub verdict: Verdict,
}

/// The worst verdict of several; the order is the order of badness.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worst {
    /// All are as expected and within budget.
    Ok,
    /// One is slower than its budget.
    OverBudget,
    /// One failed.
    Error,
}

impl Worst {
    /// The worst of `checked`.
    #[must_use]
    pub fn of(checked: &[Checked]) -> Self {
        checked.iter().map(|one| Self::of_one(&one.verdict)).max().unwrap_or(Self::Ok)
    }

    /// How bad one verdict is.
    #[must_use]
    pub fn of_one(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Ok => Self::Ok,
            Verdict::OverBudget(_) => Self::OverBudget,
            Verdict::Failed(..) => Self::Error,
        }
    }

    /// The exit code.
    #[must_use]
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::OverBudget => 1,
            Self::Error => 2,
        }
    }

    /// The word in JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::OverBudget => "over_budget",
            Self::Error => "error",
        }
    }
}

/// Checks one URL.
pub async fn check(request: &Request, expected: &Expectations) -> Checked {
    let measured = http::measure(request).await;
    let verdict = judge(&measured, expected);
    Checked { url: request.url.clone(), measured, verdict }
}

/// The budgets asked for, and a good Time to First Byte unless they say another. The last of a name holds.
#[must_use]
pub fn budgets(asked: &[Budget]) -> Vec<Budget> {
    let limit = |measure| asked.iter().rev().find(|budget| budget.measure == measure).copied();
    let default = |measure| (measure == Measure::Ttfb).then_some(Budget::GOOD_TTFB);
    Measure::ALL.into_iter().filter_map(|measure| limit(measure).or_else(|| default(measure))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_first_byte_is_expected_unless_told() {
        let budget = |text: &str| text.parse::<Budget>().unwrap();
        assert_eq!(budgets(&[]), [Budget::GOOD_TTFB]);
        assert_eq!(budgets(&[budget("total=1s")]), [Budget::GOOD_TTFB, budget("total=1s")]);
        assert_eq!(budgets(&[budget("ttfb=1s"), budget("ttfb=2s")]), [budget("ttfb=2s")]);
    }
}
