//! Are two collectors behind a load balancer, summed, what one is that saw everything?

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use graadmeter_tests::beacon::{Beacon, DESKTOP, IPHONE, PHONE, TABLET};
use graadmeter_tests::clickhouse::{CLUSTER, Servers};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::prometheus::Prometheus;
use graadmeter_tests::raw_http::Connection;
use graadmeter_tests::wait::until;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use rand_distr::{Distribution, LogNormal};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::clickhouse::schema;

const BEACONS: usize = 100_000;
/// How long it may take until all of them are in ClickHouse.
const PATIENCE: Duration = Duration::from_mins(3);

/// Connections to each collector: it stores together what comes together.
const CONNECTIONS: usize = 16;

/// The requests of visitors of all kinds, and of probes.
fn requests() -> impl Iterator<Item = Vec<u8>> + Send {
    let mut random = SmallRng::seed_from_u64(11);
    let shape = LogNormal::new(1346_f64.ln(), 0.766).expect("a shape");
    (0..BEACONS).map(move |number| {
        let agent = [DESKTOP, PHONE, IPHONE, TABLET][random.random_range(0..4)];
        let lcp = shape.sample(&mut random);
        let beacon = match random.random_range(0..10) {
            0 => Beacon::purchase(
                "59.95",
                &format!("order-{number}"),
                json!({"lcp": lcp, "load": lcp + 100.0}),
            ),
            1 => Beacon::probe().with("/timing", json!({ "load": lcp })),
            2 => Beacon::page().with("/rate", json!(0.5)),
            3 => Beacon::page().with("/third_party", json!([{"host": "cdn.example.net", "ms": lcp}])),
            _ => Beacon::page().with("/page", json!(format!("page-{}", random.random_range(0..20)))),
        };
        beacon.with("/vitals", json!({"lcp": lcp, "inp": lcp / 10.0, "cls": 0.01})).from(agent).bytes()
    })
}

/// Sends requests over some connections at once.
async fn send(to: SocketAddr, requests: impl Iterator<Item = Vec<u8>> + Send + 'static) {
    let requests = Arc::new(Mutex::new(requests));
    let mut connections = JoinSet::new();
    for _ in 0..CONNECTIONS {
        let requests = Arc::clone(&requests);
        let next = move || requests.lock().expect("whoever took one did not panic").next();
        connections.spawn(send_one_by_one(to, next));
    }
    connections.join_all().await;
}

async fn send_one_by_one(to: SocketAddr, next: impl Fn() -> Option<Vec<u8>>) {
    let mut connection = Connection::open(to).await;
    let mut sent = 0;
    while let Some(request) = next() {
        sent += 1;
        // As a client does after as many as one connection may have.
        if sent % 500 == 0 {
            connection = Connection::open(to).await;
        }
        connection.send(&request).await;
        assert_eq!(connection.response().await.status, 204);
    }
}

/// What was counted of visitors and probes, by series.
async fn counted(collector: &Collector) -> BTreeMap<String, f64> {
    let is_count = |line: &&str| line.starts_with("rum_") || line.starts_with("synthetic_");
    let exposition = collector.exposition().await;
    let series = exposition.lines().filter(is_count).map(|line| line.rsplit_once(' ').expect("a value"));
    series.map(|(series, value)| (series.to_owned(), value.parse().expect("a number"))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sums_and_quantiles_of_two_are_those_of_one() {
    let (left, right, one) =
        tokio::join!(Collector::serve(SHOP), Collector::serve(SHOP), Collector::serve(SHOP));
    tokio::join!(
        send(left.public, requests().step_by(2)),
        send(right.public, requests().skip(1).step_by(2)),
        send(one.public, requests()),
    );
    let mut summed = counted(&left).await;
    for (series, value) in counted(&right).await {
        *summed.entry(series).or_default() += value;
    }
    let alone = counted(&one).await;
    assert!(alone.len() > 1_000 && summed.keys().eq(alone.keys()), "{} series", alone.len());
    for (series, value) in &alone {
        // Sums of seconds are rounded to the last bit by whoever adds them.
        assert!(
            (summed[series] - value).abs() <= value.abs() * 1e-12,
            "{series}: {} for {value}",
            summed[series]
        );
    }

    let prometheus = Prometheus::scraping_native(&[left.admin, right.admin, one.admin]).await;
    let of = |instances: &[SocketAddr]| {
        let names: Vec<_> = instances.iter().map(SocketAddr::to_string).collect();
        format!("rum_lcp_seconds{{instance=~\"{}\"}}", names.join("|"))
    };
    let (two, whole) = (of(&[left.admin, right.admin]), of(&[one.admin]));
    let views = |answer: &[(_, f64)]| answer.first().map(|(_, value)| *value).filter(|count| *count > 0.0);
    let count = |series: &str| format!("histogram_count(sum({series}))");
    let expected = prometheus.query_until(&count(&whole), views).await;
    prometheus.query_until(&count(&two), |answer| views(answer).filter(|count| *count == expected)).await;
    for quantile in [0.01, 0.25, 0.5, 0.75, 0.95, 0.999] {
        let by_device = |series: &str| format!("histogram_quantile({quantile}, sum by (device) ({series}))");
        let [two, whole] =
            [prometheus.query(&by_device(&two)).await, prometheus.query(&by_device(&whole)).await];
        let values = |answer: &[(BTreeMap<String, String>, f64)]| {
            answer.iter().map(|(labels, value)| (labels.clone(), value.to_bits())).collect::<BTreeMap<_, _>>()
        };
        assert_eq!(values(&two), values(&whole), "p{quantile}");
        assert!(whole.len() >= 3, "{whole:?}");
    }
}

/// What `/api/v1/timings` answers, without the range.
async fn groups(collector: &Collector, by: &str) -> (u16, Value) {
    let path = format!("/api/v1/timings?site=shop&metric=lcp&by={by}&q=0.01,0.5,0.75,0.95,0.999");
    let (status, mut answer) = collector.ask(&path).await;
    (status, answer["groups"].take())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clickhouse_answers_for_two_as_the_history_of_one_that_saw_everything() {
    let servers = Servers::two_shards().await;
    servers.each[0].pipe(&schema(&["--cluster", CLUSTER]).await).await;
    let sending = |server: usize| {
        let url = servers.each[server].http();
        format!("[storage]\nquery = \"clickhouse\"\n[clickhouse]\nurl = \"http://{url}\"\n{SHOP}")
    };
    let folder = || tempfile::tempdir().expect("a temporary folder");
    let alone = ["[storage]\ncheckpoint_every = \"1s\"\n", SHOP].concat();
    let left = Collector::keeping_in(folder(), &sending(0)).await;
    let right = Collector::keeping_in(folder(), &sending(1)).await;
    let one = Collector::keeping_in(folder(), &alone).await;
    tokio::join!(
        send(left.public, requests().step_by(2)),
        send(right.public, requests().skip(1).step_by(2)),
        send(one.public, requests()),
    );
    for by in ["device", "channel", "country", "page"] {
        let answer = until(PATIENCE, "both have everything", async || {
            let (of_two, of_one) = (groups(&left, by).await, groups(&one, by).await);
            if of_two.0 == 200 && of_two == of_one { Ok(of_one.1) } else { Err((of_two, of_one)) }
        })
        .await;
        let count: u64 =
            answer.as_array().expect("groups").iter().filter_map(|group| group["count"].as_u64()).sum();
        assert!(count > BEACONS as u64 / 2, "{by}: {count} values");
    }
    assert_eq!(groups(&left, "page").await, groups(&right, "page").await, "whoever is asked");
}
