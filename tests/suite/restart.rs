//! Does a collector that is told to end lose nothing that it answered?

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use graadmeter_tests::beacon::{Beacon, DESKTOP, post};
use graadmeter_tests::collector::{Collector, OUTCOMES, SHOP};
use graadmeter_tests::raw_http::{Connection, get};
use graadmeter_tests::wait::{SOON, until};
use serde_json::json;
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_beacon_answered_under_load_is_counted_before_the_end() {
    let collector = Collector::serve(SHOP).await;
    let (answered, ending) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let clients: Vec<_> = (0..8)
        .map(|_| {
            tokio::spawn(send_until_the_end(collector.public, Arc::clone(&answered), Arc::clone(&ending)))
        })
        .collect();
    until(SOON, "the load is on", async || match answered.load(Ordering::Relaxed) {
        enough if enough >= 1_000 => Ok(()),
        few => Err(few),
    })
    .await;

    ending.store(true, Ordering::Relaxed);
    let ended = collector.stop().await;
    for client in clients {
        client.await.expect("a client gets 204 or nothing");
    }
    assert_eq!(ended.status.code(), Some(0), "{}", ended.text());
    let stopped = ended.logged("stopped");
    assert_eq!(stopped["accepted"], json!(answered.load(Ordering::Relaxed)), "{stopped}");
    for outcome in OUTCOMES {
        assert!(stopped[outcome].is_u64(), "the last line tells of {outcome}: {stopped}");
    }
    assert_eq!(
        ended.lines.last().map(|line| line.contains("\"stopped\"")),
        Some(true),
        "it is the last line"
    );
}

/// Sends one beacon after the other until the collector takes no more.
async fn send_until_the_end(to: SocketAddr, answered: Arc<AtomicU64>, ending: Arc<AtomicBool>) {
    let mut connection = Connection::open(to).await;
    loop {
        connection.send(&Beacon::page().from(DESKTOP).bytes()).await;
        match connection.try_response().await {
            Some(response) if response.status == 204 => _ = answered.fetch_add(1, Ordering::Relaxed),
            Some(response) => {
                let may_refuse = ending.load(Ordering::Relaxed) && response.status == 503;
                assert!(may_refuse, "{}", response.everything());
            }
            None => {
                assert!(ending.load(Ordering::Relaxed), "a connection broke off before the end");
                let Ok(again) = Connection::try_open(to).await else { return };
                connection = again;
            }
        }
    }
}

#[tokio::test]
async fn a_request_in_flight_is_answered_and_counted() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    let request = Beacon::page().from(DESKTOP).bytes();
    let (begin, rest) = request.split_at(request.len() - 20);
    // A beacon before it, so that the connection is surely in the collector's hands.
    connection.send(&Beacon::page().from(DESKTOP).bytes()).await;
    assert_eq!(connection.response().await.status, 204);
    connection.send(begin).await;
    let admin = collector.admin;
    tokio::time::sleep(std::time::Duration::from_millis(200)).await; // lets the first half arrive; too short fails nothing
    collector.terminate();
    collector.process_says("stopping").await;
    if TcpStream::connect(admin).await.is_ok() {
        assert_eq!(get(admin, "/readyz").await.status, 503, "a load balancer sends no more");
    }
    connection.send(rest).await;
    assert_eq!(connection.response().await.status, 204);
    let ended = collector.ended().await;
    assert_eq!((ended.status.code(), &ended.logged("stopped")["accepted"]), (Some(0), &json!(2)));
}

#[tokio::test]
async fn a_client_that_never_finishes_does_not_keep_it_alive() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    connection.send(&post(DESKTOP).header("Content-Length", "500").bytes()).await;
    connection.send(b"{").await;
    let ended = collector.stop().await;
    assert_eq!(ended.status.code(), Some(0), "{}", ended.text());
}
