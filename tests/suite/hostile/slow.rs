//! Who keeps connections open and says next to nothing.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use graadmeter_tests::beacon::{Beacon, DESKTOP, post};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::{Connection, Request, get};
use graadmeter_tests::wait::{SOON, until};
use serde_json::json;
use tokio::task::JoinSet;

use super::assert_growth;

const CONNECTIONS: usize = 1_000;
/// What a connection may cost while a request arrives.
const KIB_PER_CONNECTION: u64 = 32;
/// And while it waits for the next one.
const KIB_PER_WAITING_CONNECTION: u64 = 12;
/// The collector gives a head and a body ten seconds each; a slow machine may take its time to notice.
const PATIENCE: Duration = Duration::from_mins(1);
const DRIP: Duration = Duration::from_millis(900);
const SOMEBODY_ELSE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Opens many connections that begin with `first` and go on with `piece` again and again.
async fn drip(collector: &Collector, first: &[u8], piece: &'static [u8]) -> JoinSet<()> {
    let mut slow = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let mut connection = Connection::open(collector.public).await;
        connection.send(first).await;
        slow.spawn(connection.drip(piece, DRIP));
    }
    slow
}

/// Service goes on for everybody else until all slow ones are gone.
async fn all_end_while_others_are_served(collector: &Collector, mut slow: JoinSet<()>) {
    let mut others = Connection::open_from(SOMEBODY_ELSE, collector.public).await;
    let ended = async { while slow.join_next().await.is_some() {} };
    let served = async {
        loop {
            others.send(&Beacon::page().from(DESKTOP).bytes()).await;
            assert_eq!(others.response().await.status, 204);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::select! {
        ended = tokio::time::timeout(PATIENCE, ended) => ended.expect("all are cut off"),
        () = served => {}
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn heads_that_drip_on_a_thousand_connections_are_cut_off() {
    let collector = Collector::serve(SHOP).await;
    let before = collector.resident_kib();
    let slow = drip(&collector, b"POST /v1/beacon HTTP/1.1\r\nHost: x\r\nX: ", b"x").await;
    assert_growth(&collector, before, KIB_PER_CONNECTION * CONNECTIONS as u64);
    all_end_while_others_are_served(&collector, slow).await;
    assert_growth(&collector, before, KIB_PER_CONNECTION * CONNECTIONS as u64);
    assert_eq!(collector.closed("head").await, CONNECTIONS as f64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bodies_that_drip_on_a_thousand_connections_are_cut_off() {
    let collector = Collector::serve(SHOP).await;
    let before = collector.resident_kib();
    let head = post(DESKTOP).header("Content-Length", "10000").bytes();
    let slow = drip(&collector, &head, b" ").await;
    assert_growth(&collector, before, KIB_PER_CONNECTION * CONNECTIONS as u64);
    all_end_while_others_are_served(&collector, slow).await;
    assert_eq!(collector.outcome("timeout").await, CONNECTIONS as f64);
    assert_eq!(collector.closed("body").await, CONNECTIONS as f64);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_of_one_client_get_no_more_than_its_share() {
    const SHARE: f64 = 50.0;
    let limited = SHOP.replace("[limits]", "[limits]\nconnections_per_client = 50");
    let collector = Collector::serve(&limited).await;
    let slow = drip(&collector, b"POST /v1/beacon HTTP/1.1\r\nHost: x\r\nX: ", b"x").await;
    let open = async || match collector.metrics().await.value("graadmeter_connections", &[]) {
        few if few <= SHARE => Ok(()),
        many => Err(many),
    };
    until(PATIENCE, "one client has its share", open).await;
    assert!(collector.closed("client").await >= CONNECTIONS as f64 - SHARE);
    // The same client too, since a newcomer takes the place of who is waited for longest.
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
    all_end_while_others_are_served(&collector, slow).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_house_takes_newcomers_in() {
    let collector = Collector::serve(&SHOP.replace("[limits]", "[limits]\nconnections = 20")).await;
    let mut idle = Vec::new();
    for last in 1..=100 {
        idle.push(Connection::open_from(IpAddr::V4(Ipv4Addr::new(127, 0, 1, last)), collector.public).await);
    }
    for _ in 0..10 {
        assert_eq!(collector.send(&Beacon::page()).await.status, 204);
    }
    let metrics = collector.metrics().await;
    assert!(metrics.value("graadmeter_connections", &[]) <= 20.0);
    assert!(metrics.value("graadmeter_connections_closed_total", &[("reason", "full")]) >= 80.0);
}

#[tokio::test]
async fn a_burst_of_requests_leaves_nothing_behind_on_its_connection() {
    let collector = Collector::serve(SHOP).await;
    let one = Request::new("POST", "/v1/beacon").header("Content-Type", "text/plain").body("{}").bytes();
    let times = 8 * 1024 / one.len();
    let burst = one.repeat(times);
    let mut waiting = Vec::new();
    let mut before = 0;
    for number in 0..CONNECTIONS {
        let mut connection = Connection::open(collector.public).await;
        connection.send(&burst).await;
        for _ in 0..times {
            assert_eq!(connection.response().await.status, 400);
        }
        waiting.push(connection);
        // The first ones make the tables that all share.
        if number == 100 {
            before = collector.resident_kib();
        }
    }
    assert_growth(&collector, before, CONNECTIONS as u64 * KIB_PER_WAITING_CONNECTION);
}

/// Waits until a scrape is answered with this status.
async fn scrape_is_answered(collector: &Collector, status: u16) {
    let ask = async || match get(collector.admin, "/metrics").await.status {
        answered if answered == status => Ok(()),
        other => Err(other),
    };
    until(SOON, &format!("a scrape is answered {status}"), ask).await;
}

#[tokio::test]
async fn a_scraper_that_never_reads_holds_nobody_up() {
    let collector = Collector::serve(SHOP).await;
    let timing = json!({"redirect": 0, "dns": 1, "connect": 2, "tls": 3, "ttfb": 100, "response": 5,
        "dom_interactive": 600, "dom_content_loaded": 700, "load": 1500});
    let view =
        |page| Beacon::page().with("/timing", timing.clone()).with("/page", json!(format!("page-{page}")));
    // Some 15 MB of text, which no socket takes unread.
    collector.accept(&(0..600).map(view).collect::<Vec<_>>()).await;
    let before = collector.resident_kib();
    let stall = async || {
        let mut connection = Connection::open(collector.admin).await;
        connection.send(&Request::new("GET", "/metrics").bytes()).await;
        connection
    };
    let mut stalled = Vec::new();
    for _ in 0..15 {
        stalled.push(stall().await);
    }
    collector.accept(&[Beacon::page()]).await;
    collector.metrics_after(601.0).await;
    // One more, and there is room for no other.
    stalled.push(stall().await);
    scrape_is_answered(&collector, 503).await;
    collector.accept(&[Beacon::page()]).await;
    assert_eq!(get(collector.admin, "/healthz").await.status, 200);
    assert_growth(&collector, before, 100 * 1024);
    stalled.truncate(1);
    scrape_is_answered(&collector, 200).await;
    assert_eq!(collector.stop().await.status.code(), Some(0), "it ends although they are still there");
}
