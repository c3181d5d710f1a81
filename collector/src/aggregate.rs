//! Aggregating: observations become counts and HDR histograms, in cells of bounded number.
//!
//! Each core has an [`Aggregate`] of its own; a scrape reads them together. Merging is exact, because everything
//! in here adds up: counts, sums in whole millionths, histogram slots, decimals of money. An aggregate
//! asks no clock: the same observations in any order give the same counts.

pub mod budget;
pub mod cell;
pub mod cells;
mod forget;
pub mod histogram;

use crate::measure::{Metric, Micros};
use crate::observation::{Channel, Country, Device, Event, Observation, Visitor};
use crate::place::channel::Standard;

use self::budget::{Budgets, View};
use self::cell::{PageCell, VisitorCell};
use self::cells::{Cells, CheckKey, CheckName, Counted, PageKey, PageName, Seconds};
use self::histogram::Histogram;

pub use self::forget::forget_idle;

/// The name of the cell for what came past a budget.
pub const OVERFLOW: &str = "other";

/// The visitor whose cell takes what came past the budget.
const OVERFLOW_VISITOR: Visitor =
    Visitor { device: Device::Other, channel: Channel(Standard::Other as u16), country: Country::OVERFLOW };

/// All that one core has counted since start.
#[derive(Debug, Default, PartialEq)]
pub struct Aggregate {
    /// For each site, by its number.
    pub sites: Vec<SiteAggregate>,
}

/// All that one core has counted of one site.
#[derive(Debug, Default, PartialEq)]
pub struct SiteAggregate {
    /// The visitor view.
    pub visitors: Cells<Visitor, VisitorCell>,
    /// The page view.
    pub pages: Cells<PageKey, PageCell>,
    /// Probes.
    pub checks: Cells<CheckKey, PageCell>,
    /// Time of third parties, by host.
    pub third_parties: Cells<Host, ThirdParty>,
}

/// Names a third party.
pub type Host = Box<str>;

/// The time that page views spent on one third party.
#[derive(Debug, Clone, PartialEq)]
pub struct ThirdParty(pub Histogram);

impl Aggregate {
    /// An empty aggregate for so many sites.
    #[must_use]
    pub fn new(sites: usize) -> Self {
        Self { sites: (0..sites).map(|_| SiteAggregate::default()).collect() }
    }

    /// Counts one observation. Past a budget it goes to the cell `other`: nothing is lost.
    pub fn record(&mut self, observation: &Observation<'_>, budgets: &Budgets, now: Seconds) {
        let Observation { site: index, weight, ref event } = *observation;
        let Some(site) = self.sites.get_mut(usize::from(index.0)) else { return };
        match event {
            Event::View { visitor, page, lands, measures, third_party } => {
                let row = cell::row(measures);
                let admits = || budgets.admit(index, View::Visitor, visitor);
                site.visitors.at(visitor, &OVERFLOW_VISITOR, now, admits).view(*lands, &row, weight);
                let page = PageName { page, device: visitor.device };
                let admits = || budgets.admit(index, View::Page, page);
                site.pages.at(&page, &PageName::OVERFLOW, now, admits).record(&row, weight);
                for (host, took) in third_party.iter() {
                    site.third_party(host, took, weight, now, || {
                        budgets.admit(index, View::ThirdParty, host)
                    });
                }
            }
            Event::Conversion { visitor, value, landing } => {
                let admits = || budgets.admit(index, View::Visitor, visitor);
                let cell = site.visitors.at(visitor, &OVERFLOW_VISITOR, now, admits);
                cell.conversion(*value, *landing, weight);
            }
            Event::Check { check, region, device, measures } => {
                let check = CheckName { check, region, device: *device };
                let admits = || budgets.admit(index, View::Check, check);
                let cell = site.checks.at(&check, &CheckName::OVERFLOW, now, admits);
                cell.record(&cell::row(measures), weight);
            }
        }
    }

    /// Adds all that another core has counted.
    pub fn merge(&mut self, other: &Self) {
        for (site, others) in self.sites.iter_mut().zip(&other.sites) {
            site.visitors.merge(&others.visitors);
            site.pages.merge(&others.pages);
            site.checks.merge(&others.checks);
            site.third_parties.merge(&others.third_parties);
        }
    }
}

impl SiteAggregate {
    fn third_party(
        &mut self,
        host: &str,
        took: Micros,
        weight: u64,
        now: Seconds,
        admits: impl FnOnce() -> bool,
    ) {
        self.third_parties.at(host, OVERFLOW, now, admits).0.record(took, weight);
    }
}

impl Default for ThirdParty {
    fn default() -> Self {
        Self(Histogram::new(Metric::Load.scale()))
    }
}

impl Counted for ThirdParty {
    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }
}
