//! Answering questions from rows, as [`crate::history::Reader`] does from roll-ups.
//!
//! A value counts as the middle of its HDR bucket, the same bucket as in the history. So an answer has the history's
//! error, 1 % at the most, and a group takes no more memory than its buckets, however many rows there are. By what is
//! exact about rows, the range is that of the question to the second.
//!
//! What a question names goes as an external table beside the SQL, never into it. Bound parameters (`{site:String}`)
//! would do the same, but are unknown before 19.14.

use serde::Deserialize;

use super::client::{Body, Client};
use super::columns::{TABLE, of_metric};
use super::{ClickHouseError, Settings};
use crate::history::{By, Dimension, Group, GroupName, Question, Span, Timings, UnixSeconds};
use crate::limits::{CLICKHOUSE_QUERY_MAX, GROUPS_MAX};
use crate::measure::Micros;

/// Reads what ClickHouse has.
#[derive(Debug, Clone)]
pub struct Store {
    client: Client,
}

/// An answer in the format `JSONCompact`.
#[derive(Debug, Deserialize)]
struct Answer<Row> {
    data: Vec<Row>,
}

/// A group's name, count and quantiles. Whole numbers of eight bytes are texts, in all versions.
type GroupRow = (String, String, Vec<u32>);

impl Store {
    /// Nothing is asked of the server before the first question.
    ///
    /// # Errors
    ///
    /// When a setting can't be used.
    pub fn new(settings: &Settings) -> Result<Self, ClickHouseError> {
        Ok(Self { client: Client::new(settings)? })
    }

    /// Answers a question; nothing if nothing is stored of its site.
    ///
    /// # Errors
    ///
    /// When the server can't be asked.
    pub async fn timings(&self, question: &Question) -> Result<Option<Timings>, ClickHouseError> {
        let Some(oldest) = self.oldest(question).await? else { return Ok(None) };
        let from = question.from.max(oldest).min(question.to);
        let step = (question.by == By::Time).then(|| Span::fitting(from, question.to));
        let rows: Vec<GroupRow> = self.ask(&sql(question, step), question).await?;
        let mut groups = rows.into_iter().map(|row| group(row, step)).collect::<Result<Vec<_>, _>>()?;
        match step {
            Some(_) => groups.sort_by(|left, right| left.name.cmp(&right.name)),
            None => {
                groups.sort_by(|left, right| right.count.cmp(&left.count).then(left.name.cmp(&right.name)));
            }
        }
        Ok(Some(Timings { from, to: question.to, step, groups, damaged: 0 }))
    }

    /// When the oldest that visitors reported of a site was.
    async fn oldest(&self, question: &Question) -> Result<Option<UnixSeconds>, ClickHouseError> {
        let sql = format!(
            "SELECT toString(toUInt32(time)) FROM {TABLE} \
             WHERE site = (SELECT site FROM question) AND kind != 'check' ORDER BY time LIMIT 1"
        );
        let rows: Vec<(String,)> = self.ask(&sql, question).await?;
        rows.first().map(|(time,)| number(time).map(UnixSeconds)).transpose()
    }

    async fn ask<Row>(&self, sql: &str, question: &Question) -> Result<Vec<Row>, ClickHouseError>
    where
        Row: for<'de> Deserialize<'de>,
    {
        let sql = format!("{sql} FORMAT JSONCompact");
        let seconds = CLICKHOUSE_QUERY_MAX.as_secs().to_string();
        let parameters = [
            ("query", &*sql),
            ("question_structure", STRUCTURE),
            ("question_format", "TabSeparated"),
            // The server need not go on for longer than we wait.
            ("max_execution_time", &seconds),
        ];
        let body = Body::Form { boundary: BOUNDARY, parts: form(question) };
        let answer = self.client.post(&parameters, body, CLICKHOUSE_QUERY_MAX).await?;
        let answer: Answer<Row> = serde_json::from_slice(&answer)
            .map_err(|error| ClickHouseError::Unreadable(error.to_string()))?;
        Ok(answer.data)
    }
}

/// The external table `question`: one row with all that a question names.
const STRUCTURE: &str =
    "site String, since UInt32, until UInt32, device String, channel String, country String, page String";
/// No field can hold it, since line ends in them are escaped.
const BOUNDARY: &str = "graadmeter-question";

fn form(question: &Question) -> String {
    let seconds = |UnixSeconds(time): UnixSeconds| u32::try_from(time.max(0)).unwrap_or(u32::MAX).to_string();
    let mut fields = vec![escaped(&question.site), seconds(question.from), seconds(question.to)];
    fields.extend(question.only.iter().map(|name| escaped(name.as_deref().unwrap_or_default())));
    format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"question\"; filename=\"question\"\r\n\
         Content-Type: text/tab-separated-values\r\n\r\n{}\n\r\n--{BOUNDARY}--\r\n",
        fields.join("\t")
    )
}

/// A field of `TabSeparated`.
fn escaped(text: &str) -> String {
    let mut field = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => field.push_str("\\t"),
            '\n' => field.push_str("\\n"),
            '\r' => field.push_str("\\r"),
            '\0' => field.push_str("\\0"),
            '\\' => field.push_str("\\\\"),
            other => field.push(other),
        }
    }
    field
}

/// The SQL of a question; nothing of what it says stands in there but its metric, dimensions and numbers.
fn sql(question: &Question, step: Option<Span>) -> String {
    let column = of_metric(question.metric);
    let mut conditions = vec![
        "site = (SELECT site FROM question)".to_owned(),
        "kind = 'view'".to_owned(),
        "time >= toDateTime((SELECT since FROM question))".to_owned(),
        "time < toDateTime((SELECT until FROM question))".to_owned(),
        format!("{column} IS NOT NULL"),
    ];
    let asked = Dimension::ALL.iter().zip(&question.only).filter(|(_, only)| only.is_some());
    conditions.extend(
        asked
            .map(|(dimension, _)| dimension.name())
            .map(|name| format!("{name} = (SELECT {name} FROM question)")),
    );
    let condition = conditions.join(" AND ");
    let name = match (question.by, step) {
        (By::Dimension(dimension), _) => {
            let name = dimension.name();
            // Past the limit they have no name of their own.
            format!(
                "if({name} GLOBAL IN (SELECT {name} FROM {TABLE} WHERE {condition} GROUP BY {name} \
                 ORDER BY sum(weight) DESC, {name} LIMIT {}), {name}, 'other')",
                GROUPS_MAX - 1
            )
        }
        (By::Time, step) => {
            let seconds = step.unwrap_or(Span::Day).seconds();
            format!("toString(intDiv(toUInt32(time), {seconds}) * {seconds})")
        }
    };
    // A step down, so that 0.07 of a hundred values is the seventh, though the product is a little more than 7.
    let levels: Vec<_> =
        question.quantiles.iter().map(|level| level.next_down().max(0.0).to_string()).collect();
    format!(
        "SELECT {name} AS group_name, toString(sum(weight)), \
         quantilesExactWeighted({})({}, weight) FROM {TABLE} WHERE {condition} GROUP BY group_name",
        levels.join(", "),
        bucket(&column)
    )
}

/// The middle of a value's HDR bucket with two significant digits: below 256 each value has its own, and from there on
/// the buckets double in width whenever the values double.
fn bucket(column: &str) -> String {
    let value = format!("assumeNotNull({column})");
    let shift = format!("(toUInt8(floor(log2(greatest({value}, 128)))) - 7)");
    format!(
        "toUInt32(bitShiftLeft(bitShiftRight({value}, {shift}), {shift}) \
         + intDiv(bitShiftLeft(toUInt32(1), {shift}), 2))"
    )
}

fn group((name, count, quantiles): GroupRow, step: Option<Span>) -> Result<Group, ClickHouseError> {
    Ok(Group {
        name: match step {
            Some(_) => GroupName::Time(UnixSeconds(number(&name)?)),
            None => GroupName::Name(name),
        },
        count: number(&count)?,
        quantiles: quantiles.into_iter().map(Micros).collect(),
    })
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, ClickHouseError> {
    text.parse().map_err(|_| ClickHouseError::Unreadable("a number was expected".to_owned()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::measure::Metric;

    fn question(site: &str, page: &str) -> Question {
        Question {
            site: site.to_owned(),
            metric: Metric::Lcp,
            by: By::Dimension(Dimension::Page),
            from: UnixSeconds(-5),
            to: UnixSeconds(i64::MAX),
            only: [None, None, None, Some(page.to_owned())],
            quantiles: vec![0.0, 0.5],
        }
    }

    proptest! {
        #[test]
        fn names_are_one_field_each_and_not_in_the_sql(site: String, page: String) {
            let asked = question(&site, &page);
            let body = form(&asked);
            let content = body.split("\r\n").nth(4).unwrap();
            let fields: Vec<_> = content.trim_end_matches('\n').split('\t').collect();
            prop_assert_eq!(fields.len(), STRUCTURE.split(',').count());
            prop_assert_eq!(body.matches("\r\n--").count(), 1);
            prop_assert_eq!((fields[1], fields[2]), ("0", "4294967295"));
            prop_assert_eq!(sql(&asked, None), sql(&question("", ""), None));
        }
    }
}
