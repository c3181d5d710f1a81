//! The families of visitors and probes, straight from the cores' cells.
//!
//! A scrape of ten thousand cells has a hundred thousand series, and nearly each of their parts waits for memory. So a
//! few neighbouring series are read together, for which the processor waits at the same time. A core's lock is held for
//! those few, about a microsecond, and so never keeps a beacon waiting.

use std::hash::Hash;
use std::io::{self, Write};
use std::ops::Range;

use rust_decimal::prelude::ToPrimitive;

use crate::aggregate::cell::{Landing, VisitorCell};
use crate::aggregate::cells::{Cells, CheckKey, Counted, PageKey};
use crate::aggregate::histogram::Distribution;
use crate::aggregate::{Host, SiteAggregate};
use crate::config::Site;
use crate::observation::Visitor;
use crate::tally::Tallies;

use super::catalog::{
    CHECK, CHECKS, CONVERSION_LANDING_LCP, CONVERSION_LANDING_LOAD, CONVERSION_VALUE, CONVERSIONS, CURRENCY,
    Family, HANDLING, HOST, METRICS, Metrics, PAGE, PAGE_VIEWS, SESSION_LANDING_LCP, SESSION_LANDING_LOAD,
    SESSIONS, THIRD_PARTY, VISITOR,
};
use super::courtesy::Courtesy;
use super::encode::{Created, Encode, GROUP, Kind};
use super::names::{AllNames, Named, Names};

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
        for Named { site, name, .. } in names.all() {
            labels.clear();
            for (name, value) in label_names.iter().zip(values(sites[*site], name)) {
                E::label(name, value, &mut labels);
            }
            all.written.extend_from_slice(&labels);
            all.ends.push(all.written.len());
        }
        all
    }

    /// Those of the cell with this number.
    fn of_cell(&self, number: usize) -> &[u8] {
        let begin = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.written[begin..self.ends[number]]
    }
}

impl<K: Eq + Hash, C: Counted> View<'_, K, C> {
    /// Since when a cell counts.
    fn created(&self, number: usize) -> Created {
        Created::from_secs(self.names.all()[number].since.0.into())
    }

    /// The numbers of all cells, a few at a time.
    fn groups(&self) -> impl Iterator<Item = Range<usize>> + use<K, C> {
        let count = self.names.all().len();
        (0..count).step_by(GROUP).map(move |first| first..count.min(first + GROUP))
    }

    /// Lets `visit` see the cells of a group as each core has them, in the order of their numbers.
    fn read(&self, tallies: &Tallies, group: &Range<usize>, mut visit: impl FnMut([Option<&C>; GROUP])) {
        for core in 0..tallies.cores() {
            let tally = tallies.of_core(core);
            let mut cells = [None; GROUP];
            for (cell, number) in cells.iter_mut().zip(group.clone()) {
                let Named { site, name, .. } = &self.names.all()[number];
                let Some(place) = self.names.place(number, core) else { continue };
                let site = &tally.aggregate.sites[*site];
                *cell = (self.cells)(site).get_at(place, name).map(|cell| &cell.counts);
            }
            visit(cells);
        }
    }
}

/// One scrape.
pub(super) struct Scrape<'a, E> {
    pub tallies: &'a Tallies,
    pub sites: &'a [&'a Site],
    pub names: &'a AllNames,
    /// The Unix time at which the program started.
    pub started: Created,
    pub encode: E,
    pub courtesy: Courtesy,
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
        self.landings(&SESSION_LANDING_LCP, visitors, |cell| cell.session_landing(Landing::Lcp))?;
        self.landings(&CONVERSION_LANDING_LCP, visitors, |cell| cell.conversion_landing(Landing::Lcp))?;
        self.landings(&SESSION_LANDING_LOAD, visitors, |cell| cell.session_landing(Landing::Load))?;
        self.landings(&CONVERSION_LANDING_LOAD, visitors, |cell| cell.conversion_landing(Landing::Load))?;
        for Metrics { metric, visitor, page, synthetic } in &METRICS {
            if let Some(family) = visitor {
                self.distributions(family, visitors, |cell| cell.distribution(*metric))?;
            }
            self.distributions(page, pages, |cell| cell.distribution(*metric))?;
            self.distributions(synthetic, checks, |cell| cell.distribution(*metric))?;
        }
        self.distributions(&THIRD_PARTY, third_parties, |host| Some(host.0.distribution()))?;
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
        for group in view.groups() {
            let mut sums = [0_u64; GROUP];
            view.read(self.tallies, &group, |cells| {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    *sum = sum.saturating_add(cell.map_or(0, of));
                }
            });
            for (number, sum) in group.zip(sums) {
                let created = view.created(number);
                self.encode.counter(view.labels.of_cell(number), sum as f64, created);
            }
            self.between_groups()?;
        }
        self.encode.end(self.out)
    }

    /// Writes a distribution of each cell that has one, if only an empty one.
    fn distributions<K: Eq + Hash, C: Counted>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C>,
        of: impl Fn(&C) -> Option<Distribution<'_>>,
    ) -> io::Result<()> {
        self.encode.begin(family, Kind::Histogram);
        for group in view.groups() {
            let mut has_one = [false; GROUP];
            let encode = &mut self.encode;
            view.read(self.tallies, &group, |cells| {
                let parts = cells.map(|cell| cell.and_then(&of));
                parts.iter().flatten().for_each(Distribution::fetch);
                for (nth, part) in parts.iter().enumerate() {
                    if let Some(part) = part {
                        encode.add(nth, part);
                        has_one[nth] = true;
                    }
                }
            });
            for (nth, number) in group.enumerate().filter(|(nth, _)| has_one[*nth]) {
                let created = view.created(number);
                self.encode.distribution(nth, view.labels.of_cell(number), created);
            }
            self.between_groups()?;
        }
        self.encode.end(self.out)
    }

    /// A conversion curve divides those of conversions by those of sessions, so both have the same series.
    fn landings(
        &mut self,
        family: &Family,
        view: &View<'_, Visitor, VisitorCell>,
        of: fn(&VisitorCell) -> Distribution<'_>,
    ) -> io::Result<()> {
        let has_any = |cell: &VisitorCell| cell.sessions + cell.conversions > 0;
        self.distributions(family, view, |cell| has_any(cell).then(|| of(cell)))
    }

    fn conversion_values(&mut self, view: &View<'_, Visitor, VisitorCell>) -> io::Result<()> {
        self.encode.begin(&CONVERSION_VALUE, Kind::Counter);
        let mut with_currency = Vec::new();
        for group in view.groups() {
            let mut sums: [VisitorCell; GROUP] = std::array::from_fn(|_| VisitorCell::default());
            view.read(self.tallies, &group, |cells| {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    if let Some(cell) = cell {
                        sum.add_values(cell);
                    }
                }
            });
            for (number, sum) in group.zip(&sums) {
                for (currency, value) in &sum.values {
                    with_currency.clear();
                    with_currency.extend_from_slice(view.labels.of_cell(number));
                    E::label(CURRENCY, currency.code(), &mut with_currency);
                    let created = view.created(number);
                    self.encode.counter(&with_currency, value.to_f64().unwrap_or(f64::MAX), created);
                }
            }
            self.between_groups()?;
        }
        self.encode.end(self.out)
    }

    /// The collector's own distribution is an HDR histogram like the others.
    fn handling(&mut self) -> io::Result<()> {
        self.encode.begin(&HANDLING, Kind::Histogram);
        for core in 0..self.tallies.cores() {
            self.encode.add(0, &self.tallies.of_core(core).handling.distribution());
        }
        self.encode.distribution(0, &[], self.started);
        self.encode.end(self.out)
    }

    /// No lock is held here.
    fn between_groups(&mut self) -> io::Result<()> {
        self.courtesy.give_way();
        self.encode.send_ready(self.out)
    }
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
