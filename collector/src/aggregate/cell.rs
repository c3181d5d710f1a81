//! What one cell of a view holds.

use graadmeter_wire::Currency;
use rust_decimal::Decimal;

use crate::measure::{Measures, Metric};
use crate::observation::LandingSpeed;

use super::cells::Counted;
use super::histogram::Histogram;

/// The distributions of a cell, one for each metric.
#[derive(Debug, Clone, PartialEq)]
pub struct Distributions<const METRICS: usize>([Histogram; METRICS]);

impl<const METRICS: usize> Distributions<METRICS> {
    fn record(&mut self, measures: &Measures, weight: u64) {
        for (metric, value) in measures.iter() {
            if let Some(histogram) = self.0.get_mut(metric as usize) {
                histogram.record(value, weight);
            }
        }
    }

    fn merge(&mut self, other: &Self) {
        for (mine, others) in self.0.iter_mut().zip(&other.0) {
            mine.merge(others);
        }
    }

    /// The distribution of a metric, if this view keeps it and it was ever measured.
    #[must_use]
    pub fn get(&self, metric: Metric) -> Option<&Histogram> {
        self.0.get(metric as usize).filter(|histogram| !histogram.is_empty())
    }
}

impl<const METRICS: usize> Default for Distributions<METRICS> {
    fn default() -> Self {
        Self(std::array::from_fn(|number| Histogram::new(Metric::ALL[number].scale())))
    }
}

/// A cell of the page view, or of a probe's check.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageCell {
    /// Page views.
    pub views: u64,
    /// How fast they were.
    pub distributions: Distributions<{ Metric::ALL.len() }>,
}

impl PageCell {
    pub(super) fn record(&mut self, measures: &Measures, weight: u64) {
        self.views = self.views.saturating_add(weight);
        self.distributions.record(measures, weight);
    }
}

impl Counted for PageCell {
    fn merge(&mut self, other: &Self) {
        self.views = self.views.saturating_add(other.views);
        self.distributions.merge(&other.distributions);
    }
}

/// The landing speeds of some sessions.
#[derive(Debug, Clone, PartialEq)]
pub struct Landings {
    /// Largest Contentful Paint.
    pub lcp: Histogram,
    /// End of the load event.
    pub load: Histogram,
}

impl Landings {
    fn record(&mut self, landing: LandingSpeed, weight: u64) {
        if let Some(lcp) = landing.lcp {
            self.lcp.record(lcp, weight);
        }
        if let Some(load) = landing.load {
            self.load.record(load, weight);
        }
    }

    fn merge(&mut self, other: &Self) {
        self.lcp.merge(&other.lcp);
        self.load.merge(&other.load);
    }
}

impl Default for Landings {
    fn default() -> Self {
        Self { lcp: Histogram::new(Metric::Lcp.scale()), load: Histogram::new(Metric::Load.scale()) }
    }
}

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
    /// How fast the views were.
    pub distributions: Distributions<{ Metric::OF_VISITORS }>,
    /// How fast the first views of all sessions were.
    pub session_landings: Landings,
    /// How fast the first views of those sessions were that converted.
    pub conversion_landings: Landings,
}

impl VisitorCell {
    pub(super) fn view(&mut self, lands: bool, measures: &Measures, weight: u64) {
        self.views = self.views.saturating_add(weight);
        self.distributions.record(measures, weight);
        if lands {
            self.sessions = self.sessions.saturating_add(weight);
            let landing = LandingSpeed { lcp: measures.get(Metric::Lcp), load: measures.get(Metric::Load) };
            self.session_landings.record(landing, weight);
        }
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
        if let Some(landing) = landing {
            self.conversion_landings.record(landing, weight);
        }
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
        self.session_landings.merge(&other.session_landings);
        self.conversion_landings.merge(&other.conversion_landings);
    }
}
