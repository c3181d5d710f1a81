//! The cells of one view: made when they are first needed and the budget allows, found by their names.

use std::hash::Hash;
use std::time::Duration;

use ahash::RandomState;
use hashbrown::hash_table::Entry;
use hashbrown::{Equivalent, HashTable};

use crate::leb128;
use crate::observation::Device;
use crate::prefetch::prefetch;

use super::OVERFLOW;

/// When something happened, in whole seconds of Unix time. Time comes in; nothing in here asks for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seconds(pub u32);

impl Seconds {
    /// The whole seconds of a time, which suffice for more than a century.
    #[must_use]
    pub fn of(time: Duration) -> Self {
        Self(u32::try_from(time.as_secs()).unwrap_or(u32::MAX))
    }
}

/// When something is counted, and by whom.
#[derive(Debug, Clone, Copy)]
pub struct Moment {
    /// When it happened.
    pub now: Seconds,
    /// The number of the journal's batch in which it stands; 0 without a journal.
    pub batch: u64,
}

impl Moment {
    /// Something that happens now, without a journal.
    #[must_use]
    pub fn at(now: Seconds) -> Self {
        Self { now, batch: 0 }
    }
}

/// What a cell counts.
pub trait Counted: Default + Clone {
    /// Says that it will soon be read.
    fn expect(&self);

    /// Appends what was counted, in one form for all that is the same.
    fn write(&self, into: &mut Vec<u8>);

    /// Takes what was written.
    fn read(from: &mut &[u8]) -> Option<Self>;

    /// Adds all that another cell of the same name has counted.
    fn merge(&mut self, other: &Self);
}

/// A cell, and when it was used.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Cell<C> {
    /// Since when it counts.
    pub since: Seconds,
    /// When it last counted something.
    pub last: Seconds,
    /// It has counted all of the journal's batches before this one.
    pub batch: u64,
    /// What it counted.
    pub counts: C,
}

impl<C: Counted> Cell<C> {
    fn merge(&mut self, other: &Self) {
        self.since = self.since.min(other.since);
        self.last = self.last.max(other.last);
        self.batch = self.batch.max(other.batch);
        self.counts.merge(&other.counts);
    }

    /// Appends all of it.
    pub fn write(&self, into: &mut Vec<u8>) {
        leb128::append(self.since.0.into(), into);
        leb128::append(self.last.0.into(), into);
        self.counts.write(into);
    }

    /// Takes what was written; `batch` is the first one that it has not counted.
    #[must_use]
    pub fn read(batch: u64, from: &mut &[u8]) -> Option<Self> {
        let mut seconds = || Some(Seconds(u32::try_from(leb128::take(from)?).ok()?));
        let (since, last) = (seconds()?, seconds()?);
        Some(Self { since, last, batch, counts: C::read(from)? })
    }
}

/// Where a cell stands among the others, until a table that grows moves them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place(usize);

/// The cells of one view.
#[derive(Debug)]
pub struct Cells<K, C> {
    cells: HashTable<(K, Box<Cell<C>>)>,
    hasher: RandomState,
}

impl<K: Eq + Hash, C: Counted> Cells<K, C> {
    /// The counts of the cell `key`, or, if it is new and not admitted, of the cell `other`; none if it has counted this
    /// moment's batch before.
    pub(super) fn at<'k, Q>(
        &mut self,
        key: &'k Q,
        other: &'k Q,
        moment: Moment,
        admits: impl FnOnce() -> bool,
    ) -> Option<&mut C>
    where
        Q: Hash + Equivalent<K> + ?Sized,
        K: From<&'k Q>,
    {
        let hash = self.hasher.hash_one(key);
        let cell = match self.cells.find_entry(hash, |(known, _)| key.equivalent(known)) {
            Ok(found) => &mut found.into_mut().1,
            Err(absent) => {
                let key = if admits() { key } else { other };
                let hasher = &self.hasher;
                let made = || (key.into(), Box::new(Cell { since: moment.now, ..Cell::default() }));
                let is_key = |(known, _): &(K, _)| key.equivalent(known);
                let rehash = |(known, _): &(K, _)| hasher.hash_one(known);
                let entry = absent.into_table().entry(hasher.hash_one(key), is_key, rehash);
                &mut entry.or_insert_with(made).into_mut().1
            }
        };
        if moment.batch < cell.batch {
            return None;
        }
        cell.batch = moment.batch;
        cell.last = cell.last.max(moment.now);
        Some(&mut cell.counts)
    }

    /// The cell `key`, if there is one.
    #[must_use]
    pub fn get<Q: Hash + Equivalent<K> + ?Sized>(&self, key: &Q) -> Option<&Cell<C>> {
        let hash = self.hasher.hash_one(key);
        self.cells.find(hash, |(known, _)| key.equivalent(known)).map(|(_, cell)| &**cell)
    }

    /// The cell `key`, which a while ago stood at `place`: most often it still does, and need not be looked for.
    #[must_use]
    pub fn get_at(&self, place: Place, key: &K) -> Option<&Cell<C>> {
        match self.cells.get_bucket(place.0) {
            Some((known, cell)) if known == key => Some(cell),
            _ => self.get(key),
        }
    }

    /// Says that a cell's name will soon be read where it stood a while ago.
    pub fn expect_name(&self, place: Place) {
        self.cells.get_bucket(place.0).into_iter().for_each(prefetch);
    }

    /// Says that the cell whose name is there will soon be read.
    pub fn expect(&self, place: Place) {
        if let Some((_, cell)) = self.cells.get_bucket(place.0) {
            prefetch(&cell.since);
            cell.counts.expect();
        }
    }

    /// Every cell's name, and where it stands.
    pub fn names(&self) -> impl Iterator<Item = (&K, Place)> {
        let name = |place| self.cells.get_bucket(place).map(|(key, _)| (key, Place(place)));
        self.cells.iter_buckets().filter_map(name)
    }

    /// Every cell.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &Cell<C>)> {
        self.cells.iter().map(|(key, cell)| (key, &**cell))
    }

    /// Forgets the cell `key`.
    pub(super) fn remove(&mut self, key: &K) {
        if let Entry::Occupied(cell) = self.entry(key) {
            cell.remove();
        }
    }

    pub(super) fn merge(&mut self, other: &Self)
    where
        K: Clone,
    {
        for (key, theirs) in other.iter() {
            match self.entry(key) {
                Entry::Occupied(known) => known.into_mut().1.merge(theirs),
                Entry::Vacant(new) => {
                    new.insert((key.clone(), Box::new(theirs.clone())));
                }
            }
        }
    }

    /// Puts a cell back that was stored.
    pub fn put(&mut self, key: K, cell: Cell<C>) {
        match self.entry(&key) {
            Entry::Occupied(known) => known.into_mut().1.merge(&cell),
            Entry::Vacant(new) => {
                new.insert((key, Box::new(cell)));
            }
        }
    }

    fn entry<Q: Hash + Equivalent<K> + ?Sized>(&mut self, key: &Q) -> Entry<'_, (K, Box<Cell<C>>)> {
        let hash = self.hasher.hash_one(key);
        let hasher = &self.hasher;
        self.cells.entry(hash, |(known, _)| key.equivalent(known), |(known, _)| hasher.hash_one(known))
    }
}

impl<K: Eq + Hash, C: Counted + PartialEq> PartialEq for Cells<K, C> {
    fn eq(&self, other: &Self) -> bool {
        self.cells.len() == other.cells.len() && self.iter().all(|(key, cell)| other.get(key) == Some(cell))
    }
}

impl<K, C> Default for Cells<K, C> {
    fn default() -> Self {
        Self { cells: HashTable::new(), hasher: RandomState::new() }
    }
}

/// Names a cell of the page view.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct PageKey {
    /// The page group.
    pub page: Box<str>,
    /// Kind of device.
    pub device: Device,
}

/// A [`PageKey`] that borrows its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageName<'a> {
    /// The page group.
    pub page: &'a str,
    /// Kind of device.
    pub device: Device,
}

impl PageName<'_> {
    /// The cell for what came past the budget.
    pub const OVERFLOW: Self = Self { page: OVERFLOW, device: Device::Other };
}

impl Equivalent<PageKey> for PageName<'_> {
    fn equivalent(&self, key: &PageKey) -> bool {
        *self.page == *key.page && self.device == key.device
    }
}

impl From<&PageName<'_>> for PageKey {
    fn from(name: &PageName<'_>) -> Self {
        Self { page: name.page.into(), device: name.device }
    }
}

/// Names a cell of a probe's check.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CheckKey {
    /// The check.
    pub check: Box<str>,
    /// Where the probe stands.
    pub region: Box<str>,
    /// Kind of device that it plays.
    pub device: Device,
}

/// A [`CheckKey`] that borrows its names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CheckName<'a> {
    /// The check.
    pub check: &'a str,
    /// Where the probe stands.
    pub region: &'a str,
    /// Kind of device that it plays.
    pub device: Device,
}

impl CheckName<'_> {
    /// The cell for what came past the budget.
    pub const OVERFLOW: Self = Self { check: OVERFLOW, region: OVERFLOW, device: Device::Other };
}

impl Equivalent<CheckKey> for CheckName<'_> {
    fn equivalent(&self, key: &CheckKey) -> bool {
        *self.check == *key.check && *self.region == *key.region && self.device == key.device
    }
}

impl From<&CheckName<'_>> for CheckKey {
    fn from(name: &CheckName<'_>) -> Self {
        Self { check: name.check.into(), region: name.region.into(), device: name.device }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aggregate::cell::PageCell;

    #[test]
    fn a_cell_is_found_again_where_it_stood_where_it_moved_and_not_when_forgotten() {
        let mut cells = Cells::<PageKey, PageCell>::default();
        let name = |number: usize| format!("page-{number}");
        let count = |cells: &mut Cells<PageKey, PageCell>, number: usize| {
            let page = name(number);
            let name = PageName { page: &page, device: Device::Mobile };
            let cell = cells.at(&name, &PageName::OVERFLOW, Moment::at(Seconds(0)), || true);
            cell.unwrap().views += number as u64;
        };
        (1..=10).for_each(|number| count(&mut cells, number));
        let views = |key: &PageKey| cells.get(key).map_or(0, |cell| cell.counts.views);
        let stood: Vec<_> = cells.names().map(|(key, place)| (key.clone(), views(key), place)).collect();
        assert_eq!(stood.len(), 10);
        let find = |cells: &Cells<PageKey, PageCell>, (key, views, place): &(PageKey, u64, Place)| {
            cells.get_at(*place, key).is_some_and(|cell| cell.counts.views == *views)
        };
        assert!(stood.iter().all(|cell| find(&cells, cell)));
        (11..=1_000).for_each(|number| count(&mut cells, number));
        assert!(stood.iter().all(|cell| find(&cells, cell)));
        cells.remove(&stood[0].0);
        assert!(!find(&cells, &stood[0]) && stood[1..].iter().all(|cell| find(&cells, cell)));
    }
}
