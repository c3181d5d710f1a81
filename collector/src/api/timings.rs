//! `/api/v1/timings`: percentiles of a metric over any stored range, by device, channel, country, page or time.

mod question;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use hyper::{Response, StatusCode};
use serde::Serialize;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{error, json};
use crate::answer::Body;
use crate::clickhouse::{ClickHouseError, Store};
use crate::history::{self, By, GroupName, HistoryError, Question, Reader, Span, UnixSeconds};
use crate::limits::QUESTIONS_MAX;
use crate::measure::{Metric, Micros, Scale};

use self::question::{WrongQuestion, parse};

/// What answers: both give the same.
#[derive(Debug, Clone)]
pub enum Source {
    /// Roll-ups in the data folder.
    History(Reader),
    /// Rows in ClickHouse.
    ClickHouse(Store),
}

/// Answers questions, some at the same time.
#[derive(Debug)]
pub(super) struct Timings {
    source: Source,
    room: Arc<Semaphore>,
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error(transparent)]
    Wrong(#[from] WrongQuestion),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Unwritable(#[from] serde_json::Error),
    #[error(transparent)]
    ClickHouse(#[from] ClickHouseError),
    #[error(transparent)]
    Cut(#[from] tokio::task::JoinError),
}

impl Timings {
    pub(super) fn new(source: Source) -> Self {
        Self { source, room: Arc::new(Semaphore::new(QUESTIONS_MAX)) }
    }

    /// Answers the question of a query string.
    pub(super) async fn answer(&self, query: &str) -> Response<Body> {
        let Ok(room) = Arc::clone(&self.room).try_acquire_owned() else {
            return error(
                StatusCode::SERVICE_UNAVAILABLE,
                "too many questions are being answered; try again",
            );
        };
        match self.source.answer(query, now(), room).await {
            Ok(answer) => json(StatusCode::OK, answer),
            Err(NoAnswer::Wrong(wrong)) => error(StatusCode::BAD_REQUEST, &wrong.to_string()),
            Err(NoAnswer::History(failure)) => fail(&failure),
            Err(NoAnswer::ClickHouse(failure)) => fail(&failure),
            Err(NoAnswer::Unwritable(failure)) => fail(&failure),
            Err(NoAnswer::Cut(failure)) => fail(&failure),
        }
    }
}

impl Source {
    /// Answers a query string; `room` is taken until nothing more is done for it.
    async fn answer(
        &self,
        query: &str,
        now: UnixSeconds,
        room: OwnedSemaphorePermit,
    ) -> Result<String, NoAnswer> {
        let question = parse(query, now)?;
        let (question, timings) = match self {
            Self::History(reader) => {
                let reader = reader.clone();
                // The disk may be slow, and this thread's runtime answers health checks too.
                let answered = tokio::task::spawn_blocking(move || {
                    let _room = room;
                    let timings = stored(&reader, &question)?;
                    Ok::<_, HistoryError>((question, timings))
                });
                answered.await??
            }
            Self::ClickHouse(store) => {
                let _room = room;
                let timings = store.timings(&question).await?;
                (question, timings)
            }
        };
        let timings = timings.ok_or(WrongQuestion::UnknownSite)?;
        Ok(serde_json::to_string(&Answer::new(&question, timings))?)
    }
}

/// What the history has of a question's site, if it knows it.
fn stored(reader: &Reader, question: &Question) -> Result<Option<history::Timings>, HistoryError> {
    if reader.knows(&question.site)? { reader.timings(question).map(Some) } else { Ok(None) }
}

fn fail(failure: &(dyn std::error::Error + 'static)) -> Response<Body> {
    tracing::error!(error = failure, "a question about the past can't be answered");
    error(StatusCode::SERVICE_UNAVAILABLE, "what is stored can't be read; the log says why")
}

fn now() -> UnixSeconds {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    UnixSeconds(i64::try_from(since.as_secs()).unwrap_or(i64::MAX))
}

/// The answer as it is sent.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    site: &'a str,
    metric: &'static str,
    by: &'static str,
    /// Of the values: `ms`, or `score` for CLS.
    unit: &'static str,
    from: String,
    to: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<&'static str>,
    groups: Vec<Group>,
    /// Damaged roll-ups that it lacks.
    damaged: u64,
}

#[derive(Debug, Serialize)]
struct Group {
    name: String,
    count: u64,
    /// Value by quantile, as it was asked for.
    quantiles: BTreeMap<String, f64>,
}

impl<'a> Answer<'a> {
    fn new(question: &'a Question, timings: history::Timings) -> Self {
        let group = |group: history::Group| {
            let values = group.quantiles.into_iter().map(|value| in_unit(question.metric, value));
            Group {
                name: match group.name {
                    GroupName::Name(name) => name,
                    GroupName::Time(start) => date(start),
                },
                count: group.count,
                quantiles: question.quantiles.iter().map(f64::to_string).zip(values).collect(),
            }
        };
        Self {
            site: &question.site,
            metric: question.metric.name(),
            by: match question.by {
                By::Dimension(dimension) => dimension.name(),
                By::Time => question::TIME,
            },
            unit: if question.metric.scale() == Scale::Score { "score" } else { "ms" },
            from: date(timings.from),
            to: date(timings.to),
            step: timings.step.map(|step| match step {
                Span::Minute => "minute",
                Span::Hour => "hour",
                Span::Day => "day",
            }),
            groups: timings.groups.into_iter().map(group).collect(),
            damaged: timings.damaged,
        }
    }
}

fn in_unit(metric: Metric, Micros(value): Micros) -> f64 {
    f64::from(value) / if metric.scale() == Scale::Score { 1e6 } else { 1e3 }
}

/// A time in the format of RFC 3339; questions have none that it can't tell.
fn date(UnixSeconds(seconds): UnixSeconds) -> String {
    let date = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    date.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests;
