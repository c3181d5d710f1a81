//! Writing families: of each series the sum of all cores.

use std::hash::Hash;
use std::io::{self, Write};
use std::ops::Range;

use rust_decimal::prelude::ToPrimitive;

use crate::aggregate::cell::VisitorCell;
use crate::aggregate::cells::Counted;
use crate::aggregate::histogram::{Copied, Distribution};
use crate::expose::catalog::{CONVERSION_VALUE, CURRENCY, Family, HANDLING};
use crate::expose::courtesy::Courtesy;
use crate::expose::encode::{Created, Encode, Kind};
use crate::observation::Visitor;
use crate::tally::Tallies;

use super::family::Written;
use super::view::{GROUP, View};

/// Families that are written at the same time: what they have in common, a cell and its latest rows, is fetched once, but
/// a family whose format says its length first is in memory as a whole.
const TOGETHER: usize = 2;

/// Copies of the distributions of a group that go into one family, those of each core together.
type Copies = Vec<[(bool, Copied); GROUP]>;

/// Writes families.
pub(in crate::expose) struct Writer<'a, E> {
    tallies: &'a Tallies,
    encode: E,
    copies: [Copies; TOGETHER],
    written: [Written; TOGETHER],
    courtesy: Courtesy,
    out: &'a mut dyn Write,
}

impl<'a, E: Encode> Writer<'a, E> {
    /// Writes what was tallied to `out`.
    pub(in crate::expose) fn new(tallies: &'a Tallies, out: &'a mut dyn Write) -> Self {
        let none = || std::array::from_fn(|_| (false, Copied::new()));
        let copies = std::array::from_fn(|_| (0..tallies.cores()).map(|_| none()).collect());
        Self {
            tallies,
            encode: E::new(),
            copies,
            written: Default::default(),
            courtesy: Courtesy::new(),
            out,
        }
    }

    /// Writes a counter of each cell.
    pub(super) fn counters<K: Eq + Hash, C: Counted>(
        &mut self,
        family: &Family,
        view: &View<'_, K, C>,
        of: impl Fn(&C) -> u64,
    ) -> io::Result<()> {
        self.written[0].begin::<E>(family, Kind::Counter);
        for group in view.groups() {
            let sums =
                view.sum(self.tallies, &group, |sum: &mut u64, cell| *sum = sum.saturating_add(of(cell)));
            for (number, sum) in group.zip(sums) {
                let (labels, created) = view.labels(number);
                self.encode.counter(family, labels, sum as f64, created, self.written[0].end());
            }
            self.between_groups()?;
        }
        self.written[0].send::<E>(self.out)
    }

    /// Writes families of distributions, of each cell that has one, if only an empty one; `of` says which one of a cell is
    /// that of a family, which it knows by what stands beside it.
    pub(super) fn distributions<K: Eq + Hash, C: Counted, D: Copy>(
        &mut self,
        view: &View<'_, K, C>,
        families: &[(&Family, D)],
        of: impl Fn(&C, D) -> Option<Distribution<'_>>,
    ) -> io::Result<()> {
        let together = if E::IS_LENGTH_FIRST { TOGETHER } else { 1 };
        families.chunks(together).try_for_each(|families| self.distributions_together(view, families, &of))
    }

    fn distributions_together<K: Eq + Hash, C: Counted, D: Copy>(
        &mut self,
        view: &View<'_, K, C>,
        families: &[(&Family, D)],
        of: impl Fn(&C, D) -> Option<Distribution<'_>>,
    ) -> io::Result<()> {
        for (written, (family, _)) in self.written.iter_mut().zip(families) {
            written.begin::<E>(family, Kind::Histogram);
        }
        for group in view.groups() {
            self.copy(view, &group, families, &of);
            for ((copies, (family, _)), written) in self.copies.iter().zip(families).zip(&mut self.written) {
                for (nth, number) in group.clone().enumerate() {
                    let mut has_one = false;
                    for (_, copy) in
                        copies.iter().map(|of_core| &of_core[nth]).filter(|(is_there, _)| *is_there)
                    {
                        self.encode.add(&copy.distribution());
                        has_one = true;
                    }
                    if has_one {
                        let (labels, created) = view.labels(number);
                        self.encode.distribution(family, labels, created, written.end());
                    }
                }
            }
            self.between_groups()?;
        }
        self.written.iter_mut().take(families.len()).try_for_each(|written| written.send::<E>(self.out))
    }

    /// Copies the distributions of a group, as each core has them.
    fn copy<K: Eq + Hash, C: Counted, D: Copy>(
        &mut self,
        view: &View<'_, K, C>,
        group: &Range<usize>,
        families: &[(&Family, D)],
        of: impl Fn(&C, D) -> Option<Distribution<'_>>,
    ) {
        let expect = |cell: &C| {
            let distributions = families.iter().filter_map(|(_, which)| of(cell, *which));
            distributions.for_each(|distribution| distribution.expect(E::DETAIL));
        };
        let copies = &mut self.copies;
        view.read(self.tallies, group, expect, |core, cells| {
            for (copies, (_, which)) in copies.iter_mut().zip(families) {
                for ((is_there, copy), cell) in copies[core].iter_mut().zip(cells) {
                    let original = cell.and_then(|cell| of(cell, *which));
                    *is_there = original.is_some();
                    if let Some(original) = &original {
                        copy.copy(original, E::DETAIL);
                    }
                }
            }
        });
    }

    /// Writes what conversions brought, in each currency.
    pub(super) fn conversion_values(&mut self, view: &View<'_, Visitor, VisitorCell>) -> io::Result<()> {
        self.written[0].begin::<E>(&CONVERSION_VALUE, Kind::Counter);
        let mut with_currency = Vec::new();
        for group in view.groups() {
            let sums = view.sum(self.tallies, &group, VisitorCell::add_values);
            for (number, sum) in group.zip(&sums) {
                let (labels, created) = view.labels(number);
                for (currency, value) in &sum.values {
                    with_currency.clear();
                    with_currency.extend_from_slice(labels);
                    E::label(CURRENCY, currency.code(), &mut with_currency);
                    let value = value.to_f64().unwrap_or(f64::MAX);
                    self.encode.counter(
                        &CONVERSION_VALUE,
                        &with_currency,
                        value,
                        created,
                        self.written[0].end(),
                    );
                }
            }
            self.between_groups()?;
        }
        self.written[0].send::<E>(self.out)
    }

    /// Writes the collector's own distribution, which is an HDR histogram like the others.
    pub(super) fn handling(&mut self, started: Created) -> io::Result<()> {
        self.written[0].begin::<E>(&HANDLING, Kind::Histogram);
        for core in 0..self.tallies.cores() {
            self.encode.add(&self.tallies.of_core(core).handling.distribution());
        }
        self.encode.distribution(&HANDLING, &[], started, self.written[0].end());
        self.written[0].send::<E>(self.out)
    }

    /// No lock is held here.
    fn between_groups(&mut self) -> io::Result<()> {
        self.courtesy.give_way();
        self.written.iter_mut().try_for_each(|written| written.send_ready::<E>(self.out))
    }
}
