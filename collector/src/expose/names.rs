//! The names of all cells of all cores at the beginning of a scrape, so that each series is written once.

use std::collections::HashSet;
use std::hash::Hash;

use crate::aggregate::cells::{Cells, CheckKey, Counted, PageKey};
use crate::aggregate::{Host, SiteAggregate};
use crate::observation::Visitor;
use crate::tally::Tallies;

/// The cells of one view, in the order of their sites and names.
pub(super) type Names<K> = Vec<(usize, K)>;

/// The cells of every view, each with the number of its site.
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
    let mut all = Vec::new();
    for site in 0..sites {
        let mut names = HashSet::new();
        for core in 0..tallies.cores() {
            let tally = tallies.of_core(core);
            names.extend(cells(&tally.aggregate.sites[site]).iter().map(|(name, _)| name.clone()));
        }
        let mut names: Vec<_> = names.into_iter().map(|name| (site, name)).collect();
        names.sort_unstable();
        all.extend(names);
    }
    all
}
