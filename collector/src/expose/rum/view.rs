//! One view: its cells as each core has them, a few at a time, and their labels.

use std::hash::Hash;
use std::ops::Range;

use crate::aggregate::SiteAggregate;
use crate::aggregate::cells::{Cells, Counted, Place};
use crate::config::Site;
use crate::expose::encode::{Created, Encode};
use crate::expose::names::{Named, Names};
use crate::tally::Tallies;

/// Cells that are read side by side.
pub(super) const GROUP: usize = 16;

/// One view: the names of its cells, where a core keeps them, and their labels.
pub(super) struct View<'a, K, C> {
    names: &'a Names<K>,
    of_site: fn(&SiteAggregate) -> &Cells<K, C>,
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
    /// Those of the cell with this number.
    fn of_cell(&self, number: usize) -> &[u8] {
        let begin = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.written[begin..self.ends[number]]
    }
}

impl<'a, K, C> View<'a, K, C> {
    /// The cells with these names, and what their labels say.
    pub(super) fn new<E: Encode, const LABELS: usize>(
        names: &'a Names<K>,
        of_site: fn(&SiteAggregate) -> &Cells<K, C>,
        sites: &[&'a Site],
        label_names: &[&str],
        label_values: impl Fn(&'a Site, &'a K) -> [&'a str; LABELS],
    ) -> Self {
        let mut labels = Labels::default();
        let mut of_cell = Vec::new();
        for Named { site, name, .. } in names.all() {
            of_cell.clear();
            for (name, value) in label_names.iter().zip(label_values(sites[*site], name)) {
                E::label(name, value, &mut of_cell);
            }
            labels.written.extend_from_slice(&of_cell);
            labels.ends.push(labels.written.len());
        }
        Self { names, of_site, labels }
    }

    /// The labels of a cell, as they are written, and since when it counts.
    pub(super) fn labels(&self, number: usize) -> (&[u8], Created) {
        let since = self.names.all()[number].since;
        (self.labels.of_cell(number), Created::from_secs(since.0.into()))
    }

    /// How many cells it has.
    fn cells(&self) -> usize {
        self.names.all().len()
    }

    /// The numbers of all cells, a few at a time.
    pub(super) fn groups(&self) -> impl Iterator<Item = Range<usize>> + use<K, C> {
        let count = self.cells();
        (0..count).step_by(GROUP).map(move |first| first..count.min(first + GROUP))
    }
}

impl<K: Eq + Hash, C: Counted> View<'_, K, C> {
    /// Lets `visit` see the cells of a group as each core has them, in the order of their numbers. Meanwhile that core's
    /// beacons wait, so memory that the next groups need is asked for ahead: their names, then their cells, and of those of
    /// the very next group what `expect` asks for.
    pub(super) fn read(
        &self,
        tallies: &Tallies,
        group: &Range<usize>,
        expect: impl Fn(&C),
        mut visit: impl FnMut(usize, [Option<&C>; GROUP]),
    ) {
        for core in 0..tallies.cores() {
            let tally = tallies.of_core(core);
            let sites = &tally.aggregate.sites;
            self.placed(sites, core, group, 3).for_each(|(cells, place, _)| cells.expect_name(place));
            self.placed(sites, core, group, 2).for_each(|(cells, place, _)| cells.expect(place));
            let next = self.placed(sites, core, group, 1);
            next.filter_map(|(cells, place, name)| cells.get_at(place, name))
                .for_each(|cell| expect(&cell.counts));
            let mut cells = [None; GROUP];
            for (cell, number) in cells.iter_mut().zip(group.clone()) {
                let placed = self.placed_one(sites, core, number);
                *cell = placed
                    .and_then(|(cells, place, name)| cells.get_at(place, name))
                    .map(|cell| &cell.counts);
            }
            visit(core, cells);
        }
    }

    /// Of each cell of a group the sum of what all cores have.
    pub(super) fn sum<S>(
        &self,
        tallies: &Tallies,
        group: &Range<usize>,
        add: impl Fn(&mut S, &C),
    ) -> [S; GROUP]
    where
        S: Default,
    {
        let mut sums = std::array::from_fn(|_| S::default());
        self.read(
            tallies,
            group,
            |_| {},
            |_, cells| {
                for (sum, cell) in sums.iter_mut().zip(cells) {
                    if let Some(cell) = cell {
                        add(sum, cell);
                    }
                }
            },
        );
        sums
    }

    /// Where the cells are that come so many groups later.
    fn placed<'t>(
        &'t self,
        sites: &'t [SiteAggregate],
        core: usize,
        group: &Range<usize>,
        later: usize,
    ) -> impl Iterator<Item = (&'t Cells<K, C>, Place, &'t K)> {
        let first = group.start + later * GROUP;
        let numbers = first.min(self.cells())..(first + GROUP).min(self.cells());
        numbers.filter_map(move |number| self.placed_one(sites, core, number))
    }

    /// Where a cell is on a core that has it.
    fn placed_one<'t>(
        &'t self,
        sites: &'t [SiteAggregate],
        core: usize,
        number: usize,
    ) -> Option<(&'t Cells<K, C>, Place, &'t K)> {
        let Named { site, name, .. } = &self.names.all()[number];
        Some(((self.of_site)(&sites[*site]), self.names.place(number, core)?, name))
    }
}
