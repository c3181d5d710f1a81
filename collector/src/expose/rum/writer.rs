//! Writing one family after the other: of each series the sum of all cores.

use std::hash::Hash;
use std::io::{self, Write};

use rust_decimal::prelude::ToPrimitive;

use crate::aggregate::cell::VisitorCell;
use crate::aggregate::cells::Counted;
use crate::aggregate::histogram::{Copied, Distribution};
use crate::expose::catalog::{CONVERSION_VALUE, CURRENCY, Family, HANDLING};
use crate::expose::courtesy::Courtesy;
use crate::expose::encode::{Created, Encode, Kind};
use crate::observation::Visitor;
use crate::tally::Tallies;

use super::view::{GROUP, View};

/// Writes families.
pub(in crate::expose) struct Writer<'a, E> {
    tallies: &'a Tallies,
    encode: E,
    /// Copies of a group's distributions, those of each core together; none where a cell has none.
    copies: Vec<[(bool, Copied); GROUP]>,
    courtesy: Courtesy,
    out: &'a mut dyn Write,
}

impl<'a, E: Encode> Writer<'a, E> {
    /// Writes what was tallied to `out`.
    pub(in crate::expose) fn new(tallies: &'a Tallies, encode: E, out: &'a mut dyn Write) -> Self {
        let none = || std::array::from_fn(|_| (false, Copied::new()));
        let copies = (0..tallies.cores()).map(|_| none()).collect();
        Self { tallies, encode, copies, courtesy: Courtesy::new(), out }
    }

    /// Writes a counter of each cell.
    pub(super) fn counters<K: Eq + Hash, C: Counted>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C>,
        of: impl Fn(&C) -> u64,
    ) -> io::Result<()> {
        self.encode.begin(family, Kind::Counter);
        for group in view.groups() {
            let mut sums = [0_u64; GROUP];
            view.read(self.tallies, &group, |_, cells| {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    *sum = sum.saturating_add(cell.map_or(0, &of));
                }
            });
            for (number, sum) in group.zip(sums) {
                let (labels, created) = view.labels(number);
                self.encode.counter(labels, sum as f64, created);
            }
            self.between_groups()?;
        }
        self.encode.end(self.out)
    }

    /// Writes a distribution of each cell that has one, if only an empty one.
    pub(super) fn distributions<K: Eq + Hash, C: Counted>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C>,
        of: impl Fn(&C) -> Option<Distribution<'_>>,
    ) -> io::Result<()> {
        self.encode.begin(family, Kind::Histogram);
        for group in view.groups() {
            let copies = &mut self.copies;
            view.read(self.tallies, &group, |core, cells| {
                let originals = cells.map(|cell| cell.and_then(&of));
                originals.iter().flatten().for_each(Distribution::fetch);
                for ((is_there, copy), original) in copies[core].iter_mut().zip(&originals) {
                    *is_there = original.is_some();
                    if let Some(original) = original {
                        copy.copy(original);
                    }
                }
            });
            for (nth, number) in group.enumerate() {
                let mut has_one = false;
                for (_, copy) in
                    self.copies.iter().map(|of_core| &of_core[nth]).filter(|(is_there, _)| *is_there)
                {
                    self.encode.add(&copy.distribution());
                    has_one = true;
                }
                if has_one {
                    let (labels, created) = view.labels(number);
                    self.encode.distribution(labels, created);
                }
            }
            self.between_groups()?;
        }
        self.encode.end(self.out)
    }

    /// Writes what conversions brought, in each currency.
    pub(super) fn conversion_values(&mut self, view: &View<'_, Visitor, VisitorCell>) -> io::Result<()> {
        self.encode.begin(&CONVERSION_VALUE, Kind::Counter);
        let mut with_currency = Vec::new();
        for group in view.groups() {
            let mut sums: [VisitorCell; GROUP] = std::array::from_fn(|_| VisitorCell::default());
            view.read(self.tallies, &group, |_, cells| {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    if let Some(cell) = cell {
                        sum.add_values(cell);
                    }
                }
            });
            for (number, sum) in group.zip(&sums) {
                let (labels, created) = view.labels(number);
                for (currency, value) in &sum.values {
                    with_currency.clear();
                    with_currency.extend_from_slice(labels);
                    E::label(CURRENCY, currency.code(), &mut with_currency);
                    self.encode.counter(&with_currency, value.to_f64().unwrap_or(f64::MAX), created);
                }
            }
            self.between_groups()?;
        }
        self.encode.end(self.out)
    }

    /// Writes the collector's own distribution, which is an HDR histogram like the others.
    pub(super) fn handling(&mut self, started: Created) -> io::Result<()> {
        self.encode.begin(&HANDLING, Kind::Histogram);
        for core in 0..self.tallies.cores() {
            self.encode.add(&self.tallies.of_core(core).handling.distribution());
        }
        self.encode.distribution(&[], started);
        self.encode.end(self.out)
    }

    /// No lock is held here.
    fn between_groups(&mut self) -> io::Result<()> {
        self.courtesy.give_way();
        self.encode.send_ready(self.out)
    }
}
