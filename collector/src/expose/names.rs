//! The names of all cells of all cores at the beginning of a scrape, so that each series is written once; and of each
//! what is the same for all its series, so that it is looked up once: where each core keeps it, and since when it counts.

use std::hash::Hash;

use crate::aggregate::cells::{Cells, CheckKey, Counted, PageKey, Place, Seconds};
use crate::aggregate::{Host, SiteAggregate};
use crate::observation::Visitor;
use crate::tally::Tallies;

/// Cells that are looked at before a core's lock is let go for a moment.
const CELLS_DATED: usize = 32;

/// The cells of one view, in the order of their sites and names.
#[derive(Debug)]
pub(super) struct Names<K> {
    cells: Vec<Named<K>>,
    /// For each name, its place on each core; none where a core does not have it.
    places: Vec<Option<Place>>,
    cores: usize,
}

/// A cell, its site and its name.
#[derive(Debug)]
pub(super) struct Named<K> {
    pub site: usize,
    pub name: K,
    /// Since when the oldest part of it counts.
    pub since: Seconds,
}

impl<K> Names<K> {
    /// All of them.
    pub(super) fn all(&self) -> &[Named<K>] {
        &self.cells
    }

    /// The place on a core of the name with this number.
    pub(super) fn place(&self, number: usize, core: usize) -> Option<Place> {
        self.places[number * self.cores + core]
    }
}

/// The cells of every view.
#[derive(Debug)]
pub(super) struct AllNames {
    pub visitors: Names<Visitor>,
    pub pages: Names<PageKey>,
    pub checks: Names<CheckKey>,
    pub third_parties: Names<Host>,
}

impl AllNames {
    pub(super) fn of(tallies: &Tallies, sites: usize) -> Self {
        Self {
            visitors: names(tallies, sites, |site| &site.visitors),
            pages: names(tallies, sites, |site| &site.pages),
            checks: names(tallies, sites, |site| &site.checks),
            third_parties: names(tallies, sites, |site| &site.third_parties),
        }
    }

    /// How many cells there are.
    pub(super) fn count(&self) -> usize {
        let Self { visitors, pages, checks, third_parties } = self;
        visitors.cells.len() + pages.cells.len() + checks.cells.len() + third_parties.cells.len()
    }
}

fn names<K: Eq + Hash + Ord + Clone, C: Counted>(
    tallies: &Tallies,
    sites: usize,
    cells: fn(&SiteAggregate) -> &Cells<K, C>,
) -> Names<K> {
    let cores = tallies.cores();
    let (mut names, mut places) = (Vec::new(), Vec::new());
    for site in 0..sites {
        let mut found = Vec::new();
        for core in 0..cores {
            let tally = tallies.of_core(core);
            // Names stand side by side, and so are soon read; cells would each wait for memory.
            let all = cells(&tally.aggregate.sites[site]).names();
            found.extend(all.map(|(name, place)| (name.clone(), core, place)));
        }
        found.sort_unstable_by(|(left, ..), (right, ..)| left.cmp(right));
        for same in found.chunk_by(|(left, ..), (right, ..)| left == right) {
            let first = places.len();
            places.resize(first + cores, None);
            for &(_, core, place) in same {
                places[first + core] = Some(place);
            }
            names.push(Named { site, name: same[0].0.clone(), since: Seconds(u32::MAX) });
        }
    }
    let mut names = Names { cells: names, places, cores };
    names.date(tallies, cells);
    names
}

impl<K: Eq + Hash> Names<K> {
    /// Finds since when each cell counts, a few at a time, so that no beacon waits for all of them.
    fn date<C: Counted>(&mut self, tallies: &Tallies, cells: fn(&SiteAggregate) -> &Cells<K, C>) {
        for core in 0..self.cores {
            for (chunk, named) in self.cells.chunks_mut(CELLS_DATED).enumerate() {
                let tally = tallies.of_core(core);
                for (nth, Named { site, name, since }) in named.iter_mut().enumerate() {
                    let place = self.places[(chunk * CELLS_DATED + nth) * self.cores + core];
                    let cell =
                        place.and_then(|place| cells(&tally.aggregate.sites[*site]).get_at(place, name));
                    *since = cell.map_or(*since, |cell| cell.since.min(*since));
                }
            }
        }
    }
}
