//! What attackers do: is each of it bounded in memory, counted by name, and does service go on for everybody else?
//! Here: do ten thousand bodies that nobody meant well get nothing but 204, 400 or 403?

mod bodies;
mod crowds;
mod heads;
mod names;
mod slow;

use graadmeter_tests::beacon::{Beacon, DESKTOP, post};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::Connection;
use graadmeter_wire::limits::BODY_BYTES_MAX;
use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

use crate::wire_format::bodies;

/// Says that memory has grown by less than so many KiB since `before`.
fn assert_growth(collector: &Collector, before_kib: u64, most_kib: u64) {
    let grown = collector.resident_kib().saturating_sub(before_kib);
    assert!(grown < most_kib, "{grown} KiB more");
}

const CONNECTIONS: u64 = 4;
const BODIES_PER_CONNECTION: usize = 2_500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_hostile_bodies_do_no_harm() {
    let collector = Collector::serve(SHOP).await;
    let senders = (0..CONNECTIONS).map(|seed| tokio::spawn(send_mutated(collector.public, seed)));
    for sender in senders.collect::<Vec<_>>() {
        sender.await.expect("only allowed answers");
    }
    assert_eq!(collector.send(&Beacon::page()).await.status, 204, "service goes on");

    let metrics = collector.metrics().await;
    let total = metrics.sum("graadmeter_beacons_total", &[]);
    assert_eq!(total, CONNECTIONS as f64 * BODIES_PER_CONNECTION as f64 + 1.0, "each one is counted once");
    assert_eq!(collector.stop().await.status.code(), Some(0));
}

async fn send_mutated(to: std::net::SocketAddr, seed: u64) {
    let mut random = SmallRng::seed_from_u64(seed);
    let valid: Vec<Vec<u8>> = bodies("valid").into_iter().map(|(_, body)| body).collect();
    let mut connection = Connection::open(to).await;
    for number in 0..BODIES_PER_CONNECTION {
        let body = hostile(&mut random, &valid);
        connection.send(&post(DESKTOP).body(body.clone()).bytes()).await;
        let status = connection.response().await.status;
        let told = || format!("seed {seed}, body {number}: {}", String::from_utf8_lossy(&body));
        assert!(matches!(status, 204 | 400 | 403), "{status} for {}", told());
    }
}

fn hostile(random: &mut SmallRng, valid: &[Vec<u8>]) -> Vec<u8> {
    let mut body = valid.choose(random).expect("fixtures").clone();
    match random.random_range(0..10) {
        0 => body = (0..random.random_range(0..2000)).map(|_| random.random()).collect(),
        1 => body.truncate(random.random_range(0..body.len())),
        2 => body = deep(random),
        3 => {
            let other = valid.choose(random).expect("fixtures");
            let cut = random.random_range(0..body.len());
            body.truncate(cut);
            body.extend(&other[other.len().min(cut)..]);
        }
        4 => {
            let start = random.random_range(0..body.len());
            let piece = body[start..].to_vec();
            body.extend(piece);
        }
        5 | 6 => replace_token(random, &mut body),
        _ => {
            for _ in 0..random.random_range(1..6) {
                let at = random.random_range(0..body.len());
                body[at] = random.random();
            }
        }
    }
    body.truncate(BODY_BYTES_MAX);
    body
}

/// Many levels of arrays or objects, as an unknown key or as the whole body.
fn deep(random: &mut SmallRng) -> Vec<u8> {
    let (open, close) = *[("[", "]"), ("{\"a\":", "}")].choose(random).expect("two");
    let levels = random.random_range(100..2500);
    let nest = format!("{}1{}", open.repeat(levels), close.repeat(levels));
    if random.random() { nest.into_bytes() } else { format!("{{\"unknown\":{nest},\"v\":1}}").into_bytes() }
}

/// Swaps a value for another that JSON allows, so that more than the JSON parser is tried.
fn replace_token(random: &mut SmallRng, body: &mut Vec<u8>) {
    const TOKENS: [&str; 16] = [
        "null",
        "true",
        "-1",
        "0",
        "1e308",
        "-1e-308",
        "1e999",
        "18446744073709551616",
        "\"\"",
        "\"\\u0000\"",
        "\"\\ud800\"",
        "[]",
        "{}",
        "[[]]",
        "\"https://www.shop.example/\"",
        "0.00000000000000000000000000000001",
    ];
    let colons: Vec<usize> =
        body.iter().enumerate().filter(|(_, byte)| **byte == b':').map(|(at, _)| at).collect();
    let Some(&colon) = colons.choose(random) else { return };
    let end =
        body[colon..].iter().position(|byte| b",}]\n".contains(byte)).map_or(body.len(), |end| colon + end);
    let token = TOKENS.choose(random).expect("tokens");
    body.splice(colon + 1..end, token.bytes());
}
