//! The names of all cells of all cores at the beginning of a scrape, so that each series is written once, and where
//! each core keeps them, so that they are looked for once and not for every family.

use std::hash::Hash;

use crate::aggregate::cells::{Cells, CheckKey, Counted, PageKey, Place};
use crate::aggregate::{Host, SiteAggregate};
use crate::observation::Visitor;
use crate::tally::Tallies;

/// The cells of one view, in the order of their sites and names.
#[derive(Debug)]
pub(super) struct Names<K> {
    names: Vec<(usize, K)>,
    /// For each name, its place on each core; none where a core does not have it.
    places: Vec<Option<Place>>,
    cores: usize,
}

impl<K> Names<K> {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// The site and the name of each cell, and its place on each core.
    pub(super) fn iter(&self) -> impl Iterator<Item = (usize, &K, &[Option<Place>])> {
        let places = self.places.chunks(self.cores);
        self.names.iter().zip(places).map(|((site, name), places)| (*site, name, places))
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
        self.visitors.len() + self.pages.len() + self.checks.len() + self.third_parties.len()
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
            let cells = cells(&tally.aggregate.sites[site]);
            found.extend(cells.names().map(|(name, place)| (name.clone(), core, place)));
        }
        found.sort_unstable_by(|(left, ..), (right, ..)| left.cmp(right));
        for same in found.chunk_by(|(left, ..), (right, ..)| left == right) {
            names.push((site, same[0].0.clone()));
            let first = places.len();
            places.resize(first + cores, None);
            for &(_, core, place) in same {
                places[first + core] = Some(place);
            }
        }
    }
    Names { names, places, cores }
}
