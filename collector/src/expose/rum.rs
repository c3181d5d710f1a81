//! The families of visitors and probes, straight from the cores' cells.
//!
//! A scrape of ten thousand cells has a hundred thousand series. It holds a core's lock for as long as one series
//! of one core takes to read, a fraction of a microsecond, and so never keeps a beacon waiting.

use std::hash::Hash;
use std::io::{self, Write};

use rust_decimal::prelude::ToPrimitive;

use crate::aggregate::cell::{Landing, PageCell, VisitorCell};
use crate::aggregate::cells::{Cells, CheckKey, Counted, PageKey, Seconds};
use crate::aggregate::histogram::Distribution;
use crate::aggregate::{Host, SiteAggregate, ThirdParty};
use crate::config::Site;
use crate::observation::Visitor;
use crate::tally::Tallies;

use super::catalog::{
    CHECKS, CONVERSION_LANDING_LCP, CONVERSION_LANDING_LOAD, CONVERSION_VALUE, CONVERSIONS, Family, HANDLING,
    METRICS, Metrics, PAGE_VIEWS, SESSION_LANDING_LCP, SESSION_LANDING_LOAD, SESSIONS, THIRD_PARTY,
};
use super::encode::{Created, Encode, Kind};
use super::names::{AllNames, Names};

/// One view: the names of its cells, where a core keeps them, and their labels.
struct View<'a, K: Eq + Hash, C, const LABELS: usize> {
    names: &'a Names<K>,
    cells: fn(&SiteAggregate) -> &Cells<K, C>,
    labels: for<'b> fn(&'b Site, &'b K) -> [&'b str; LABELS],
}

fn visitors(names: &AllNames) -> View<'_, Visitor, VisitorCell, 4> {
    View { names: &names.visitors, cells: |site| &site.visitors, labels: visitor_labels }
}

fn pages(names: &AllNames) -> View<'_, PageKey, PageCell, 3> {
    View { names: &names.pages, cells: |site| &site.pages, labels: page_labels }
}

fn checks(names: &AllNames) -> View<'_, CheckKey, PageCell, 4> {
    View { names: &names.checks, cells: |site| &site.checks, labels: check_labels }
}

fn third_parties(names: &AllNames) -> View<'_, Host, ThirdParty, 2> {
    View { names: &names.third_parties, cells: |site| &site.third_parties, labels: host_labels }
}

/// One scrape.
pub(super) struct Scrape<'a, E> {
    pub tallies: &'a Tallies,
    pub sites: &'a [&'a Site],
    pub names: &'a AllNames,
    /// The Unix time from which the cells' seconds count.
    pub started: Created,
    pub encode: E,
    pub out: &'a mut dyn Write,
}

impl<E: Encode> Scrape<'_, E> {
    /// Writes every family.
    pub(super) fn write(mut self) -> io::Result<()> {
        let names = self.names;
        self.counters(&PAGE_VIEWS, &visitors(names), |cell| cell.views)?;
        self.counters(&SESSIONS, &visitors(names), |cell| cell.sessions)?;
        self.counters(&CONVERSIONS, &visitors(names), |cell| cell.conversions)?;
        self.conversion_values(&visitors(names))?;
        self.landings(&SESSION_LANDING_LCP, |cell| cell.session_landing(Landing::Lcp))?;
        self.landings(&CONVERSION_LANDING_LCP, |cell| cell.conversion_landing(Landing::Lcp))?;
        self.landings(&SESSION_LANDING_LOAD, |cell| cell.session_landing(Landing::Load))?;
        self.landings(&CONVERSION_LANDING_LOAD, |cell| cell.conversion_landing(Landing::Load))?;
        for Metrics { metric, visitor, page, synthetic } in &METRICS {
            if let Some(family) = visitor {
                self.distributions(family, &visitors(names), |cell| cell.distribution(*metric))?;
            }
            self.distributions(page, &pages(names), |cell| cell.distribution(*metric))?;
            self.distributions(synthetic, &checks(names), |cell| cell.distribution(*metric))?;
        }
        self.distributions(&THIRD_PARTY, &third_parties(names), |host| Some(host.0.distribution()))?;
        self.counters(&CHECKS, &checks(names), |cell| cell.views)?;
        self.handling()
    }

    fn counters<K: Eq + Hash, C: Counted, const LABELS: usize>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C, LABELS>,
        of: fn(&C) -> u64,
    ) -> io::Result<()> {
        self.encode.begin(family, Kind::Counter);
        for (site, name) in view.names {
            let mut sum = 0_u64;
            let since = read(self.tallies, view, *site, name, |cell| sum = sum.saturating_add(of(cell)));
            let labels = (view.labels)(self.sites[*site], name);
            self.encode.counter(&labels, sum as f64, self.created(since));
            self.encode.send_ready(self.out)?;
        }
        self.out.write_all(self.encode.end())
    }

    /// Writes a distribution of each cell that has one, if only an empty one.
    fn distributions<K: Eq + Hash, C: Counted, const LABELS: usize>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C, LABELS>,
        of: impl Fn(&C) -> Option<Distribution<'_>>,
    ) -> io::Result<()> {
        self.encode.begin(family, Kind::Histogram);
        for (site, name) in view.names {
            let mut has_one = false;
            let encode = &mut self.encode;
            let since = read(self.tallies, view, *site, name, |cell| {
                if let Some(distribution) = of(cell) {
                    encode.add(&distribution);
                    has_one = true;
                }
            });
            if has_one {
                let labels = (view.labels)(self.sites[*site], name);
                self.encode.distribution(&labels, self.created(since));
                self.encode.send_ready(self.out)?;
            }
        }
        self.out.write_all(self.encode.end())
    }

    /// A conversion curve divides those of conversions by those of sessions, so both have the same series.
    fn landings(&mut self, family: &Family, of: fn(&VisitorCell) -> Distribution<'_>) -> io::Result<()> {
        let has_any = |cell: &VisitorCell| cell.sessions + cell.conversions > 0;
        self.distributions(family, &visitors(self.names), |cell| has_any(cell).then(|| of(cell)))
    }

    fn conversion_values(&mut self, view: &View<'_, Visitor, VisitorCell, 4>) -> io::Result<()> {
        self.encode.begin(&CONVERSION_VALUE, Kind::Counter);
        for (site, visitor) in view.names {
            let mut all = VisitorCell::default();
            let since = read(self.tallies, view, *site, visitor, |cell| all.add_values(cell));
            let [shop, device, channel, country] = visitor_labels(self.sites[*site], visitor);
            for (currency, sum) in all.values {
                let labels = [shop, device, channel, country, currency.code()];
                self.encode.counter(&labels, sum.to_f64().unwrap_or(f64::MAX), self.created(since));
            }
        }
        self.out.write_all(self.encode.end())
    }

    /// The collector's own distribution is an HDR histogram like the others.
    fn handling(&mut self) -> io::Result<()> {
        self.encode.begin(&HANDLING, Kind::Histogram);
        for core in 0..self.tallies.cores() {
            self.encode.add(&self.tallies.of_core(core).handling.distribution());
        }
        self.encode.distribution(&[], self.started);
        self.out.write_all(self.encode.end())
    }

    fn created(&self, since: Seconds) -> Created {
        self.started + Created::from(since.0)
    }
}

/// Lets `visit` see the cell `name` of every core that has it, and says since when the oldest of them counts.
fn read<K: Eq + Hash, C: Counted, const LABELS: usize>(
    tallies: &Tallies,
    view: &View<'_, K, C, LABELS>,
    site: usize,
    name: &K,
    mut visit: impl FnMut(&C),
) -> Seconds {
    let mut since = Seconds(u32::MAX);
    for core in 0..tallies.cores() {
        let tally = tallies.of_core(core);
        if let Some(cell) = (view.cells)(&tally.aggregate.sites[site]).get(name) {
            visit(&cell.counts);
            since = since.min(cell.since);
        }
    }
    since
}

fn visitor_labels<'a>(site: &'a Site, visitor: &'a Visitor) -> [&'a str; 4] {
    [&site.id, visitor.device.name(), site.places.channels.name(visitor.channel), visitor.country.code()]
}

fn page_labels<'a>(site: &'a Site, key: &'a PageKey) -> [&'a str; 3] {
    [&site.id, key.device.name(), &key.page]
}

fn check_labels<'a>(site: &'a Site, key: &'a CheckKey) -> [&'a str; 4] {
    [&site.id, &key.check, &key.region, key.device.name()]
}

fn host_labels<'a>(site: &'a Site, host: &'a Host) -> [&'a str; 2] {
    [&site.id, host]
}
