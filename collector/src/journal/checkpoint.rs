//! Storing what the batches have made of the cells, so that batches need not be kept, and a start need not read them all.
//!
//! Nobody waits for it: cells are copied a few at a time, under their core's lock, and stored in small transactions beside
//! the cores' own. So a checkpoint is of no one moment. But each cell is stored with the number of the first batch
//! that it has not counted, and a start counts again what comes from there on; what a crash leaves of a checkpoint is
//! as good as a whole one. Only when all cells are stored that have counted anything of a batch, and its reports need
//! not be known again any more, the batch goes.

use std::collections::BTreeSet;
use std::hash::Hash;

use graadmeter_wire::Key;

use crate::aggregate::SiteAggregate;
use crate::aggregate::budget::View;
use crate::aggregate::cells::{Cell, Cells, Counted};
use crate::config::Site;
use crate::leb128;
use crate::outcome::Outcome;
use crate::tally::{Tallies, Tally};

use super::cell_name::CellName;
use super::store::{self, StoreError, StoredCell};
use super::writer::Writer;

/// Cells that are copied at a time, under their core's lock.
const COPIED_AT_ONCE: usize = 8;
/// Bytes of cells that are stored in a transaction: it keeps the cores' own waiting.
const BYTES_AT_ONCE: usize = 512 * 1024;
/// Batches that are removed in a transaction.
const REMOVED_AT_ONCE: usize = 500;
/// A batch after every batch, which can still have a next one.
const EVERY_BATCH: u64 = u64::MAX - 1;

/// How far the cells of each core are stored.
#[derive(Debug)]
pub struct Checkpoints {
    /// For each core, the batch up to which everything was counted when its last checkpoint began.
    until: Vec<u64>,
    /// How often cells were forgotten before it.
    forgotten: usize,
}

/// Which batches are kept although they are in the cells.
#[derive(Debug, Clone, Copy)]
pub(super) struct Kept {
    /// Those that are not older than this Unix time in seconds.
    pub since: i64,
    /// Those with higher numbers.
    pub after: u64,
}

impl Checkpoints {
    pub(super) fn new(until: Vec<u64>) -> Self {
        Self { until, forgotten: 0 }
    }

    pub(super) fn store(
        &mut self,
        tallies: &Tallies,
        sites: &[&Site],
        writer: &Writer,
        kept: Kept,
    ) -> Result<(), StoreError> {
        let _kept = tallies.keep_all();
        let forgotten = tallies.forgotten();
        let is_whole = forgotten != self.forgotten;
        self.until.resize(tallies.cores(), 0);
        for core in 0..tallies.cores() {
            let until = tallies.of_core(core).aggregate.batch;
            if until > self.until[core] || is_whole {
                let since = if is_whole { 0 } else { self.until[core] };
                OfCore { tallies, core, since, is_whole, writer, rows: Vec::new(), bytes: 0 }
                    .store(sites, until)?;
                self.until[core] = until;
            }
        }
        self.forgotten = forgotten;
        self.remove_batches(writer, kept)
    }

    /// Removes what need not be kept, a little at a time.
    fn remove_batches(&self, writer: &Writer, kept: Kept) -> Result<(), StoreError> {
        let old = writer.work(move |transaction| store::batches_before(transaction, kept.since))?;
        let end = old.end.min(kept.after.saturating_add(1));
        for start in (old.start..end).step_by(REMOVED_AT_ONCE) {
            let some = start..end.min(start + REMOVED_AT_ONCE as u64);
            let until = self.until.clone();
            writer.work(move |transaction| {
                let mut of_cores = until.iter().enumerate();
                of_cores.try_for_each(|(core, &until)| {
                    store::remove_batches(transaction, core, some.start..some.end.min(until + 1))
                })
            })?;
        }
        Ok(())
    }
}

/// A checkpoint of one core.
struct OfCore<'a> {
    tallies: &'a Tallies,
    core: usize,
    /// Cells that have counted nothing since this batch are stored.
    since: u64,
    /// All cells are stored anew, in one transaction: what is forgotten must not come back.
    is_whole: bool,
    writer: &'a Writer,
    /// What is to be stored, and its size.
    rows: Vec<StoredCell>,
    bytes: usize,
}

impl OfCore<'_> {
    fn store(mut self, sites: &[&Site], until: u64) -> Result<(), StoreError> {
        for (index, site) in sites.iter().enumerate() {
            self.view(site, index, View::Visitor, |site| &site.visitors)?;
            self.view(site, index, View::Page, |site| &site.pages)?;
            self.view(site, index, View::Check, |site| &site.checks)?;
            self.view(site, index, View::ThirdParty, |site| &site.third_parties)?;
        }
        let (rows, core, is_whole) = (std::mem::take(&mut self.rows), self.core, self.is_whole);
        let (next, counts) = own_counts(&self.tallies.of_core(core));
        self.writer.work(move |transaction| {
            if is_whole {
                store::remove_cells(transaction, core)?;
            }
            store::put_cells(transaction, core, &rows)?;
            store::put_counts(transaction, core, until, next, &counts)
        })
    }

    fn view<K: CellName + Eq + Hash + Clone, C: Counted>(
        &mut self,
        site: &Site,
        index: usize,
        view: View,
        cells: fn(&SiteAggregate) -> &Cells<K, C>,
    ) -> Result<(), StoreError> {
        let names: Vec<K> = {
            let tally = self.tallies.of_core(self.core);
            let has_counted = |(name, cell): (&K, &Cell<C>)| (cell.batch > self.since).then(|| name.clone());
            cells(&tally.aggregate.sites[index]).iter().filter_map(has_counted).collect()
        };
        for names in names.chunks(COPIED_AT_ONCE) {
            let copies: Vec<_> = {
                let tally = self.tallies.of_core(self.core);
                let cells = cells(&tally.aggregate.sites[index]);
                names.iter().filter_map(|name| Some((name, cells.get(name)?.clone()))).collect()
            };
            for (name, cell) in copies {
                // No batch is half counted while nobody has the lock.
                let row = row(site, view, name, &cell, cell.batch + 1);
                self.bytes += row.state.len();
                self.rows.push(row);
            }
            if self.bytes > BYTES_AT_ONCE && !self.is_whole {
                self.bytes = 0;
                let (rows, core) = (std::mem::take(&mut self.rows), self.core);
                self.writer.work(move |transaction| store::put_cells(transaction, core, &rows))?;
            }
        }
        Ok(())
    }
}

fn row<K: CellName, C: Counted>(site: &Site, view: View, name: &K, cell: &Cell<C>, batch: u64) -> StoredCell {
    let (mut bytes, mut state) = (Vec::new(), Vec::new());
    name.write(site, &mut bytes);
    cell.write(&mut state);
    StoredCell { site: site.id.clone(), view: view as u8, name: bytes, batch, state }
}

/// The number of the cell in which [`AllCells`] has a core's own counts.
const OWN_COUNTS: u8 = u8::MAX;

/// What all cores have counted, each cell with its core; as if they had counted every batch there can be.
pub type AllCells = BTreeSet<(usize, StoredCell)>;

/// All cells, to compare them.
pub fn cells_of(tallies: &Tallies, sites: &[&Site]) -> AllCells {
    fn add<K: CellName + Eq + Hash, C: Counted>(
        all: &mut AllCells,
        (core, site, view): (usize, &Site, View),
        cells: &Cells<K, C>,
    ) {
        all.extend(cells.iter().map(|(name, cell)| (core, row(site, view, name, cell, EVERY_BATCH))));
    }
    let mut all = AllCells::new();
    for core in 0..tallies.cores() {
        let tally = tallies.of_core(core);
        let (_, state) = own_counts(&tally);
        let own = StoredCell { view: OWN_COUNTS, batch: EVERY_BATCH, state, ..StoredCell::default() };
        all.insert((core, own));
        for (&site, counted) in sites.iter().zip(&tally.aggregate.sites) {
            add(&mut all, (core, site, View::Visitor), &counted.visitors);
            add(&mut all, (core, site, View::Page), &counted.pages);
            add(&mut all, (core, site, View::Check), &counted.checks);
            add(&mut all, (core, site, View::ThirdParty), &counted.third_parties);
        }
    }
    all
}

/// Puts all cells back.
pub fn put_back(tallies: &Tallies, sites: &[&Site], cells: &AllCells) {
    for (core, stored) in cells {
        let mut tally = tallies.of_core(*core);
        if stored.view == OWN_COUNTS {
            restore_own_counts(&mut tally, stored.batch, &stored.state);
        } else if let Some(index) = sites.iter().position(|site| site.id == stored.site) {
            // It was written a moment ago.
            let _read = restore_cell(sites[index], &mut tally.aggregate.sites[index], stored);
        }
    }
}

/// What a core has counted beside its cells, and the first batch that is not in it.
fn own_counts(tally: &Tally) -> (u64, Vec<u8>) {
    let mut counts = Vec::new();
    leb128::append(tally.outcomes[Outcome::Accepted], &mut counts);
    for &count in tally.aggregate.overflowed.iter().chain(&tally.left_out) {
        leb128::append(count, &mut counts);
    }
    (tally.aggregate.batch + 1, counts)
}

/// Puts a core's own counts back; those of keys that are new since begin at zero.
pub(super) fn restore_own_counts(tally: &mut Tally, next: u64, mut counts: &[u8]) {
    let Tally { aggregate, outcomes, left_out, .. } = tally;
    let mut count = || leb128::take(&mut counts).unwrap_or(0);
    outcomes[Outcome::Accepted] = count();
    aggregate.overflowed = [(); View::ALL.len()].map(|()| count());
    *left_out = [(); Key::ALL.len()].map(|()| count());
    aggregate.batch = next;
}

/// Puts a stored cell back; nothing if its name or state is of another program.
pub(super) fn restore_cell(site: &Site, into: &mut SiteAggregate, stored: &StoredCell) -> Option<()> {
    fn put<K: CellName + Eq + Hash, C: Counted>(
        site: &Site,
        cells: &mut Cells<K, C>,
        stored: &StoredCell,
    ) -> Option<()> {
        let name = K::read(site, &mut &stored.name[..])?;
        cells.put(name, Cell::read(stored.batch, &mut &stored.state[..])?);
        Some(())
    }
    match View::ALL.get(usize::from(stored.view))? {
        View::Visitor => put(site, &mut into.visitors, stored),
        View::Page => put(site, &mut into.pages, stored),
        View::Check => put(site, &mut into.checks, stored),
        View::ThirdParty => put(site, &mut into.third_parties, stored),
    }
}
