//! Aggregating: observations become counts and HDR histograms, in cells of bounded number.
//!
//! Each core has an [`Aggregate`] of its own; a scrape merges them. Merging is exact, because everything
//! in here adds up: counts, sums in whole millionths, histogram buckets, decimals of money. An aggregate
//! knows no clock: the same observations in any order give the same aggregate.

pub mod budget;
pub mod cell;
pub mod histogram;

use ahash::RandomState;
use hashbrown::HashMap;

use crate::measure::{Metric, Micros};
use crate::observation::{Channel, Country, Device, Event, Observation, Visitor};
use crate::place::channel::Standard;

use self::budget::{Budgets, View};
use self::cell::{PageCell, VisitorCell};
use self::histogram::Histogram;

/// A map whose keys come from outside.
type Map<K, V> = HashMap<K, V, RandomState>;

/// The name of the cell for what came past a budget.
pub const OVERFLOW: &str = "other";

/// The visitor whose cell takes what came past the budget.
const OVERFLOW_VISITOR: Visitor =
    Visitor { device: Device::Other, channel: Channel(Standard::Other as u16), country: Country::OVERFLOW };

/// One cell for each kind of device, made when it is first needed.
#[derive(Debug, Default, PartialEq)]
pub struct ByDevice([Option<Box<PageCell>>; Device::ALL.len()]);

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
    pub visitors: Map<Visitor, VisitorCell>,
    /// The page view, by page group.
    pub pages: Map<String, ByDevice>,
    /// Probes, by check and region.
    pub checks: Map<String, Map<String, ByDevice>>,
    /// Time of third parties, by host.
    pub third_parties: Map<String, Histogram>,
}

impl Aggregate {
    /// An empty aggregate for so many sites.
    #[must_use]
    pub fn new(sites: usize) -> Self {
        Self { sites: (0..sites).map(|_| SiteAggregate::default()).collect() }
    }

    /// Counts one observation. Past a budget it goes to the cell `other`: nothing is lost.
    pub fn record(&mut self, observation: &Observation<'_>, budgets: &Budgets) {
        let Observation { site: index, weight, ref event } = *observation;
        let Some(site) = self.sites.get_mut(usize::from(index.0)) else { return };
        let admits = |view, key: Key<'_>| budgets.admit(index, view, key);
        match event {
            Event::View { visitor, page, lands, measures, third_party } => {
                site.visitor(*visitor, admits).view(*lands, measures, weight);
                site.page(page, visitor.device, admits).record(measures, weight);
                for &(host, took) in third_party {
                    site.third_party(host, took, weight, admits);
                }
            }
            Event::Conversion { visitor, value, landing } => {
                site.visitor(*visitor, admits).conversion(*value, *landing, weight);
            }
            Event::Check { check, region, device, measures } => {
                site.check(check, region, *device, admits).record(measures, weight);
            }
        }
    }

    /// Adds all that another core has counted.
    pub fn merge(&mut self, other: &Self) {
        for (site, others) in self.sites.iter_mut().zip(&other.sites) {
            site.merge(others);
        }
    }

    /// How many cells there are, in all views of all sites.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.sites.iter().map(SiteAggregate::cells).sum()
    }
}

/// What names a cell, to a budget.
#[derive(Debug, Clone, Copy, Hash)]
pub enum Key<'a> {
    /// A cell of the visitor view.
    Visitor(Visitor),
    /// A cell of the page view.
    Page(&'a str, Device),
    /// A cell of a probe's check.
    Check(&'a str, &'a str, Device),
    /// A third party.
    Host(&'a str),
}

impl SiteAggregate {
    fn visitor(&mut self, visitor: Visitor, admits: impl Fn(View, Key<'_>) -> bool) -> &mut VisitorCell {
        let is_known = self.visitors.contains_key(&visitor);
        let fits = is_known || admits(View::Visitor, Key::Visitor(visitor));
        self.visitors.entry(if fits { visitor } else { OVERFLOW_VISITOR }).or_default()
    }

    fn page(&mut self, page: &str, device: Device, admits: impl Fn(View, Key<'_>) -> bool) -> &mut PageCell {
        let is_known = self.pages.get(page).is_some_and(|cells| cells.has(device));
        let fits = is_known || admits(View::Page, Key::Page(page, device));
        let (page, device) = if fits { (page, device) } else { (OVERFLOW, Device::Other) };
        self.pages.entry_ref(page).or_default().cell(device)
    }

    fn check(
        &mut self,
        check: &str,
        region: &str,
        device: Device,
        admits: impl Fn(View, Key<'_>) -> bool,
    ) -> &mut PageCell {
        let regions = self.checks.get(check).and_then(|regions| regions.get(region));
        let is_known = regions.is_some_and(|cells| cells.has(device));
        let fits = is_known || admits(View::Check, Key::Check(check, region, device));
        let (check, region, device) =
            if fits { (check, region, device) } else { (OVERFLOW, OVERFLOW, Device::Other) };
        self.checks.entry_ref(check).or_default().entry_ref(region).or_default().cell(device)
    }

    fn third_party(&mut self, host: &str, took: Micros, weight: u64, admits: impl Fn(View, Key<'_>) -> bool) {
        let fits = self.third_parties.contains_key(host) || admits(View::ThirdParty, Key::Host(host));
        let name = if fits { host } else { OVERFLOW };
        self.third_parties.entry_ref(name).or_insert_with(third_party_times).record(took, weight);
    }

    fn merge(&mut self, other: &Self) {
        for (&visitor, cell) in &other.visitors {
            self.visitors.entry(visitor).or_default().merge(cell);
        }
        for (page, cells) in &other.pages {
            self.pages.entry_ref(page).or_default().merge(cells);
        }
        for (check, regions) in &other.checks {
            let mine = self.checks.entry_ref(check).or_default();
            for (region, cells) in regions {
                mine.entry_ref(region).or_default().merge(cells);
            }
        }
        for (host, histogram) in &other.third_parties {
            self.third_parties.entry_ref(host).or_insert_with(third_party_times).merge(histogram);
        }
    }

    fn cells(&self) -> usize {
        let checks = self.checks.values().flat_map(HashMap::values);
        let by_device = self.pages.values().chain(checks).map(|cells| cells.iter().count()).sum::<usize>();
        self.visitors.len() + by_device + self.third_parties.len()
    }
}

/// The empty distribution of a third party's times.
fn third_party_times() -> Histogram {
    Histogram::new(Metric::Load.edges())
}

impl ByDevice {
    fn has(&self, device: Device) -> bool {
        self.0[device as usize].is_some()
    }

    fn cell(&mut self, device: Device) -> &mut PageCell {
        self.0[device as usize].get_or_insert_default()
    }

    fn merge(&mut self, other: &Self) {
        for (device, cell) in other.iter() {
            self.cell(device).merge(cell);
        }
    }

    /// The cells that there are.
    pub fn iter(&self) -> impl Iterator<Item = (Device, &PageCell)> {
        Device::ALL.into_iter().zip(&self.0).filter_map(|(device, cell)| Some((device, cell.as_deref()?)))
    }
}
