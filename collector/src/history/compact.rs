//! The history's upkeep, a bounded step at a time: minutes become hours, hours become days, days and names are deleted,
//! and free pages go back to the file system.
//!
//! A step takes some roll-ups of one coarser span, merges them there and deletes them here, in one transaction. Every
//! observation stays in exactly one table, so it makes no difference where a step ends, or whether more comes later.

use std::collections::BTreeMap;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::cell::{Cell, Codec};
use super::dimension::Projection;
use super::store::{self, COLUMNS, Names, Place, Store};
use super::{HistoryError, Retention, Span, UnixSeconds, names};
use crate::limits::{PAGES_PER_STEP, ROLLUPS_PER_STEP};

/// Free pages stay in the file up to this part of it: they are soon needed again.
const FREE_PART_MAX: i64 = 8;

/// The history's upkeep, and how far it has come.
#[derive(Debug)]
pub(super) struct Upkeep {
    retention: Retention,
    /// What is being moved.
    moving: Option<Moving>,
}

/// Roll-ups that become coarser.
#[derive(Debug)]
struct Moving {
    from: Span,
    to: Span,
    /// Where they go.
    target: Place,
    /// Those that are left: of the same names together, in the order in which names are given up last to first.
    ids: Vec<i64>,
}

impl Upkeep {
    /// Keeps roll-ups for so long.
    #[must_use]
    pub(super) fn new(retention: Retention) -> Self {
        Self { retention, moving: None }
    }

    /// Does one step, and returns whether there may be more to do.
    ///
    /// Only the moment of writing keeps others from writing; what is to be moved is chosen and merged before.
    ///
    /// # Errors
    ///
    /// When the database can't be used, or a roll-up is damaged, which is then left where it is. The next step begins
    /// anew.
    pub(super) fn step(
        &mut self,
        connection: &mut Connection,
        now: UnixSeconds,
    ) -> Result<bool, HistoryError> {
        let before = |kept: Duration| {
            UnixSeconds(now.0.saturating_sub(i64::try_from(kept.as_secs()).unwrap_or(i64::MAX)))
        };
        let Retention { minutes, hours, days } = self.retention;
        if self.moving.is_none() {
            self.moving = Moving::due(connection, Span::Minute, Span::Hour, before(minutes))?;
        }
        if self.moving.is_none() {
            self.moving = Moving::due(connection, Span::Hour, Span::Day, before(hours))?;
        }
        if let Some(mut moving) = self.moving.take() {
            moving.step(connection)?;
            self.moving = Some(moving).filter(|moving| !moving.ids.is_empty());
            return Ok(true);
        }
        let days = before(days);
        Ok(expire(connection, days)?
            || names::forget(connection, Span::Day.start(days))? > 0
            || shrink(connection)?)
    }
}

impl Moving {
    /// The roll-ups of the oldest coarse span of some site and projection, if it ended before a time.
    fn due(
        connection: &Connection,
        from: Span,
        to: Span,
        before: UnixSeconds,
    ) -> Result<Option<Self>, HistoryError> {
        let is_due = |place: &Place| to.end(to.start(place.start)) <= before;
        let Some(oldest) = oldest(connection, from, is_due)? else { return Ok(None) };
        let target = Place { start: to.start(oldest.start), ..oldest };
        let ids = choose(connection, from, target, to.end(target.start))?;
        Ok(Some(Self { from, to, target, ids }))
    }

    /// Moves some.
    fn step(&mut self, connection: &mut Connection) -> Result<(), HistoryError> {
        let ids = self.ids.split_off(self.ids.len().saturating_sub(ROLLUPS_PER_STEP as usize));
        let merged = merge(connection, self.from, &ids)?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let cells = merged.into_iter().map(|(names, cell)| (self.target, names, cell)).collect();
        Store::new(&transaction, self.target.start)?.put_all(self.to, cells)?;
        delete(&transaction, self.from, &ids)?;
        Ok(transaction.commit()?)
    }
}

/// The oldest roll-up of some site and projection that is `due`.
fn oldest(
    connection: &Connection,
    span: Span,
    is_due: impl Fn(&Place) -> bool,
) -> Result<Option<Place>, HistoryError> {
    // From one projection and site to the next by the index, without a look at what lies between; SQLite would walk
    // through all of it for a comparison of pairs.
    let [projections, sites] = ["site = ?1 AND projection > ?2", "site > ?1 AND ?2 IS NOT NULL"].map(|next| {
        let table = span.table();
        format!("SELECT site, projection, start FROM {table} WHERE {next} ORDER BY site, projection, start LIMIT 1")
    });
    let mut after = (i64::MIN, 0);
    loop {
        let next = match first(connection, &projections, after)? {
            None => first(connection, &sites, after)?,
            found => found,
        };
        match next {
            Some(place) if !is_due(&place) => after = (place.site, place.projection.0),
            due => return Ok(due),
        }
    }
}

/// The first place that a statement finds after a site and a projection.
fn first(connection: &Connection, sql: &str, after: (i64, u8)) -> Result<Option<Place>, HistoryError> {
    let mut statement = connection.prepare_cached(sql)?;
    let place = statement.query_row(after, |row| {
        let (site, projection, start) = (row.get(0)?, Projection(row.get(1)?), UnixSeconds(row.get(2)?));
        Ok(Place { site, projection, start })
    });
    Ok(place.optional()?)
}

/// The ids of all roll-ups from the start of a place to an `end`: those of the same names together, and the names that
/// were met in most spans last, which is where steps begin: they keep their names if there is no room for all.
fn choose(
    connection: &Connection,
    span: Span,
    place: Place,
    end: UnixSeconds,
) -> Result<Vec<i64>, HistoryError> {
    let sql = format!(
        "SELECT id FROM (
             SELECT id, device, channel, country, page,
                    count(*) OVER (PARTITION BY device, channel, country, page) AS met
             FROM {} WHERE site = ?1 AND projection = ?2 AND start >= ?3 AND start < ?4
         ) ORDER BY met, device, channel, country, page",
        span.table()
    );
    let mut statement = connection.prepare_cached(&sql)?;
    let ids =
        statement.query_map((place.site, place.projection.0, place.start.0, end.0), |row| row.get(0))?;
    Ok(ids.collect::<Result<_, _>>()?)
}

/// What rows hold, by their names.
fn merge(connection: &Connection, span: Span, ids: &[i64]) -> Result<BTreeMap<Names, Cell>, HistoryError> {
    let sql = format!("SELECT {COLUMNS}, device, channel, country, page FROM {} WHERE id = ?1", span.table());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut codec = Codec::new();
    let mut merged = BTreeMap::<Names, Cell>::new();
    for id in ids {
        let mut rows = statement.query([id])?;
        if let Some(row) = rows.next()? {
            let names = [row.get(5)?, row.get(6)?, row.get(7)?, row.get(8)?];
            store::merge(row, span, &mut codec, merged.entry(names).or_default())?;
        }
    }
    Ok(merged)
}

fn delete(transaction: &Transaction<'_>, span: Span, ids: &[i64]) -> Result<(), HistoryError> {
    let sql = format!("DELETE FROM {} WHERE id = ?1", span.table());
    let mut statement = transaction.prepare_cached(&sql)?;
    for id in ids {
        statement.execute([id])?;
    }
    Ok(())
}

/// Deletes some days that ended before a time.
fn expire(connection: &mut Connection, before: UnixSeconds) -> Result<bool, HistoryError> {
    let is_due = |place: &Place| Span::Day.end(place.start) <= before;
    let Some(oldest) = oldest(connection, Span::Day, is_due)? else { return Ok(false) };
    let table = Span::Day.table();
    let sql = format!(
        "DELETE FROM {table} WHERE id IN (SELECT id FROM {table}
         WHERE site = ?1 AND projection = ?2 AND start = ?3 LIMIT ?4)"
    );
    let key = (oldest.site, oldest.projection.0, oldest.start.0, ROLLUPS_PER_STEP);
    connection.prepare_cached(&sql)?.execute(key)?;
    Ok(true)
}

/// Gives some free pages back, if there are many, and the database was made so that it can.
fn shrink(connection: &Connection) -> Result<bool, HistoryError> {
    let number = |pragma| connection.query_row(pragma, [], |row| row.get::<_, i64>(0));
    let (pages, free) = (number("PRAGMA page_count")?, number("PRAGMA freelist_count")?);
    if free <= pages / FREE_PART_MAX || number("PRAGMA auto_vacuum")? != INCREMENTAL {
        return Ok(false);
    }
    let mut vacuum = connection.prepare(&format!("PRAGMA incremental_vacuum({PAGES_PER_STEP})"))?;
    let mut steps = vacuum.query([])?;
    while steps.next()?.is_some() {}
    Ok(true)
}

/// What `PRAGMA auto_vacuum` says of a database whose pages can be given back.
const INCREMENTAL: i64 = 2;
