//! Does the public listener speak HTTP/2 to those who know, and stand what is done to HTTP/2 servers?

use graadmeter_tests::beacon::{Beacon, DESKTOP, ORIGIN};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http2::{
    CONTINUATION, Connection, DATA, END_HEADERS, END_STREAM, Frame, GOAWAY, HEADERS, PING, RST_STREAM,
    SETTINGS, block,
};
use graadmeter_tests::wait::until;
use std::time::Duration;

const FIELDS: [(&str, &str); 7] = [
    (":method", "POST"),
    (":scheme", "http"),
    (":path", "/v1/beacon"),
    (":authority", "collector.test"),
    ("origin", ORIGIN),
    ("user-agent", DESKTOP),
    ("content-type", "text/plain;charset=UTF-8"),
];
const REFUSED_STREAM: [u8; 4] = [0, 0, 0, 7];
const CANCEL: [u8; 4] = [0, 0, 0, 8];
/// Streams that one connection may have under way.
const STREAMS: u32 = 100;
const GROWTH_KIB: u64 = 16 * 1024;
/// A body has ten seconds; a slow machine may take its time to notice.
const PATIENCE: Duration = Duration::from_mins(1);

fn beacon(stream: u32) -> [Frame; 2] {
    [Frame::headers(stream, 0, &FIELDS), Frame::new(DATA, END_STREAM, stream, Beacon::page().body())]
}

#[tokio::test]
async fn beacons_come_in_over_cleartext_http2() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    for stream in [1, 3, 5] {
        connection.send(&beacon(stream)).await;
        assert_eq!(connection.status(stream).await, Some(204));
    }
    // Several at once, as a proxy sends them.
    let many: Vec<Frame> = (7..=45).step_by(2).flat_map(beacon).collect();
    connection.send(&many).await;
    collector.metrics_after(23.0).await;
}

#[tokio::test]
async fn http2_ends_in_peace_at_a_shutdown() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    connection.send(&beacon(1)).await;
    assert_eq!(connection.status(1).await, Some(204));
    collector.terminate();
    assert!(connection.frame_of(&[GOAWAY], 0).await.is_some());
    assert_eq!(collector.ended().await.status.code(), Some(0));
}

#[tokio::test]
async fn streams_that_are_reset_as_fast_as_they_are_opened_end_the_connection() {
    let collector = Collector::serve(SHOP).await;
    let before = collector.resident_kib();
    let mut connection = Connection::open(collector.public).await;
    for stream in (1..100_000).step_by(2) {
        let reset = Frame::new(RST_STREAM, 0, stream, CANCEL);
        if !connection.send(&[Frame::headers(stream, 0, &FIELDS), reset]).await {
            break;
        }
    }
    assert!(connection.is_sent_away().await);
    let metrics = collector.metrics().await;
    assert_eq!(metrics.value("graadmeter_beacons_total", &[("outcome", "accepted")]), 0.0);
    // Each that had begun is counted; the connection ends long before all were tried.
    let given_up = metrics.value("graadmeter_beacons_total", &[("outcome", "timeout")]);
    assert!(given_up < 10_000.0, "{given_up}");
    assert!(collector.resident_kib().saturating_sub(before) < GROWTH_KIB);
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}

#[tokio::test]
async fn streams_beyond_the_limit_are_refused_and_those_within_it_end_in_time() {
    let collector = Collector::serve(SHOP).await;
    let before = collector.resident_kib();
    let mut connection = Connection::open(collector.public).await;
    while connection.frame_of(&[SETTINGS], 0).await.expect("settings").flags != 1 {
        connection.send(&[Frame::new(SETTINGS, 1, 0, [])]).await;
    }
    for stream in (1..=2 * STREAMS + 20).step_by(2) {
        connection.send(&[Frame::headers(stream, 0, &FIELDS)]).await;
    }
    let mut refused = 0;
    while refused < 10 {
        let frame = connection.frame().await.expect("the connection goes on");
        refused += u32::from(frame.kind == RST_STREAM && frame.payload == REFUSED_STREAM);
    }
    assert_eq!(collector.send(&Beacon::page()).await.status, 204, "others are served");
    until(PATIENCE, "bodies that never come are given up", async || {
        match collector.outcome("timeout").await {
            all if all == f64::from(STREAMS) => Ok(()),
            some => Err(some),
        }
    })
    .await;
    assert!(collector.resident_kib().saturating_sub(before) < GROWTH_KIB);
}

#[tokio::test]
async fn heads_without_an_end_and_pings_without_number_get_nowhere() {
    let collector = Collector::serve(SHOP).await;
    let before = collector.resident_kib();
    let mut endless = Connection::open(collector.public).await;
    endless.send(&[Frame::new(HEADERS, 0, 1, block(&FIELDS))]).await;
    let more = Frame::new(CONTINUATION, 0, 1, block(&[("x", &"x".repeat(1_000))]));
    let mut sent = 0;
    while sent < 100_000 && endless.send(std::slice::from_ref(&more)).await {
        sent += 1;
    }
    assert!(endless.is_sent_away().await);
    assert!(sent < 100_000, "it was cut off");

    let mut pings = Connection::open(collector.public).await;
    let many = vec![Frame::new(PING, 0, 0, [0; 8]); 1_000];
    for _ in 0..20 {
        pings.send(&many).await;
    }
    let mut list = Connection::open(collector.public).await;
    let long = "x".repeat(10_000);
    let large = [&FIELDS[..], &[("x", &long), ("y", &long)]].concat();
    let mut frames = vec![Frame::new(HEADERS, END_STREAM, 1, block(&large[..8]))];
    frames.push(Frame::new(CONTINUATION, END_HEADERS, 1, block(&large[8..])));
    list.send(&frames).await;
    assert_eq!(collector.metrics().await.sum("graadmeter_beacons_total", &[]), 0.0);
    assert!(collector.resident_kib().saturating_sub(before) < GROWTH_KIB);
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}
