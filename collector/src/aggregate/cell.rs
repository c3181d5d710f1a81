//! What one cell of a view holds.

use graadmeter_wire::Currency;
use rust_decimal::Decimal;

use crate::leb128;
use crate::measure::{Measures, Metric, Scale};
use crate::observation::LandingSpeed;
use crate::prefetch::prefetch;

use super::cells::Counted;
use super::histogram::{Distribution, Distributions, Row};

/// What a view measured: a column for each metric, by its number.
pub(super) type Measured = Row<{ Metric::ALL.len() }>;

/// Finds out where each value counts, once for all cells.
pub(super) fn row(measures: &Measures) -> Measured {
    let mut row = Row::EMPTY;
    for metric in Metric::ALL {
        if let Some(value) = measures.get(metric) {
            row.set(metric as usize, metric.scale(), value);
        }
    }
    row
}

/// The scales of the metrics.
static METRIC_SCALES: [Scale; Metric::ALL.len()] = {
    let mut scales = [Scale::Loading; _];
    let mut metric = 0;
    while metric < scales.len() {
        scales[metric] = Metric::ALL[metric].scale();
        metric += 1;
    }
    scales
};

/// A cell of the page view, or of a probe's check.
#[derive(Debug, Clone, PartialEq)]
pub struct PageCell {
    /// Page views.
    pub views: u64,
    /// JavaScript errors and unhandled rejections in them.
    pub errors: u64,
    /// How fast they were, by a metric's number.
    distributions: Distributions<{ Metric::ALL.len() }>,
}

impl Default for PageCell {
    fn default() -> Self {
        Self { views: 0, errors: 0, distributions: Distributions::new(&METRIC_SCALES) }
    }
}

impl PageCell {
    pub(super) fn record(&mut self, row: &Measured, errors: u32, weight: u64) {
        self.views = self.views.saturating_add(weight);
        self.errors = self.errors.saturating_add(weight.saturating_mul(errors.into()));
        self.distributions.record(row, weight);
    }

    /// The distribution of a metric, if it was ever measured.
    #[must_use]
    pub fn distribution(&self, metric: Metric) -> Option<Distribution<'_>> {
        let distribution = self.distributions.column(metric as usize);
        Some(distribution).filter(|distribution| !distribution.is_empty())
    }
}

impl Counted for PageCell {
    fn expect(&self) {
        prefetch(&self.views);
        self.distributions.expect();
    }

    fn write(&self, into: &mut Vec<u8>) {
        leb128::append(self.views, into);
        self.distributions.write(into);
        leb128::append(self.errors, into);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let (views, distributions) = (leb128::take(from)?, Distributions::read(&METRIC_SCALES, from)?);
        // They end a cell, because one that was stored before errors were counted ends without them.
        let errors = if from.is_empty() { 0 } else { leb128::take(from)? };
        Some(Self { views, errors, distributions })
    }

    fn merge(&mut self, other: &Self) {
        self.views = self.views.saturating_add(other.views);
        self.errors = self.errors.saturating_add(other.errors);
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

/// The scales of a visitor's cell: those of the metrics, and of durations of loading.
static VISITOR_SCALES: [Scale; VISITOR_COLUMNS] = {
    let mut scales = [Scale::Loading; _];
    let mut metric = 0;
    while metric < Metric::OF_VISITORS {
        scales[metric] = METRIC_SCALES[metric];
        metric += 1;
    }
    scales
};

/// A cell of the visitor view.
#[derive(Debug, Clone, PartialEq)]
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

impl Default for VisitorCell {
    fn default() -> Self {
        Self {
            views: 0,
            sessions: 0,
            conversions: 0,
            values: Vec::new(),
            distributions: Distributions::new(&VISITOR_SCALES),
        }
    }
}

impl VisitorCell {
    pub(super) fn view(&mut self, lands: bool, measured: &Measured, weight: u64) {
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
        let distribution = self.distributions.column(column);
        Some(distribution).filter(|distribution| !distribution.is_empty())
    }

    /// How fast the first views of all sessions were.
    #[must_use]
    pub fn session_landing(&self, landing: Landing) -> Distribution<'_> {
        self.distributions.column(SESSION_LANDINGS + landing as usize)
    }

    /// How fast the first views of those sessions were that converted.
    #[must_use]
    pub fn conversion_landing(&self, landing: Landing) -> Distribution<'_> {
        self.distributions.column(CONVERSION_LANDINGS + landing as usize)
    }

    /// Adds what another cell's conversions brought.
    pub fn add_values(&mut self, other: &Self) {
        for &(currency, value) in &other.values {
            self.add_value(currency, value);
        }
    }

    fn add_value(&mut self, currency: Currency, value: Decimal) {
        if let Some((_, sum)) = self.values.iter_mut().find(|(known, _)| *known == currency) {
            *sum = sum.saturating_add(value);
        } else {
            self.values.reserve_exact(1);
            self.values.push((currency, value));
        }
    }
}

impl Counted for VisitorCell {
    fn expect(&self) {
        prefetch(&self.views);
        self.distributions.expect();
    }

    fn write(&self, into: &mut Vec<u8>) {
        for number in [self.views, self.sessions, self.conversions, self.values.len() as u64] {
            leb128::append(number, into);
        }
        let mut values = self.values.clone();
        values.sort_unstable_by_key(|(currency, _)| currency.code());
        for (currency, value) in values {
            into.extend_from_slice(currency.code().as_bytes());
            into.extend_from_slice(&value.normalize().serialize());
        }
        self.distributions.write(into);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        let [views, sessions, conversions] = [leb128::take(from)?, leb128::take(from)?, leb128::take(from)?];
        let mut values = Vec::new();
        for _ in 0..leb128::take(from)? {
            let (code, rest) = from.split_first_chunk::<3>()?;
            let (value, rest) = rest.split_first_chunk()?;
            *from = rest;
            let currency = Currency::from_code(str::from_utf8(code).ok()?)?;
            values.push((currency, Decimal::deserialize(*value)));
        }
        let distributions = Distributions::read(&VISITOR_SCALES, from)?;
        Some(Self { views, sessions, conversions, values, distributions })
    }

    fn merge(&mut self, other: &Self) {
        self.views = self.views.saturating_add(other.views);
        self.sessions = self.sessions.saturating_add(other.sessions);
        self.conversions = self.conversions.saturating_add(other.conversions);
        self.add_values(other);
        self.distributions.merge(&other.distributions);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::Micros;

    fn counted(distribution: Distribution<'_>) -> (u64, u64) {
        let mut count = 0;
        distribution.for_each_slot(|_, times| count += times);
        (count, distribution.sum_micros())
    }

    fn measured(values: &[(Metric, u32)]) -> Measured {
        let mut measures = Measures::default();
        for &(metric, value) in values {
            measures.set(metric, Some(Micros(value)));
        }
        row(&measures)
    }

    #[test]
    fn a_page_keeps_every_metric_that_was_measured() {
        let mut cell = PageCell::default();
        for (number, &metric) in (1..).zip(&Metric::ALL) {
            assert!(cell.distribution(metric).is_none());
            cell.record(&measured(&[(metric, number * 1_000)]), 0, 2);
            let distribution = cell.distribution(metric).unwrap();
            assert_eq!(counted(distribution), (2, u64::from(number) * 2_000));
            assert_eq!(distribution.scale(), metric.scale());
        }
    }

    #[test]
    fn a_page_counts_the_errors_of_all_sessions_that_a_sampled_one_stands_for() {
        let mut cell = PageCell::default();
        cell.record(&Row::EMPTY, 3, 10);
        cell.record(&Row::EMPTY, 0, 10);
        assert_eq!((cell.views, cell.errors), (20, 30));
    }

    #[test]
    fn a_page_that_was_stored_before_errors_were_counted_has_none() {
        let mut cell = PageCell::default();
        cell.record(&measured(&[(Metric::Lcp, 10)]), 5, 1);
        let mut stored = Vec::new();
        cell.write(&mut stored);
        assert_eq!(PageCell::read(&mut &stored[..]), Some(cell.clone()));
        stored.pop();
        assert_eq!(PageCell::read(&mut &stored[..]), Some(PageCell { errors: 0, ..cell }));
    }

    #[test]
    fn landings_stand_apart_from_views_and_conversions() {
        let mut cell = VisitorCell::default();
        cell.view(true, &measured(&[(Metric::Lcp, 10), (Metric::Load, 20), (Metric::Wait, 30)]), 1);
        cell.view(false, &measured(&[(Metric::Lcp, 100), (Metric::Load, 200)]), 1);
        cell.conversion(None, Some(LandingSpeed { lcp: Some(Micros(1_000)), load: None }), 1);
        assert_eq!((cell.views, cell.sessions, cell.conversions), (2, 1, 1));
        assert_eq!(cell.distribution(Metric::Lcp).map(counted), Some((2, 110)));
        assert_eq!(cell.distribution(Metric::Load).map(counted), Some((2, 220)));
        assert!(cell.distribution(Metric::Wait).is_none(), "this view does not keep it");
        let both = [Landing::Lcp, Landing::Load];
        assert_eq!(both.map(|landing| counted(cell.session_landing(landing))), [(1, 10), (1, 20)]);
        assert_eq!(both.map(|landing| counted(cell.conversion_landing(landing))), [(1, 1_000), (0, 0)]);
    }
}
