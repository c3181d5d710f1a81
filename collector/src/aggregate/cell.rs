//! What one cell of a view holds.

use graadmeter_wire::Currency;
use rust_decimal::Decimal;

use crate::measure::{Measures, Metric};
use crate::observation::LandingSpeed;

use super::cells::Counted;
use super::histogram::{Distribution, Distributions, Row};

/// What a page view measured, as a row of a page's cell.
pub(super) fn row(measures: &Measures) -> Row<{ Metric::ALL.len() }> {
    let mut row = Row::EMPTY;
    for (metric, value) in measures.iter() {
        row.set(metric as usize, metric.scale(), value);
    }
    row
}

/// A cell of the page view, or of a probe's check.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageCell {
    /// Page views.
    pub views: u64,
    /// How fast they were: a column for each metric, by its number.
    distributions: Distributions<{ Metric::ALL.len() }>,
}

impl PageCell {
    pub(super) fn record(&mut self, row: &Row<{ Metric::ALL.len() }>, weight: u64) {
        self.views = self.views.saturating_add(weight);
        self.distributions.record(row, weight);
    }

    /// The distribution of a metric, if it was ever measured.
    #[must_use]
    pub fn distribution(&self, metric: Metric) -> Option<Distribution<'_>> {
        let distribution = self.distributions.column(metric as usize, metric.scale());
        Some(distribution).filter(|distribution| !distribution.is_empty())
    }
}

impl Counted for PageCell {
    fn merge(&mut self, other: &Self) {
        self.views = self.views.saturating_add(other.views);
        self.distributions.merge(&other.distributions);
    }
}

/// A speed of a session's first view.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Landing {
    /// Largest Contentful Paint.
    Lcp,
    /// End of the load event.
    Load,
}

impl Landing {
    /// How many there are.
    const COUNT: usize = 2;

    const fn metric(self) -> Metric {
        match self {
            Self::Lcp => Metric::Lcp,
            Self::Load => Metric::Load,
        }
    }
}

/// The columns of a visitor's cell: those of the metrics, of all sessions' landings, and of those that converted.
const SESSION_LANDINGS: usize = Metric::OF_VISITORS;
const CONVERSION_LANDINGS: usize = SESSION_LANDINGS + Landing::COUNT;
const VISITOR_COLUMNS: usize = CONVERSION_LANDINGS + Landing::COUNT;

/// A cell of the visitor view.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VisitorCell {
    /// Page views.
    pub views: u64,
    /// Sessions that began.
    pub sessions: u64,
    /// Conversions.
    pub conversions: u64,
    /// What they brought, in each currency, exactly. A shop has few, so a list is enough.
    pub values: Vec<(Currency, Decimal)>,
    /// How fast the views were, and the first views of sessions.
    distributions: Distributions<VISITOR_COLUMNS>,
}

impl VisitorCell {
    pub(super) fn view(&mut self, lands: bool, measured: &Row<{ Metric::ALL.len() }>, weight: u64) {
        self.views = self.views.saturating_add(weight);
        let mut row = Row::EMPTY;
        row.copy(0, measured, 0..Metric::OF_VISITORS);
        if lands {
            self.sessions = self.sessions.saturating_add(weight);
            for landing in [Landing::Lcp, Landing::Load] {
                let metric = landing.metric() as usize;
                row.copy(SESSION_LANDINGS + landing as usize, measured, metric..metric + 1);
            }
        }
        self.distributions.record(&row, weight);
    }

    pub(super) fn conversion(
        &mut self,
        value: Option<(Currency, Decimal)>,
        landing: Option<LandingSpeed>,
        weight: u64,
    ) {
        self.conversions = self.conversions.saturating_add(weight);
        if let Some((currency, value)) = value {
            self.add_value(currency, value.saturating_mul(weight.into()));
        }
        if let Some(LandingSpeed { lcp, load }) = landing {
            let mut row = Row::EMPTY;
            for (landing, value) in [(Landing::Lcp, lcp), (Landing::Load, load)] {
                if let Some(value) = value {
                    row.set(CONVERSION_LANDINGS + landing as usize, landing.metric().scale(), value);
                }
            }
            self.distributions.record(&row, weight);
        }
    }

    /// The distribution of a metric, if this view keeps it and it was ever measured.
    #[must_use]
    pub fn distribution(&self, metric: Metric) -> Option<Distribution<'_>> {
        let column = Some(metric as usize).filter(|&column| column < Metric::OF_VISITORS)?;
        let distribution = self.distributions.column(column, metric.scale());
        Some(distribution).filter(|distribution| !distribution.is_empty())
    }

    /// How fast the first views of all sessions were.
    #[must_use]
    pub fn session_landing(&self, landing: Landing) -> Distribution<'_> {
        self.distributions.column(SESSION_LANDINGS + landing as usize, landing.metric().scale())
    }

    /// How fast the first views of those sessions were that converted.
    #[must_use]
    pub fn conversion_landing(&self, landing: Landing) -> Distribution<'_> {
        self.distributions.column(CONVERSION_LANDINGS + landing as usize, landing.metric().scale())
    }

    /// Adds what another cell's conversions brought.
    pub fn add_values(&mut self, other: &Self) {
        for &(currency, value) in &other.values {
            self.add_value(currency, value);
        }
    }

    fn add_value(&mut self, currency: Currency, value: Decimal) {
        match self.values.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum = sum.saturating_add(value),
            None => self.values.push((currency, value)),
        }
    }
}

impl Counted for VisitorCell {
    fn merge(&mut self, other: &Self) {
        self.views = self.views.saturating_add(other.views);
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.conversions = self.conversions.saturating_add(other.conversions);
        self.add_values(other);
        self.distributions.merge(&other.distributions);
    }
}
