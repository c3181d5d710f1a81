//! Is every beacon that the program answered 204 one row, whatever happens to ClickHouse and to the program?

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use graadmeter_tests::beacon::{Beacon, DESKTOP};
use graadmeter_tests::clickhouse::{CLUSTER, Server, Servers};
use graadmeter_tests::collector::{Collector, SHOP, run};
use graadmeter_tests::raw_http::Connection;
use graadmeter_tests::wait::until;
use serde_json::json;

use super::schema;

/// How long it may take until all that waits is there.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long it is away.
const OUTAGE: Duration = Duration::from_mins(1);
/// How long it is slow.
const SLOW_SECONDS: usize = 20;

fn config(http: SocketAddr) -> String {
    format!(
        "[storage]\ncheckpoint_every = \"1s\"\n[clickhouse]\nurl = \"http://{http}\"\nspool_bytes_max = 1048576\n{SHOP}"
    )
}

/// Each has a value of its own, so one that is there twice shows.
fn beacon(number: usize) -> Beacon {
    Beacon::page().with("/vitals", json!({ "lcp": 1.0 + number as f64 / 1e3 }))
}

/// Sends one beacon after the other until the collector is gone or all are sent; adds how many were answered.
async fn send(to: SocketAddr, first: usize, until: usize, pause: Duration, answered: Arc<AtomicUsize>) {
    let Ok(mut connection) = Connection::try_open(to).await else { return };
    for number in first..until {
        connection.send(&beacon(number).from(DESKTOP).bytes()).await;
        let Some(response) = connection.try_response().await else { return };
        assert_eq!(response.status, 204, "{}", response.everything());
        answered.fetch_add(1, Ordering::Relaxed);
        tokio::time::sleep(pause).await;
    }
}

/// How many rows there are, and how many values; what it says instead while it has not found the other shard again.
async fn rows(server: &Server) -> Result<[usize; 2], String> {
    let counted = server.ask("SELECT count(), uniqExact(lcp_us) FROM graadmeter.observations").await;
    let numbers: Result<Vec<usize>, _> = counted.split('\t').map(str::parse).collect();
    numbers.ok().and_then(|numbers| numbers.try_into().ok()).ok_or(counted)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn beacons_are_rows_once_whatever_happens_to_clickhouse_and_to_the_program() {
    let mut servers = Servers::two_shards().await;
    servers.each[0].pipe(&schema(&["--cluster", CLUSTER]).await).await;
    let config = config(servers.each[0].http()).replace("1048576", "1073741824");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut collector = Collector::keeping_in(folder, &config).await;
    let answered = Arc::new(AtomicUsize::new(0));
    let load = |to, first: usize| {
        let pause = Duration::from_millis(4);
        (0..4)
            .map(|client| {
                let first = first + client * 1_000_000;
                tokio::spawn(send(to, first, usize::MAX, pause, Arc::clone(&answered)))
            })
            .collect::<Vec<_>>()
    };

    let clients = load(collector.public, 0);
    tokio::time::sleep(Duration::from_secs(3)).await;
    servers.each[0].kill().await;
    tokio::time::sleep(OUTAGE).await;
    servers.each[0].start().await;
    let sent = async || collector.metrics().await.value("graadmeter_clickhouse_rows_total", &[]);
    let before = sent().await;
    until(PATIENCE, "ClickHouse takes rows again", async || match sent().await {
        now if now > before => Ok(()),
        now => Err((now, collector.lines())),
    })
    .await;
    // Slow: it gets to work for a twentieth of the time, in which an insert takes many turns.
    for _ in 0..SLOW_SECONDS {
        servers.each[0].pause();
        tokio::time::sleep(Duration::from_millis(950)).await;
        servers.each[0].resume();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    // Inserts begin every second, so some of these meet one in its middle.
    for _ in 0..4 {
        servers.each[0].pause();
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        servers.each[0].resume();
        tokio::time::sleep(Duration::from_millis(700)).await;
        servers.each[0].kill().await;
        servers.each[0].start().await;
    }
    let folder = collector.kill().await;
    for client in clients {
        client.await.expect("each is answered 204 or not at all");
    }
    collector = Collector::keeping_in(folder, &config).await;
    let accepted = collector.outcome("accepted").await as usize;
    let told = answered.load(Ordering::Relaxed);
    // What was not answered when it was killed may be counted.
    assert!((told..=told + 4).contains(&accepted) && told > 1_000, "{told} answered, {accepted} counted");
    let once = Ok([accepted; 2]);
    until(PATIENCE, "every beacon is a row", async || match rows(&servers.each[0]).await {
        found if found == once => Ok(()),
        other => Err((other, accepted)),
    })
    .await;
    let metrics = collector.metrics().await;
    assert!(metrics.value("graadmeter_clickhouse_dropped_total", &[]) == 0.0);
    drop(collector.stop_keeping().await);
    assert_eq!(rows(&servers.each[0]).await, once, "and stays one");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn past_its_limit_the_oldest_is_given_up_and_counted() {
    let mut servers = Servers::two_shards().await;
    servers.each[0].pipe(&schema(&["--cluster", CLUSTER]).await).await;
    servers.each[0].kill().await;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let collector = Collector::keeping_in(folder, &config(servers.each[0].http())).await;
    let answered = Arc::new(AtomicUsize::new(0));
    let clients: Vec<_> = (0..8)
        .map(|client| {
            let first = client * 1_000_000;
            let (to, answered) = (collector.public, Arc::clone(&answered));
            tokio::spawn(send(to, first, first + 5_000, Duration::ZERO, answered))
        })
        .collect();
    for client in clients {
        client.await.expect("all are answered 204");
    }
    collector.process_says("the oldest is given up").await;
    servers.each[0].start().await;
    let sent = answered.load(Ordering::Relaxed);
    let accounted = async || {
        let metrics = collector.metrics().await;
        let dropped = metrics.value("graadmeter_clickhouse_dropped_total", &[]) as usize;
        let counted = rows(&servers.each[0]).await;
        match counted {
            Ok([rows, values]) if rows + dropped == sent && rows > 0 => {
                assert_eq!(rows, values, "none is there twice");
                Ok((rows, dropped))
            }
            _ => Err((counted, dropped, sent)),
        }
    };
    let (rows, dropped) = until(PATIENCE, "each is a row or given up", accounted).await;
    assert!(rows > 1_000 && dropped > 1_000, "{rows} rows, {dropped} given up");
}

#[tokio::test]
async fn without_a_journal_there_is_no_way_to_clickhouse() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let config = config(SocketAddr::from(([127, 0, 0, 1], 9)));
    std::fs::write(folder.path().join("graadmeter.toml"), config).expect("a temporary file");
    let arguments =
        ["serve", "--config", "graadmeter.toml", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"];
    let ended = run(&arguments, folder.path()).await;
    assert_eq!(ended.status.code(), Some(1));
    assert!(ended.text().contains("pass --data-dir"), "{}", ended.text());
}
