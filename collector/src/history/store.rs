//! Writing roll-ups: each is merged with the row of its key, where there is one, within the budget of its span.

use std::collections::HashMap;

use ahash::RandomState;
use rusqlite::{Connection, Row, Transaction};

use super::cell::{Cell, Codec};
use super::dimension::{Dimension, NO_NAME, PerDimension, Projection};
use super::names::{self, Kind};
use super::rollup::{NO_PAGE, OTHER, Rollups};
use super::{HistoryError, Span, UnixSeconds};
use crate::limits::ROLLUPS_MAX;

/// The roll-ups of one span of time, of one site and projection: they share a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub site: i64,
    pub projection: Projection,
    pub start: UnixSeconds,
}

/// The numbers of a row's names.
pub(super) type Names = PerDimension<i64>;

/// Adds roll-ups to the history: all of them, or, when it fails and the transaction is rolled back, none.
///
/// # Errors
///
/// When the database can't be written, or what is there is damaged.
pub(super) fn add(transaction: &Transaction<'_>, rollups: &Rollups) -> Result<(), HistoryError> {
    let Some(latest) = rollups.cells().map(|(key, _)| key.minute).max() else { return Ok(()) };
    let numbers = learn(transaction, rollups, latest)?;
    let mut merged: HashMap<(Place, Names), Cell, RandomState> = HashMap::default();
    for (key, cell) in rollups.cells() {
        let names = key.names.map(|name| numbers[name as usize]);
        for projection in Projection::KEPT {
            let place = Place { site: numbers[key.site as usize], projection, start: key.minute };
            merged.entry((place, projection.of_names(names))).or_default().merge(cell);
        }
    }
    let cells = merged.into_iter().map(|((place, names), cell)| (place, names, cell)).collect();
    Store::new(transaction, latest)?.put_all(Span::Minute, cells)
}

/// The number of each name, in their order.
fn learn(connection: &Connection, rollups: &Rollups, latest: UnixSeconds) -> Result<Vec<i64>, HistoryError> {
    let mut kinds = vec![Kind::Free; rollups.names().count()];
    for (key, _) in rollups.cells() {
        let [device, channel, country, _page] = key.names;
        for name in [key.site, device, channel, country] {
            kinds[name as usize] = Kind::Bounded;
        }
    }
    let other = other(connection, latest)?;
    let number = |(name, kind): (&str, Kind)| match name {
        NO_PAGE => Ok(NO_NAME),
        name => Ok(names::learn(connection, name, kind, latest)?.unwrap_or(other)),
    };
    rollups.names().zip(kinds).map(number).collect()
}

fn other(connection: &Connection, used: UnixSeconds) -> Result<i64, HistoryError> {
    Ok(names::learn(connection, OTHER, Kind::Bounded, used)?.unwrap_or(NO_NAME))
}

/// Writes roll-ups in a transaction.
pub(super) struct Store<'c> {
    connection: &'c Connection,
    codec: Codec,
    /// The number of the name of what is past a budget.
    other: i64,
    /// How many more rows each place may have.
    room: HashMap<Place, u32, RandomState>,
}

impl<'c> Store<'c> {
    /// For roll-ups up to a time.
    pub(super) fn new(connection: &'c Connection, latest: UnixSeconds) -> Result<Self, HistoryError> {
        let other = other(connection, latest)?;
        Ok(Self { connection, codec: Codec::new(), other, room: HashMap::default() })
    }

    /// Writes roll-ups, the largest first: where there is no room for all, they keep their names.
    pub(super) fn put_all(
        &mut self,
        span: Span,
        mut cells: Vec<(Place, Names, Cell)>,
    ) -> Result<(), HistoryError> {
        cells.sort_unstable_by(|(left, left_names, left_cell), (right, right_names, right_cell)| {
            let by_size = right_cell.views.cmp(&left_cell.views);
            left.cmp(right).then(by_size).then(left_names.cmp(right_names))
        });
        cells.into_iter().try_for_each(|(place, names, cell)| self.put(span, place, names, cell))
    }

    fn put(&mut self, span: Span, place: Place, names: Names, mut cell: Cell) -> Result<(), HistoryError> {
        for names in self.fallbacks(place, names) {
            if let Some(id) = self.merge_row(span, place, names, &mut cell)? {
                return self.update(span, id, &cell);
            }
            let is_last_resort = names.iter().all(|&name| name == NO_NAME || name == self.other);
            let room = self.room(span, place)?;
            if *room > 0 || is_last_resort {
                *room = room.saturating_sub(1);
                return self.insert(span, place, names, &cell);
            }
        }
        Ok(())
    }

    /// Where a roll-up may be counted: under its names, without its page, without any.
    fn fallbacks(&self, place: Place, names: Names) -> [Names; 3] {
        let other = place.projection.of_names([self.other; Dimension::ALL.len()]);
        let mut without_page = names;
        without_page[Dimension::Page as usize] = other[Dimension::Page as usize];
        [names, without_page, other]
    }

    fn room(&mut self, span: Span, place: Place) -> Result<&mut u32, HistoryError> {
        if !self.room.contains_key(&place) {
            let sql = format!(
                "SELECT count(*) FROM {} WHERE site = ?1 AND projection = ?2 AND start = ?3",
                span.table()
            );
            let mut statement = self.connection.prepare_cached(&sql)?;
            let key = (place.site, place.projection.0, place.start.0);
            let rows: u32 = statement.query_row(key, |row| row.get(0))?;
            self.room.insert(place, ROLLUPS_MAX[span as usize].saturating_sub(rows));
        }
        Ok(self.room.entry(place).or_default())
    }

    /// Adds what the row of a key holds to a cell; returns its `id`.
    fn merge_row(
        &mut self,
        span: Span,
        place: Place,
        names: Names,
        cell: &mut Cell,
    ) -> Result<Option<i64>, HistoryError> {
        let sql = format!(
            "SELECT {COLUMNS} FROM {} WHERE site = ?1 AND projection = ?2 AND start = ?3
             AND device = ?4 AND channel = ?5 AND country = ?6 AND page = ?7",
            span.table()
        );
        let mut statement = self.connection.prepare_cached(&sql)?;
        let [device, channel, country, page] = names;
        let Place { site, projection, start } = place;
        let mut rows = statement.query((site, projection.0, start.0, device, channel, country, page))?;
        rows.next()?.map(|row| merge(row, span, &mut self.codec, cell)).transpose()
    }

    fn update(&mut self, span: Span, id: i64, cell: &Cell) -> Result<(), HistoryError> {
        let sql = format!(
            "UPDATE {} SET views = ?2, sessions = ?3, conversions = ?4, metrics = ?5 WHERE id = ?1",
            span.table()
        );
        let blob = self.codec.pack(cell).map_err(HistoryError::Unwritable)?;
        let [views, sessions, conversions] = counts(cell);
        self.connection.prepare_cached(&sql)?.execute((id, views, sessions, conversions, blob))?;
        Ok(())
    }

    fn insert(&mut self, span: Span, place: Place, names: Names, cell: &Cell) -> Result<(), HistoryError> {
        let sql = format!(
            "INSERT INTO {} (site, projection, start, device, channel, country, page,
             views, sessions, conversions, metrics) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
            span.table()
        );
        let blob = self.codec.pack(cell).map_err(HistoryError::Unwritable)?;
        let [device, channel, country, page] = names;
        let [views, sessions, conversions] = counts(cell);
        let Place { site, projection, start } = place;
        self.connection.prepare_cached(&sql)?.execute((
            site,
            projection.0,
            start.0,
            device,
            channel,
            country,
            page,
            views,
            sessions,
            conversions,
            blob,
        ))?;
        Ok(())
    }
}

/// What [`merge`] reads of a row.
pub(super) const COLUMNS: &str = "id, views, sessions, conversions, metrics";

/// Adds what a row holds to a cell; returns its `id`.
pub(super) fn merge(
    row: &Row<'_>,
    span: Span,
    codec: &mut Codec,
    cell: &mut Cell,
) -> Result<i64, HistoryError> {
    let id = row.get(0)?;
    let count = |column| row.get(column).map(|count: i64| u64::try_from(count).unwrap_or_default());
    let damaged = |source| HistoryError::Damaged { table: span.table(), id, source };
    let blob = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
    codec.unpack(blob, cell).map_err(damaged)?;
    cell.count([count(1)?, count(2)?, count(3)?]);
    Ok(id)
}

/// A cell's counts as SQLite has them.
fn counts(cell: &Cell) -> [i64; 3] {
    [cell.views, cell.sessions, cell.conversions].map(|count| i64::try_from(count).unwrap_or(i64::MAX))
}
