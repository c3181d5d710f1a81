//! The families of visitors and probes, straight from the cores' cells.
//!
//! A scrape of ten thousand cells has a hundred thousand series. It holds a core's lock for as long as one series
//! of one core takes to read, a fraction of a microsecond, and so never keeps a beacon waiting.

use std::hash::Hash;
use std::io::{self, Write};

use rust_decimal::prelude::ToPrimitive;

use crate::aggregate::cell::VisitorCell;
use crate::aggregate::cells::{Cells, CheckKey, Counted, PageKey, Place, Seconds};
use crate::aggregate::histogram::Histogram;
use crate::aggregate::{Host, SiteAggregate};
use crate::config::Site;
use crate::observation::Visitor;
use crate::tally::Tallies;

use super::catalog::{
    CHECK, CHECKS, CONVERSION_LANDING_LCP, CONVERSION_LANDING_LOAD, CONVERSION_VALUE, CONVERSIONS, CURRENCY,
    Family, HANDLING, HOST, METRICS, Metrics, PAGE, PAGE_VIEWS, SESSION_LANDING_LCP, SESSION_LANDING_LOAD,
    SESSIONS, THIRD_PARTY, VISITOR,
};
use super::encode::{Created, Encode, Kind};
use super::names::{AllNames, Names};

/// One view: the names of its cells, where a core keeps them, and their labels.
struct View<'a, K, C> {
    names: &'a Names<K>,
    cells: fn(&SiteAggregate) -> &Cells<K, C>,
    labels: Labels,
}

/// The labels of every cell of a view, written once for all its families.
#[derive(Debug, Default)]
struct Labels {
    written: Vec<u8>,
    /// Where those of each cell end.
    ends: Vec<usize>,
}

impl Labels {
    fn of<'a, E: Encode, K, const LABELS: usize>(
        label_names: &[&str],
        names: &'a Names<K>,
        sites: &[&'a Site],
        values: impl Fn(&'a Site, &'a K) -> [&'a str; LABELS],
    ) -> Self {
        let mut all = Self::default();
        let mut labels = Vec::new();
        for (site, name, _) in names.iter() {
            labels.clear();
            for (name, value) in label_names.iter().zip(values(sites[site], name)) {
                E::label(name, value, &mut labels);
            }
            all.written.extend_from_slice(&labels);
            all.ends.push(all.written.len());
        }
        all
    }

    fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let begins = std::iter::once(0).chain(self.ends.iter().copied());
        begins.zip(&self.ends).map(|(begin, &end)| &self.written[begin..end])
    }
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
        let AllNames { visitors, pages, checks, third_parties } = self.names;
        let labels = Labels::of::<E, _, _>(VISITOR, visitors, self.sites, visitor_labels);
        let visitors = &View { names: visitors, cells: |site| &site.visitors, labels };
        let labels = Labels::of::<E, _, _>(PAGE, pages, self.sites, page_labels);
        let pages = &View { names: pages, cells: |site| &site.pages, labels };
        let labels = Labels::of::<E, _, _>(CHECK, checks, self.sites, check_labels);
        let checks = &View { names: checks, cells: |site| &site.checks, labels };
        let labels = Labels::of::<E, _, _>(HOST, third_parties, self.sites, host_labels);
        let third_parties = &View { names: third_parties, cells: |site| &site.third_parties, labels };

        self.counters(&PAGE_VIEWS, visitors, |cell| cell.views)?;
        self.counters(&SESSIONS, visitors, |cell| cell.sessions)?;
        self.counters(&CONVERSIONS, visitors, |cell| cell.conversions)?;
        self.conversion_values(visitors)?;
        self.landings(&SESSION_LANDING_LCP, visitors, |cell| &cell.session_landings.lcp)?;
        self.landings(&CONVERSION_LANDING_LCP, visitors, |cell| &cell.conversion_landings.lcp)?;
        self.landings(&SESSION_LANDING_LOAD, visitors, |cell| &cell.session_landings.load)?;
        self.landings(&CONVERSION_LANDING_LOAD, visitors, |cell| &cell.conversion_landings.load)?;
        for Metrics { metric, visitor, page, synthetic } in &METRICS {
            if let Some(family) = visitor {
                self.distributions(family, visitors, |cell| cell.distributions.get(*metric))?;
            }
            self.distributions(page, pages, |cell| cell.distributions.get(*metric))?;
            self.distributions(synthetic, checks, |cell| cell.distributions.get(*metric))?;
        }
        self.distributions(&THIRD_PARTY, third_parties, |host| Some(&host.0))?;
        self.counters(&CHECKS, checks, |cell| cell.views)?;
        self.handling()
    }

    fn counters<K: Eq + Hash, C: Counted>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C>,
        of: fn(&C) -> u64,
    ) -> io::Result<()> {
        self.encode.begin(family, Kind::Counter);
        for (name, labels) in view.names.iter().zip(view.labels.iter()) {
            let mut sum = 0_u64;
            let since = read(self.tallies, view.cells, name, |cell| sum = sum.saturating_add(of(cell)));
            self.encode.counter(labels, sum as f64, self.created(since));
            self.encode.send_ready(self.out)?;
        }
        self.encode.end(self.out)
    }

    /// Writes a distribution of each cell that has one, if only an empty one.
    fn distributions<K: Eq + Hash, C: Counted>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C>,
        of: impl Fn(&C) -> Option<&Histogram>,
    ) -> io::Result<()> {
        self.encode.begin(family, Kind::Histogram);
        for (name, labels) in view.names.iter().zip(view.labels.iter()) {
            let mut has_one = false;
            let encode = &mut self.encode;
            let since = read(self.tallies, view.cells, name, |cell| {
                if let Some(histogram) = of(cell) {
                    encode.add(histogram);
                    has_one = true;
                }
            });
            if has_one {
                self.encode.distribution(labels, self.created(since));
                self.encode.send_ready(self.out)?;
            }
        }
        self.encode.end(self.out)
    }

    /// A conversion curve divides those of conversions by those of sessions, so both have the same series.
    fn landings(
        &mut self,
        family: &Family,
        view: &View<'_, Visitor, VisitorCell>,
        of: fn(&VisitorCell) -> &Histogram,
    ) -> io::Result<()> {
        let has_any = |cell: &VisitorCell| cell.sessions + cell.conversions > 0;
        self.distributions(family, view, |cell| has_any(cell).then(|| of(cell)))
    }

    fn conversion_values(&mut self, view: &View<'_, Visitor, VisitorCell>) -> io::Result<()> {
        self.encode.begin(&CONVERSION_VALUE, Kind::Counter);
        let mut with_currency = Vec::new();
        for (name, labels) in view.names.iter().zip(view.labels.iter()) {
            let mut all = VisitorCell::default();
            let since = read(self.tallies, view.cells, name, |cell| all.add_values(cell));
            for (currency, sum) in all.values {
                with_currency.clear();
                with_currency.extend_from_slice(labels);
                E::label(CURRENCY, currency.code(), &mut with_currency);
                let value = sum.to_f64().unwrap_or(f64::MAX);
                self.encode.counter(&with_currency, value, self.created(since));
            }
            self.encode.send_ready(self.out)?;
        }
        self.encode.end(self.out)
    }

    /// The collector's own distribution is an HDR histogram like the others.
    fn handling(&mut self) -> io::Result<()> {
        self.encode.begin(&HANDLING, Kind::Histogram);
        for core in 0..self.tallies.cores() {
            self.encode.add(&self.tallies.of_core(core).handling);
        }
        self.encode.distribution(&[], self.started);
        self.encode.end(self.out)
    }

    fn created(&self, since: Seconds) -> Created {
        self.started + Created::from_secs(since.0.into())
    }
}

/// Lets `visit` see a cell on every core that has it, and says since when the oldest of them counts.
fn read<K: Eq + Hash, C: Counted>(
    tallies: &Tallies,
    cells: fn(&SiteAggregate) -> &Cells<K, C>,
    (site, name, places): (usize, &K, &[Option<Place>]),
    mut visit: impl FnMut(&C),
) -> Seconds {
    let mut since = Seconds(u32::MAX);
    for (core, place) in places.iter().enumerate() {
        let Some(place) = place else { continue };
        let tally = tallies.of_core(core);
        if let Some(cell) = cells(&tally.aggregate.sites[site]).get_at(*place, name) {
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
