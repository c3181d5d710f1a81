//! Answering questions: percentiles of one metric over any stored range, from merged histograms.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags, params_from_iter};

use super::cell::Codec;
use super::dimension::{Dimension, NO_NAME, PerDimension, Projection};
use super::rollup::OTHER;
use super::sparse::Sparse;
use super::{HistoryError, Span, UnixSeconds, names, schema};
use crate::limits::GROUPS_MAX;
use crate::measure::{Metric, Micros};

/// What the groups of an answer are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A dimension's names.
    Dimension(Dimension),
    /// Spans of time, as long as fits the range.
    Time,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The site's id.
    pub site: String,
    /// Of what.
    pub metric: Metric,
    /// Grouped how.
    pub by: By,
    /// From when on.
    pub from: UnixSeconds,
    /// Until before when.
    pub to: UnixSeconds,
    /// The only name that counts in a dimension, by its number.
    pub only: PerDimension<Option<String>>,
    /// Each between 0 and 1.
    pub quantiles: Vec<f64>,
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Timings {
    /// From when on the answer is true: earlier than asked, where only hours or days are left, or later, where
    /// nothing is stored before.
    pub from: UnixSeconds,
    /// Until before when: later than asked, where only hours or days are left.
    pub to: UnixSeconds,
    /// How long each group is, if they are groups of time.
    pub step: Option<Span>,
    /// The groups that have values: those of time in its order, others the largest first.
    pub groups: Vec<Group>,
    /// Roll-ups of the range that the answer lacks: they were damaged, and are set aside.
    pub damaged: u64,
}

/// One group of an answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What it is.
    pub name: GroupName,
    /// How many values it has.
    pub count: u64,
    /// The values at the question's quantiles, in its order.
    pub quantiles: Vec<Micros>,
}

/// What a group is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GroupName {
    /// What a dimension calls it.
    Name(String),
    /// Since when.
    Time(UnixSeconds),
}

/// Reads the history, with a connection for each question: SQLite's readers neither wait for the one who writes nor
/// keep him waiting.
#[derive(Debug, Clone)]
pub struct Reader {
    path: PathBuf,
}

impl Reader {
    /// Reads the database at a path that a [`Feed`](super::Feed) writes.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// Whether a site is in the history.
    ///
    /// # Errors
    ///
    /// When the database can't be read.
    pub fn knows(&self, site: &str) -> Result<bool, HistoryError> {
        Ok(names::find(&self.open()?, site)?.is_some())
    }

    /// Answers a question.
    ///
    /// # Errors
    ///
    /// When the database can't be read, or is damaged.
    pub fn timings(&self, question: &Question) -> Result<Timings, HistoryError> {
        let mut connection = self.open()?;
        // All that is read is of one moment, however many roll-ups move meanwhile.
        let moment = connection.transaction()?;
        answer(&moment, question)
    }

    fn open(&self) -> Result<Connection, HistoryError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        schema::check(&connection)?;
        Ok(connection)
    }
}

/// Rows that have an answer.
struct Rows {
    site: i64,
    projection: Projection,
    only: PerDimension<Option<i64>>,
    /// The number of the name of what is past a limit.
    other: i64,
}

fn answer(connection: &Connection, question: &Question) -> Result<Timings, HistoryError> {
    let nothing =
        Timings { from: question.from, to: question.to, step: None, groups: Vec::new(), damaged: 0 };
    let Some(rows) = Rows::of(connection, question)? else { return Ok(nothing) };
    let (from, to) = rows.covered(connection, question)?;
    let step = match question.by {
        By::Time => Some(rows.step(connection, from, to)?),
        By::Dimension(_) => None,
    };
    let mut groups = BTreeMap::<i64, Sparse>::new();
    let mut codec = Codec::new();
    for span in Span::ALL {
        rows.each(connection, span, from, to, |row| {
            let damaged = |source| HistoryError::Damaged { table: span.table(), id: row.id, source };
            let found = codec.distribution(row.metrics, question.metric).map_err(damaged)?;
            let Some(found) = found else { return Ok(()) };
            let group = match (question.by, step) {
                (By::Dimension(dimension), _) => row.names[dimension as usize],
                (By::Time, step) => step.unwrap_or(span).start(row.start).0,
            };
            // Past the limit they have no name of their own.
            let has_room = groups.len() + 1 < GROUPS_MAX || groups.contains_key(&group) || step.is_some();
            groups.entry(if has_room { group } else { rows.other }).or_default().merge(&found);
            Ok(())
        })?;
    }
    let named = groups.into_iter().map(|(group, values)| {
        let name = match question.by {
            By::Time => GroupName::Time(UnixSeconds(group)),
            By::Dimension(_) if group == rows.other => GroupName::Name(OTHER.to_owned()),
            By::Dimension(_) => GroupName::Name(names::name(connection, group)?),
        };
        let quantiles = question.quantiles.iter().filter_map(|&quantile| values.quantile(quantile)).collect();
        Ok(Group { name, count: values.count(), quantiles })
    });
    let mut groups = named.collect::<Result<Vec<_>, HistoryError>>()?;
    if question.by != By::Time {
        groups.sort_by(|left, right| right.count.cmp(&left.count).then(left.name.cmp(&right.name)));
    }
    let damaged = schema::damaged(connection, rows.site, rows.projection, from, to)?;
    Ok(Timings { from, to, step, groups, damaged })
}

/// One row as it is read.
struct Row<'a> {
    id: i64,
    start: UnixSeconds,
    names: PerDimension<i64>,
    metrics: &'a [u8],
}

impl Rows {
    /// Nothing if a name of the question was never met.
    fn of(connection: &Connection, question: &Question) -> Result<Option<Self>, HistoryError> {
        let Some(site) = names::find(connection, &question.site)? else { return Ok(None) };
        let mut told_apart = match question.by {
            By::Dimension(dimension) => Projection::NONE.with(dimension),
            By::Time => Projection::NONE,
        };
        let mut only = [None; Dimension::ALL.len()];
        for (dimension, name) in Dimension::ALL.into_iter().zip(&question.only) {
            let Some(name) = name else { continue };
            let Some(id) = names::find(connection, name)? else { return Ok(None) };
            only[dimension as usize] = Some(id);
            told_apart = told_apart.with(dimension);
        }
        let other = names::find(connection, OTHER)?.unwrap_or(NO_NAME);
        Ok(Some(Self { site, projection: told_apart.kept(), only, other }))
    }

    /// The range that is asked for, widened to the spans that are stored at its ends, and without what lies before
    /// all that is stored.
    fn covered(
        &self,
        connection: &Connection,
        question: &Question,
    ) -> Result<(UnixSeconds, UnixSeconds), HistoryError> {
        let (mut from, mut to) = (Span::Minute.start(question.from), question.to);
        let last = UnixSeconds(question.to.0.saturating_sub(1));
        to = to.max(Span::Minute.end(Span::Minute.start(last)));
        for span in [Span::Hour, Span::Day] {
            if self.has(connection, span, span.start(question.from))? {
                from = span.start(question.from);
            }
            if self.has(connection, span, span.start(last))? {
                to = span.end(span.start(last));
            }
        }
        let mut oldest = None;
        for span in Span::ALL {
            oldest = [oldest, self.oldest(connection, span)?].into_iter().flatten().min();
        }
        Ok((oldest.map_or(from, |oldest| from.max(oldest).min(to)), to))
    }

    /// How long groups of time are: as fits the range, but not shorter than what is stored in it.
    fn step(
        &self,
        connection: &Connection,
        from: UnixSeconds,
        to: UnixSeconds,
    ) -> Result<Span, HistoryError> {
        let mut step = Span::fitting(from, to);
        for span in [Span::Hour, Span::Day] {
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM {} WHERE site = ?1 AND projection = ?2 AND start >= ?3 AND start < ?4)",
                span.table()
            );
            let key = (self.site, self.projection.0, from.0, to.0);
            if connection.prepare_cached(&sql)?.query_row(key, |row| row.get(0))? {
                step = step.max(span);
            }
        }
        Ok(step)
    }

    fn has(&self, connection: &Connection, span: Span, start: UnixSeconds) -> Result<bool, HistoryError> {
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM {} WHERE site = ?1 AND projection = ?2 AND start = ?3)",
            span.table()
        );
        let key = (self.site, self.projection.0, start.0);
        Ok(connection.prepare_cached(&sql)?.query_row(key, |row| row.get(0))?)
    }

    fn oldest(&self, connection: &Connection, span: Span) -> Result<Option<UnixSeconds>, HistoryError> {
        let sql = format!("SELECT min(start) FROM {} WHERE site = ?1 AND projection = ?2", span.table());
        let key = (self.site, self.projection.0);
        let start: Option<i64> = connection.prepare_cached(&sql)?.query_row(key, |row| row.get(0))?;
        Ok(start.map(UnixSeconds))
    }

    /// Gives each row of a span that begins within a range.
    fn each(
        &self,
        connection: &Connection,
        span: Span,
        from: UnixSeconds,
        to: UnixSeconds,
        mut give: impl FnMut(Row<'_>) -> Result<(), HistoryError>,
    ) -> Result<(), HistoryError> {
        let mut sql = format!(
            "SELECT id, start, device, channel, country, page, metrics FROM {}
             WHERE site = ? AND projection = ? AND start >= ? AND start < ?",
            span.table()
        );
        let mut values = vec![self.site, self.projection.0.into(), from.0, to.0];
        for (dimension, id) in Dimension::ALL.into_iter().zip(self.only) {
            if let Some(id) = id {
                sql.push_str(" AND ");
                sql.push_str(dimension.name());
                sql.push_str(" = ?");
                values.push(id);
            }
        }
        let mut statement = connection.prepare(&sql)?;
        let mut rows = statement.query(params_from_iter(values.into_iter().map(Value::from)))?;
        while let Some(row) = rows.next()? {
            give(Row {
                id: row.get(0)?,
                start: UnixSeconds(row.get(1)?),
                names: [row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?],
                metrics: row.get_ref(6)?.as_blob().map_err(rusqlite::Error::from)?,
            })?;
        }
        Ok(())
    }
}
