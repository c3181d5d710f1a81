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

use std::hash::Hash;

use crate::measure::Metric;
use crate::observation::{Channel, Country, Device, Event, Observation, SiteIndex, Visitor};
use crate::place::channel::Standard;
use crate::prefetch::prefetch;

use self::budget::{Budgets, View};
use self::cell::{PageCell, VisitorCell};
use self::cells::{Cells, CheckKey, CheckName, Counted, Moment, PageKey, PageName};
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
    /// How often something went to the cell `other` of a view, for want of room, by the view's number.
    pub overflowed: [u64; View::ALL.len()],
    /// Its own counts, those of no cell, are of all the journal's batches before this one.
    pub batch: u64,
}

/// Says which cells there may be.
pub trait Admits {
    /// Whether a site may have the cell `key`, which a core does not have yet: the `nth` one that an observation needs in
    /// this view.
    fn admits(&self, site: SiteIndex, view: View, key: impl Hash, nth: usize) -> bool;
}

impl Admits for Budgets {
    fn admits(&self, site: SiteIndex, view: View, key: impl Hash, _nth: usize) -> bool {
        self.admit(site, view, key)
    }
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

/// For which of an observation's cells there was room when it came. Cores ask in any order, so who got the last one is
/// written down rather than found out again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Admitted {
    /// In the visitor view.
    pub visitor: bool,
    /// In the page view, or that of checks.
    pub page: bool,
    /// A bit for each third party.
    pub third_parties: u64,
}

impl Admits for Admitted {
    fn admits(&self, _site: SiteIndex, view: View, _key: impl Hash, nth: usize) -> bool {
        match view {
            View::Visitor => self.visitor,
            View::Page | View::Check => self.page,
            View::ThirdParty => self.third_parties.checked_shr(nth as u32).unwrap_or(0) & 1 == 1,
        }
    }
}

/// Admits what was admitted before, and lets the budgets know.
#[derive(Debug)]
pub struct Readmitted<'a> {
    /// What was admitted.
    pub admitted: Admitted,
    /// The budgets, which don't know it yet.
    pub budgets: &'a Budgets,
}

impl Admits for Readmitted<'_> {
    fn admits(&self, site: SiteIndex, view: View, key: impl Hash, nth: usize) -> bool {
        let is_admitted = self.admitted.admits(site, view, &key, nth);
        // Were there less room than there was, it has its cell all the same: its counts go on.
        let _room = is_admitted && self.budgets.admit(site, view, key);
        is_admitted
    }
}

impl Aggregate {
    /// An empty aggregate for so many sites.
    #[must_use]
    pub fn new(sites: usize) -> Self {
        Self { sites: (0..sites).map(|_| SiteAggregate::default()).collect(), ..Self::default() }
    }

    /// Which of an observation's cells there may be: those that this core has, and those that `budgets` admits.
    #[must_use]
    pub fn admitted(&self, observation: &Observation<'_>, budgets: &Budgets) -> Admitted {
        let mut admitted = Admitted::default();
        let index = observation.site;
        let Some(site) = self.sites.get(usize::from(index.0)) else { return admitted };
        match &observation.event {
            Event::View { visitor, page, third_party, .. } => {
                let page = PageName { page, device: visitor.device };
                admitted.visitor =
                    site.visitors.get(visitor).is_some() || budgets.admit(index, View::Visitor, visitor);
                admitted.page = site.pages.get(&page).is_some() || budgets.admit(index, View::Page, page);
                for (nth, (host, _)) in third_party.iter().enumerate() {
                    let is_admitted = site.third_parties.get(host).is_some()
                        || budgets.admit(index, View::ThirdParty, host);
                    admitted.third_parties |= u64::from(is_admitted).checked_shl(nth as u32).unwrap_or(0);
                }
            }
            Event::Conversion { visitor, .. } => {
                admitted.visitor =
                    site.visitors.get(visitor).is_some() || budgets.admit(index, View::Visitor, visitor);
            }
            Event::Check { check, region, device, .. } => {
                let check = CheckName { check, region, device: *device };
                admitted.page = site.checks.get(&check).is_some() || budgets.admit(index, View::Check, check);
            }
        }
        admitted
    }

    /// Counts one observation. What `admits` leaves no cell goes to the cell `other`: nothing is lost.
    pub fn record(&mut self, observation: &Observation<'_>, admits: &impl Admits, moment: Moment) {
        let Observation { site: index, weight, ref event } = *observation;
        let is_told = moment.batch < self.batch;
        let Self { sites, overflowed, .. } = self;
        let Some(site) = sites.get_mut(usize::from(index.0)) else { return };
        let mut asked = |view: View, is_admitted: bool| {
            overflowed[view as usize] += u64::from(!is_admitted && !is_told);
            is_admitted
        };
        match event {
            Event::View { visitor, page, lands, measures, errors, third_party } => {
                let row = cell::row(measures);
                let admits_it = || asked(View::Visitor, admits.admits(index, View::Visitor, visitor, 0));
                if let Some(cell) = site.visitors.at(visitor, &OVERFLOW_VISITOR, moment, admits_it) {
                    cell.view(*lands, &row, weight);
                }
                let page = PageName { page, device: visitor.device };
                let admits_it = || asked(View::Page, admits.admits(index, View::Page, page, 0));
                if let Some(cell) = site.pages.at(&page, &PageName::OVERFLOW, moment, admits_it) {
                    cell.record(&row, *errors, weight);
                }
                for (nth, (host, took)) in third_party.iter().enumerate() {
                    let admits_it =
                        || asked(View::ThirdParty, admits.admits(index, View::ThirdParty, host, nth));
                    if let Some(cell) = site.third_parties.at(host, OVERFLOW, moment, admits_it) {
                        cell.0.record(took, weight);
                    }
                }
            }
            Event::Conversion { visitor, value, landing } => {
                let admits_it = || asked(View::Visitor, admits.admits(index, View::Visitor, visitor, 0));
                if let Some(cell) = site.visitors.at(visitor, &OVERFLOW_VISITOR, moment, admits_it) {
                    cell.conversion(*value, *landing, weight);
                }
            }
            Event::Check { check, region, device, measures } => {
                let check = CheckName { check, region, device: *device };
                let admits_it = || asked(View::Check, admits.admits(index, View::Check, check, 0));
                if let Some(cell) = site.checks.at(&check, &CheckName::OVERFLOW, moment, admits_it) {
                    cell.record(&cell::row(measures), 0, weight);
                }
            }
        }
    }

    /// Lets the budgets know of all cells that there are.
    pub fn readmit(&self, budgets: &Budgets) {
        for (number, site) in self.sites.iter().enumerate() {
            let index = SiteIndex(number as u16);
            site.visitors.iter().for_each(|(name, _)| _ = budgets.admit(index, View::Visitor, name));
            site.pages.iter().for_each(|(name, _)| _ = budgets.admit(index, View::Page, name));
            site.checks.iter().for_each(|(name, _)| _ = budgets.admit(index, View::Check, name));
            site.third_parties.iter().for_each(|(name, _)| _ = budgets.admit(index, View::ThirdParty, name));
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
        for (mine, others) in self.overflowed.iter_mut().zip(&other.overflowed) {
            *mine += others;
        }
        self.batch = self.batch.max(other.batch);
    }
}

impl Default for ThirdParty {
    fn default() -> Self {
        Self(Histogram::new(Metric::Load.scale()))
    }
}

impl Counted for ThirdParty {
    fn expect(&self) {
        prefetch(&self.0);
    }

    fn write(&self, into: &mut Vec<u8>) {
        self.0.distribution().write(into);
    }

    fn read(from: &mut &[u8]) -> Option<Self> {
        Histogram::read(Metric::Load.scale(), from).map(Self)
    }

    fn merge(&mut self, other: &Self) {
        self.0.merge(&other.0);
    }
}
