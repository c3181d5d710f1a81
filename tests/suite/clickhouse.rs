//! Is every observation one row in a real ClickHouse, whatever happens on the way, and does it answer as the history?
//!
//! Debian's server is of 2018, so it is the oldest that is meant to work; chdb is today's engine.

mod program;
mod seen;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use graadmeter_collector::clickhouse::{ClickHouseError, Rows, Settings, Sink, Store};
use graadmeter_collector::history::{
    By, Dimension, Feed, GroupName, Question, Reader, Retention, Timings, UnixSeconds,
};
use graadmeter_collector::measure::{Metric, Micros};
use graadmeter_collector::observation::{Device, Event};
use graadmeter_tests::chdb::Chdb;
use graadmeter_tests::clickhouse::{CLUSTER, Server, Servers, ask};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::cut::Cut;
use graadmeter_tests::process::built;
use graadmeter_tests::raw_http::get;
use tokio::process::Command;

use self::seen::{SITE, START, Seen, seen};

/// Observations that are compared, and rows of a batch.
const NUMBER: usize = 6_000;
const BATCH: usize = 100;
/// How long one batch may take, through a line that breaks and to servers that come and go.
const PATIENCE: Duration = Duration::from_mins(1);

fn settings(http: SocketAddr) -> Settings {
    Settings {
        url: format!("http://{http}").parse().expect("a URL"),
        database: "graadmeter".parse().expect("a name"),
        user: "default".to_owned(),
        password: None,
        spool_bytes_max: 1 << 30,
    }
}

fn sink(http: SocketAddr) -> Sink {
    Sink::new(&settings(http)).expect("right settings")
}

/// What the program prints.
pub(crate) async fn schema(arguments: &[&str]) -> String {
    let mut command = Command::new(built("graadmeter-collector"));
    let ended = command.arg("clickhouse-schema").args(arguments).output().await.expect("it starts");
    assert!(ended.status.success(), "{ended:?}");
    String::from_utf8(ended.stdout).expect("SQL is text")
}

fn rows(observations: &[Seen]) -> Rows {
    let mut rows = Rows::new();
    for seen in observations {
        rows.record(SITE, seen.channel, seen.at, &seen.observation);
    }
    rows
}

/// Sends it until it is there, as who has a journal does.
async fn insist(sink: &mut Sink, token: &str, rows: &Rows) {
    let deadline = Instant::now() + PATIENCE;
    while let Err(error) = sink.send(token, rows).await {
        assert!(error.is_retryable() && Instant::now() < deadline, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// The history's answers about the same observations.
struct History {
    reader: Reader,
    _folder: tempfile::TempDir,
}

impl History {
    fn of(observations: &[Seen]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut feed =
            Feed::open(&folder.path().join("history.db"), Retention::default()).expect("a database");
        for seen in observations {
            feed.record(SITE, seen.channel, seen.at, &seen.observation);
        }
        feed.save(1).expect("a database");
        Self { reader: feed.reader(), _folder: folder }
    }
}

fn question(metric: Metric, by: By) -> Question {
    Question {
        site: SITE.to_owned(),
        metric,
        by,
        // Whole minutes, which both can tell apart.
        from: UnixSeconds(START + 600),
        to: UnixSeconds(START + 3 * 3_600),
        only: [const { None }; 4],
        quantiles: vec![0.0, 0.07, 0.5, 0.75, 0.95, 1.0],
    }
}

/// Questions of each kind.
fn questions() -> Vec<Question> {
    let groupings = Dimension::ALL.map(By::Dimension).into_iter().chain([By::Time]);
    let mut all: Vec<_> = groupings
        .flat_map(|by| {
            [Metric::Lcp, Metric::Cls, Metric::DomContentLoaded].map(|metric| question(metric, by))
        })
        .collect();
    let only = |names: [Option<&str>; 4]| names.map(|name| name.map(str::to_owned));
    let lcp = |by| question(Metric::Lcp, by);
    all.push(Question { only: only([Some("mobile"), None, Some("NL"), None]), ..lcp(By::Time) });
    all.push(Question {
        only: only([None, Some("email"), None, Some("it's \\ a\tpage")]),
        ..lcp(By::Dimension(Dimension::Device))
    });
    all.push(Question {
        only: only([None, None, None, Some("other")]),
        ..lcp(By::Dimension(Dimension::Country))
    });
    all.push(Question { only: only([None, Some("') OR 1 = 1 --"), None, None]), ..lcp(By::Time) });
    all
}

/// Bucket for bucket, though rows know their times to the second.
async fn answers_as_the_history(store: &Store, history: &History) {
    let mut answered = 0;
    for question in questions() {
        let expected = history.reader.timings(&question).expect("a history");
        let found = store.timings(&question).await.expect("a server").expect("a known site");
        let Timings { from, to, step, groups, damaged: _ } = found;
        assert_eq!((from, to), (question.from, question.to), "{question:?}");
        assert_eq!(groups, expected.groups, "{question:?}");
        // Of a name that it never met, the history does not even tell how long groups would be.
        assert!(step == expected.step || groups.is_empty(), "{question:?}: {step:?}");
        answered += usize::from(!groups.is_empty());
    }
    assert_eq!(answered, questions().len() - 1, "only the one about a channel that is SQL has no groups");
    let unknown = Question { site: "nobody".to_owned(), ..question(Metric::Lcp, By::Time) };
    assert_eq!(store.timings(&unknown).await.expect("a server"), None);
}

/// Each observation has an LCP of its own, so rows that are there twice show.
async fn assert_each_once(server: &Server, number: usize) {
    let counted = server.ask("SELECT count(), uniqExact(lcp_us) FROM graadmeter.observations").await;
    assert_eq!(counted, format!("{number}\t{number}"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_shards_hold_every_batch_once_and_answer_together() {
    let servers = Servers::two_shards().await;
    servers.each[0].pipe(&schema(&["--cluster", CLUSTER]).await).await;
    let observations = seen(NUMBER);
    for (number, batch) in observations.chunks(BATCH).enumerate() {
        let (rows, token) = (rows(batch), format!("journal-{number}"));
        // By one server and by the other.
        for server in &servers.each {
            sink(server.http()).send(&token, &rows).await.expect("a server");
        }
    }
    for shard in &servers.each {
        let own = shard.ask("SELECT count() FROM graadmeter.observations_local").await;
        let own: usize = own.parse().expect("a number");
        assert!((1_000..5_000).contains(&own), "{own} of {NUMBER} rows are on one shard");
        let batches = "SELECT count() FROM (SELECT batch, count() AS rows FROM graadmeter.observations_local \
                       GROUP BY batch HAVING rows != 100)";
        assert_eq!(shard.ask(batches).await, "0", "batches are whole");
    }
    let all = servers.each[1].ask("SELECT count() FROM graadmeter.observations").await;
    assert_eq!(all, NUMBER.to_string());
    let history = History::of(&observations);
    for server in &servers.each {
        answers_as_the_history(&Store::new(&settings(server.http())).expect("right settings"), &history)
            .await;
    }
    // From one shard to the other, too, a batch of which no row has a third party.
    let bare: Vec<_> = observations
        .into_iter()
        .filter(|seen| !matches!(seen.observation.event, Event::View { .. }))
        .collect();
    for (number, batch) in bare.chunks(bare.len().div_ceil(8)).enumerate() {
        for server in &servers.each {
            sink(server.http()).send(&format!("bare-{number}"), &rows(batch)).await.expect("a server");
        }
    }
    let all = servers.each[1].ask("SELECT count() FROM graadmeter.observations").await;
    assert!(bare.len() > 100);
    assert_eq!(all, (NUMBER + bare.len()).to_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rows_are_there_once_through_a_line_that_breaks_and_servers_that_die() {
    let mut servers = Servers::two_shards().await;
    servers.each[0].pipe(&schema(&["--cluster", CLUSTER]).await).await;
    let line = Cut::to(servers.each[0].http()).await;
    let observations = seen::distinct(NUMBER);
    let sending = {
        let (address, observations) = (line.address, observations.clone());
        tokio::spawn(async move {
            let mut sink = sink(address);
            for (number, batch) in observations.chunks(BATCH).enumerate() {
                insist(&mut sink, &format!("journal-{number}"), &rows(batch)).await;
            }
        })
    };
    let mut kills = 0;
    while !sending.is_finished() {
        let shard = kills % 2;
        if kills < 6 {
            servers.each[shard].kill().await;
            servers.each[shard].start().await;
            kills += 1;
            let other = &servers.each[1 - shard];
            other.pause();
            tokio::time::sleep(Duration::from_millis(300)).await;
            other.resume();
        }
        tokio::time::sleep(Duration::from_millis(400)).await;
    }
    sending.await.expect("it only ends when all is sent");
    assert!(kills > 1 && line.answers_lost() > 5, "{kills} kills, {} answers lost", line.answers_lost());
    assert_each_once(&servers.each[0], NUMBER).await;
}

#[tokio::test]
async fn a_server_that_would_count_twice_gets_nothing() {
    let servers = Servers::one().await;
    let server = &servers.each[0];
    let mut sink = sink(server.http());
    let batch = rows(&seen(1));
    let error = sink.send("journal-1", &batch).await.expect_err("there is no database");
    assert!(matches!(error, ClickHouseError::Refused(_)) && !error.is_retryable(), "{error}");
    server.pipe("CREATE DATABASE graadmeter").await;
    let error = sink.send("journal-1", &batch).await.expect_err("there is no table");
    assert!(matches!(error, ClickHouseError::NoTable), "{error}");
    // As the schema makes it, but for what this server does not know.
    let plain = schema(&[]).await;
    let (forgetful, _) = plain.split_once("SETTINGS").expect("it remembers blocks");
    server.pipe(forgetful).await;
    let error = sink.send("journal-1", &batch).await.expect_err("it can't know a batch again");
    assert!(matches!(error, ClickHouseError::Forgetful) && !error.is_retryable(), "{error}");
    assert_eq!(server.ask("SELECT count() FROM graadmeter.observations").await, "0");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn todays_engine_knows_batches_by_their_tokens_and_answers_the_same() {
    let chdb = Chdb::start().await;
    chdb.pipe(&schema(&["--retention-days", "3660"]).await).await;
    let line = Cut::to(chdb.http).await;
    let observations = seen(NUMBER);
    let mut sink = sink(line.address);
    for (number, batch) in observations.chunks(500).enumerate() {
        let rows = rows(batch);
        for _ in 0..3 {
            insist(&mut sink, &format!("journal-{number}"), &rows).await;
        }
    }
    let all = ask(chdb.http, "SELECT count() FROM graadmeter.observations").await;
    assert_eq!(all, NUMBER.to_string());
    let store = Store::new(&settings(chdb.http)).expect("right settings");
    answers_as_the_history(&store, &History::of(&observations)).await;
    past_the_limit_names_are_other(chdb.http, &store).await;
    the_program_answers(chdb, &observations).await;
}

/// Pages in thousands are those of somebody who invents them.
async fn past_the_limit_names_are_other(http: SocketAddr, store: &Store) {
    let mut rows = Rows::new();
    for (number, seen) in seen::distinct(1_100).into_iter().enumerate() {
        let page = format!("page-{number}");
        let mut observation = seen.observation;
        if let Event::View { page: of_view, .. } = &mut observation.event {
            *of_view = &page;
        }
        rows.record("crowd", seen.channel, seen.at, &observation);
    }
    sink(http).send("crowd", &rows).await.expect("a server");
    let by_page = question(Metric::Lcp, By::Dimension(Dimension::Page));
    let asked = Question { site: "crowd".to_owned(), from: UnixSeconds(START), ..by_page };
    let groups = store.timings(&asked).await.expect("a server").expect("a known site").groups;
    assert_eq!((groups.len(), groups.iter().map(|group| group.count).sum::<u64>()), (1_000, 1_100));
    assert_eq!((&groups[0].name, groups[0].count), (&GroupName::Name("other".to_owned()), 101));
}

/// By its admin listener, in its words; and says so when it can't.
async fn the_program_answers(chdb: Chdb, observations: &[Seen]) {
    let config =
        format!("[storage]\nquery = \"clickhouse\"\n[clickhouse]\nurl = \"http://{}\"\n{SHOP}", chdb.http);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::keeping_in(folder, &config).await;
    let ask = async |query: &str| get(collector.admin, &format!("/api/v1/timings?metric=lcp&{query}")).await;
    let range = format!("from={START}&to={}", START + 3 * 3_600);
    let answer = ask(&format!("site={SITE}&by=device&q=0.75&{range}")).await.json();
    let mobile = answer["groups"].as_array().expect("groups").iter().find(|group| group["name"] == "mobile");
    let mobile = mobile.expect("some came by phone");
    let (count, exact) = exact_p75_ms(observations, Device::Mobile);
    let found = mobile["quantiles"]["0.75"].as_f64().expect("a number");
    assert_eq!(mobile["count"], count);
    assert!((found - exact).abs() <= exact * 0.01, "{found} ms is not {exact} ms");
    assert_eq!(ask("site=NOBODY&by=time").await.status, 400);
    drop(chdb);
    let away = ask(&format!("site={SITE}&by=time")).await;
    assert_eq!(away.status, 503, "{}", away.everything());
}

/// How many views of a device have an LCP, and the nearest-rank quantile of that, in milliseconds.
fn exact_p75_ms(observations: &[Seen], of: Device) -> (u64, f64) {
    let mut values: Vec<(Micros, u64)> = Vec::new();
    for Seen { observation, .. } in observations {
        if let Event::View { visitor, measures, .. } = &observation.event
            && visitor.device == of
            && let Some(value) = measures.get(Metric::Lcp)
        {
            values.push((value, observation.weight));
        }
    }
    values.sort_unstable();
    let count: u64 = values.iter().map(|(_, weight)| weight).sum();
    let rank = (count * 3).div_ceil(4);
    let mut below = 0;
    let at = values.iter().find(|(_, weight)| {
        below += weight;
        below >= rank
    });
    (count, f64::from(at.expect("some came").0.0) / 1e3)
}
