//! Does what was answered survive whatever ends the collector?

use std::net::SocketAddr;
use std::time::Duration;

use graadmeter_tests::beacon::{Beacon, DESKTOP, IPHONE, PHONE};
use graadmeter_tests::collector::{Collector, SHOP, make_room, run};
use graadmeter_tests::exposition::Metrics;
use graadmeter_tests::raw_http::{Connection, get};
use graadmeter_tests::wait::until;
use rand::Rng;
use rand::seq::IndexedRandom;
use serde_json::json;
use tokio::task::JoinSet;

/// How often it is killed.
const KILLS: usize = 100;
/// Connections that send as fast as they are answered.
const CLIENTS: usize = 16;
/// A checkpoint every second, so that many kills meet one.
const STORAGE: &str = "[storage]\ncheckpoint_every = \"1s\"\n";

/// A visitor's report, from some browser.
#[derive(Debug, Clone)]
struct Report(&'static str, Beacon);

impl Report {
    fn any() -> Self {
        let mut random = rand::rng();
        let agent = [DESKTOP, PHONE, IPHONE].choose(&mut random).expect("not empty");
        let lcp = random.random_range(100..9_000);
        let beacon = match random.random_range(0..10) {
            0 => {
                let order = format!("{}", random.random::<u64>());
                Beacon::purchase("59.95", &order, json!({"lcp": lcp, "load": lcp + 100}))
            }
            1 => Beacon::page()
                .with("/page", json!(format!("page-{}", random.random_range(0..50))))
                .with("/errors", json!(random.random_range(0..3))),
            2 => Beacon::page().with("/third_party", json!([{"host": "cdn.example.net", "ms": lcp}])),
            3 => Beacon::probe().with("/timing", json!({"load": lcp})),
            _ => Beacon::page().with("/rate", json!(0.5)),
        };
        Self(agent, beacon.with("/vitals", json!({"lcp": lcp, "ttfb": lcp / 10, "cls": 0.01})))
    }
}

/// Sends reports until the collector is gone: those that were answered, and the one that was not.
async fn send_until_the_end(to: SocketAddr, first: Option<Report>) -> (Vec<Report>, Option<Report>) {
    let mut answered = Vec::new();
    let Ok(mut connection) = Connection::try_open(to).await else { return (answered, first) };
    let mut next = first;
    loop {
        let report = next.take().unwrap_or_else(Report::any);
        connection.send(&report.1.from(report.0).bytes()).await;
        match connection.try_response().await {
            Some(response) => {
                assert_eq!(response.status, 204, "{}", response.everything());
                answered.push(report);
            }
            None => return (answered, Some(report)),
        }
    }
}

fn accepted(metrics: &Metrics) -> usize {
    metrics.value("graadmeter_beacons_total", &[("outcome", "accepted")]) as usize
}

/// What was counted of visitors and probes, each series with its value.
fn counted(exposition: &str) -> Vec<&str> {
    let is_count = |line: &&str| line.starts_with("rum_") || line.starts_with("synthetic_");
    let mut lines: Vec<_> = exposition.lines().filter(is_count).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_answered_is_counted_once_however_often_it_is_killed() {
    let config = [STORAGE, SHOP].concat();
    let mut folder = tempfile::tempdir().expect("a temporary folder");
    let (mut answered, mut unanswered) = (Vec::new(), Vec::new());
    for kill in 0..KILLS {
        let collector = Collector::keeping_in(folder, &config).await;
        let now = accepted(&collector.metrics().await);
        let (fewest, most) = (answered.len(), answered.len() + unanswered.len());
        assert!((fewest..=most).contains(&now), "{kill}: {now} are counted, {fewest} to {most} may be");
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| tokio::spawn(send_until_the_end(collector.public, unanswered.pop())))
            .collect();
        assert!(unanswered.is_empty());
        // Now and then long enough for a checkpoint, or the middle of one.
        let longest = if kill % 10 == 0 { 1_300 } else { 250 };
        let pause = Duration::from_millis(rand::rng().random_range(longest - 250..longest));
        tokio::time::sleep(pause).await;
        folder = collector.kill().await;
        for client in clients {
            let (others, last) = client.await.expect("each is answered 204 or not at all");
            answered.extend(others);
            unanswered.extend(last);
        }
    }
    let collector = Collector::keeping_in(folder, &config).await;
    for Report(agent, beacon) in &unanswered {
        assert_eq!(collector.send_from(agent, beacon).await.status, 204, "sent again, it counts once");
    }
    answered.append(&mut unanswered);
    assert!(answered.len() > 100 * KILLS, "only {} were sent", answered.len());
    assert_eq!(accepted(&collector.metrics().await), answered.len());

    let never_killed = Collector::serve(SHOP).await;
    for Report(agent, beacon) in &answered {
        assert_eq!(never_killed.send_from(agent, beacon).await.status, 204);
    }
    let killed = collector.exposition().await;
    assert_eq!(counted(&killed), counted(&never_killed.exposition().await));

    let restarted = Collector::keeping_in(collector.stop_keeping().await, &config).await;
    assert_eq!(counted(&killed), counted(&restarted.exposition().await), "a clean end changes nothing");
    let (status, history) = restarted.ask("/api/v1/timings?site=shop&metric=lcp&by=device&q=0.5").await;
    assert_eq!(status, 200, "{history}");
    let groups = history["groups"].as_array().expect("groups");
    let in_history: u64 = groups.iter().map(|group| group["count"].as_u64().expect("a count")).sum();
    let views: u64 = answered.iter().map(|Report(_, beacon)| views(beacon)).sum();
    assert_eq!(in_history, views, "each view is in the history once");
}

/// For how many views of visitors a beacon stands.
fn views(Beacon(beacon): &Beacon) -> u64 {
    let is_view = beacon["kind"] == "page" && beacon["source"] != "probe";
    let rate = beacon["rate"].as_f64().unwrap_or(1.0);
    if is_view { (1.0 / rate) as u64 } else { 0 }
}

/// Nobody can write a journal that somebody else has begun to write.
fn hold(collector: &Collector) -> rusqlite::Connection {
    let database = collector.folder().join("data/graadmeter.db");
    let connection = rusqlite::Connection::open(database).expect("the journal");
    connection.execute_batch("BEGIN IMMEDIATE").expect("nobody else holds it");
    connection
}

async fn nothing_comes(connection: &mut Connection) {
    let answer = tokio::time::timeout(Duration::from_millis(300), connection.try_response()).await;
    assert!(answer.is_err(), "{answer:?}");
}

#[tokio::test]
async fn a_copy_is_answered_when_the_first_one_is_stored() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::keeping_in(folder, SHOP).await;
    let request = Beacon::page().from(DESKTOP).bytes();
    let order = format!("{}", rand::random::<u64>());
    let sales: Vec<_> =
        (0..2).map(|_| Beacon::purchase("59.95", &order, json!({})).from(DESKTOP).bytes()).collect();
    // The last time for longer than the collector waits for whoever holds the journal.
    for (seconds, status) in [(0, 204), (6, 503)] {
        let before = collector.metrics().await;
        let held = hold(&collector);
        let mut connections = Vec::new();
        let reports = if status == 204 { [&sales[0], &sales[1]] } else { [&request, &request] };
        for report in reports {
            let mut connection = Connection::open(collector.public).await;
            connection.send(report).await;
            nothing_comes(&mut connection).await;
            connections.push(connection);
        }
        tokio::time::sleep(Duration::from_secs(seconds)).await;
        held.execute_batch("ROLLBACK").expect("it is held");
        for connection in &mut connections {
            assert_eq!(connection.response().await.status, status);
        }
        let after = collector.metrics().await;
        let counted = usize::from(status == 204);
        assert_eq!(accepted(&after), accepted(&before) + counted);
        let lost =
            |metrics: &Metrics| metrics.value("graadmeter_beacons_total", &[("outcome", "not_stored")]);
        assert_eq!(lost(&after) - lost(&before), if status == 204 { 0.0 } else { 1.0 });
    }
    let before = accepted(&collector.metrics().await);
    for _ in 0..2 {
        let mut connection = Connection::open(collector.public).await;
        connection.send(&request).await;
        assert_eq!(connection.response().await.status, 204);
    }
    assert_eq!(
        accepted(&collector.metrics().await),
        before + 1,
        "what was lost counts when it is sent again"
    );
}

#[tokio::test]
async fn a_full_disk_is_told_and_room_is_used_at_once() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::keeping_little_in(folder, SHOP, 600).await;
    let (mut answered, mut refused) = (0, Vec::new());
    while refused.len() < 20 {
        let beacon = Beacon::page();
        let response = collector.send(&beacon).await;
        match response.status {
            204 => answered += 1,
            503 => refused.push(beacon),
            _ => panic!("{}", response.everything()),
        }
        assert!(answered < 20_000, "the disk is never full");
    }
    let metrics = collector.metrics().await;
    assert_eq!(accepted(&metrics), answered, "what is not stored is not counted");
    assert_eq!(
        metrics.value("graadmeter_beacons_total", &[("outcome", "not_stored")]) as usize,
        refused.len()
    );
    assert!(metrics.value("graadmeter_journal_failures_total", &[]) >= 1.0);
    collector.process_says("the journal can't be written").await;
    assert_eq!(get(collector.admin, "/readyz").await.status, 503, "a load balancer asks others");

    make_room(collector.id());
    until(Duration::from_secs(10), "it finds out by itself", async || {
        match get(collector.admin, "/readyz").await {
            response if response.status == 200 => Ok(()),
            response => Err(response.everything()),
        }
    })
    .await;
    for beacon in &refused {
        assert_eq!(collector.send(beacon).await.status, 204, "it was not counted, so it is no duplicate");
    }
    collector.process_says("the journal can be written again").await;
    answered += refused.len();
    let folder = collector.kill().await;
    let restarted = Collector::keeping_in(folder, SHOP).await;
    assert_eq!(accepted(&restarted.metrics().await), answered);
    restarted.accept(&refused).await;
    assert_eq!(restarted.outcome("duplicate").await as usize, refused.len(), "they are known over a restart");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_the_database_begins_anew_while_reports_keep_coming() {
    /// A commit writes three pages or more.
    const LEAST_BYTES_EACH: u64 = 3 * 4096;
    const LOG_BYTES_MAX: u64 = 160 * 1024 * 1024;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::keeping_in(folder, SHOP).await;
    let mut clients = JoinSet::new();
    for _ in 0..32 {
        let to = collector.public;
        clients.spawn(async move {
            // A connection may have so many requests and no more.
            loop {
                send_until_the_end(to, None).await;
            }
        });
    }
    let log = collector.folder().join("data/graadmeter.db-wal");
    let mut most = 0;
    until(Duration::from_mins(3), "twice as much is written", async || {
        most = most.max(log.metadata().expect("it is there").len());
        let written = collector.metrics().await.value("graadmeter_journal_commits_total", &[]) as u64
            * LEAST_BYTES_EACH;
        if written > 2 * LOG_BYTES_MAX { Ok(()) } else { Err(written) }
    })
    .await;
    assert!(most < LOG_BYTES_MAX, "{most} bytes");
    assert!(clients.try_join_next().is_none(), "each is answered 204");
}

#[tokio::test]
async fn a_folder_is_one_collectors() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let first = Collector::keeping_in(folder, SHOP).await;
    let data = first.folder().join("data");
    let data = data.to_str().expect("a temporary folder has a plain name");
    let loopback = ["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let second = run(&[&["serve", "--data-dir", data][..], &loopback].concat(), first.folder()).await;
    assert_eq!(second.status.code(), Some(1));
    assert!(second.text().contains("another collector uses the data folder"), "{}", second.text());
    first.accept(&[Beacon::page()]).await;
}
