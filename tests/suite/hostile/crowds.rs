//! A hundred thousand of the same, or of what only looks different.

use std::net::SocketAddr;

use graadmeter_tests::beacon::{Beacon, DESKTOP};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::Connection;

use super::assert_growth;

const REQUESTS: usize = 100_000;
/// Requests that are sent before their answers are read.
const AT_ONCE: usize = 100;
const GROWTH_KIB: u64 = 32 * 1024;

/// Sends what `request` makes of each number, over so many connections.
async fn send_all(to: SocketAddr, connections: usize, request: fn(usize, &Beacon) -> Vec<u8>) {
    let beacon = Beacon::page();
    let each = REQUESTS / connections;
    let senders = (0..connections).map(|connection| {
        let beacon = beacon.clone();
        tokio::spawn(async move {
            let mut stream = Connection::open(to).await;
            for batch in 0..each.div_ceil(AT_ONCE) {
                let first = connection * each + batch * AT_ONCE;
                let numbers = first..(first + AT_ONCE).min((connection + 1) * each);
                let bytes: Vec<u8> = numbers.clone().flat_map(|number| request(number, &beacon)).collect();
                stream.send(&bytes).await;
                for _ in numbers {
                    let status = stream.response().await.status;
                    assert!(matches!(status, 204 | 429), "{status}");
                }
            }
        })
    });
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("only allowed answers");
    }
}

fn forwarded(number: usize, beacon: &Beacon) -> Vec<u8> {
    let [_, high, middle, low] = (number as u32).to_be_bytes();
    beacon.from_with(DESKTOP, "X-Forwarded-For", &format!("100.{high}.{middle}.{low}")).bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_id_a_hundred_thousand_times_counts_once() {
    let collector = Collector::serve(SHOP).await;
    let before = collector.resident_kib();
    send_all(collector.public, 50, |_, beacon| beacon.from(DESKTOP).bytes()).await;
    assert_eq!(collector.outcome("accepted").await, 1.0);
    assert_eq!(collector.outcome("duplicate").await, REQUESTS as f64 - 1.0);
    assert_growth(&collector, before, GROWTH_KIB);
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stranger_who_says_that_he_is_a_hundred_thousand_is_one() {
    const SHARE: usize = 1_000;
    let limited = SHOP
        .replace("beacons_per_minute_per_client = 0", &format!("beacons_per_minute_per_client = {SHARE}"));
    let collector = Collector::serve(&limited).await;
    let before = collector.resident_kib();
    send_all(collector.public, 10, forwarded).await;
    let limited = collector.outcome("limited").await;
    // A slow machine takes minutes, and each brings another share.
    assert!(limited > 0.8 * REQUESTS as f64, "{limited}");
    assert_growth(&collector, before, GROWTH_KIB);
    let mut others = Connection::open_from([127, 0, 0, 2].into(), collector.public).await;
    others.send(&Beacon::page().from(DESKTOP).bytes()).await;
    assert_eq!(others.response().await.status, 204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hundred_thousand_clients_of_a_trusted_proxy_are_so_many_and_take_little() {
    let trusted = SHOP.replace("beacons_per_minute_per_client = 0", "beacons_per_minute_per_client = 1");
    let collector = Collector::serve(&format!("{trusted}\n[proxies]\ntrusted = [\"127.0.0.1\"]\n")).await;
    let before = collector.resident_kib();
    send_all(collector.public, 10, forwarded).await;
    assert_eq!(collector.outcome("limited").await, 0.0);
    assert_eq!(collector.outcome("duplicate").await, REQUESTS as f64 - 1.0);
    assert_growth(&collector, before, GROWTH_KIB);
}
