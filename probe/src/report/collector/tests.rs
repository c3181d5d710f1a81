//! Reports against a collector that takes them, refuses them, or is away.

use std::time::Duration;

use graadmeter_wire::{HexId, HttpUrl, Kind, SiteId};
use tokio::net::TcpListener;

use super::*;
use crate::testing::{FakeCollector, config};

fn a_beacon(number: u128) -> Beacon<'static> {
    let (site, url) = (SiteId::new("shop").unwrap(), HttpUrl::new("http://shop.example/").unwrap());
    Beacon::new(site, HexId::from(number), Kind::Page, url)
}

fn reporter(address: std::net::SocketAddr, queue: usize) -> (Reporter, Arc<Metrics>) {
    let text = format!(
        "[collector]\nurl = 'http://{address}'\ntimeout = '1s'\nqueue = {queue}\n\
         [[check]]\nname = 'home'\nsite = 'shop'\nurl = 'http://shop.example/'\n"
    );
    let config = config(&text);
    let metrics = Arc::new(Metrics::new(&config).unwrap());
    (Reporter::start(&config.collector.unwrap(), &metrics).unwrap(), metrics)
}

fn fates(metrics: &Metrics) -> [u64; 4] {
    Fate::ALL.map(|fate| metrics.reports(fate))
}

fn soon() -> Instant {
    Instant::now() + Duration::from_secs(30)
}

#[tokio::test]
async fn what_waits_is_sent_before_the_end() {
    let collector = FakeCollector::answering(&[]).await;
    let (reporter, metrics) = reporter(collector.address, 100);
    (0..50).for_each(|number| reporter.push(&a_beacon(number)));
    reporter.finish(soon()).await;
    assert_eq!(fates(&metrics), [50, 0, 0, 0]);
    let mut ids: Vec<_> = collector
        .wait_for(50)
        .await
        .iter()
        .map(|(line, body)| {
            assert_eq!(line, "POST /v1/beacon application/json");
            graadmeter_wire::decode(body).unwrap().beacon.id.to_string()
        })
        .collect();
    ids.sort();
    assert_eq!(ids, (0..50).map(|number: u128| format!("{number:032x}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_report_is_tried_again_until_it_is_taken() {
    let collector = FakeCollector::answering(&[503, 429, 500]).await;
    let (reporter, metrics) = reporter(collector.address, 100);
    reporter.push(&a_beacon(1));
    let taken = collector.wait_for(4).await;
    assert!(taken.iter().all(|(_, body)| *body == taken[0].1), "the same id each time");
    reporter.finish(soon()).await;
    assert_eq!(fates(&metrics), [1, 0, 0, 0]);
    let text = String::from_utf8(metrics.render().unwrap()).unwrap();
    assert!(text.contains("\ngraadmeter_probe_report_retries_total 3\n"), "{text}");
}

#[tokio::test]
async fn a_refusal_is_final() {
    let collector = FakeCollector::answering(&[403, 400]).await;
    let (reporter, metrics) = reporter(collector.address, 100);
    (0..3).for_each(|number| reporter.push(&a_beacon(number)));
    reporter.finish(soon()).await;
    assert_eq!(fates(&metrics), [1, 2, 0, 0]);
    assert_eq!(collector.wait_for(3).await.len(), 3);
}

#[tokio::test]
async fn while_the_collector_is_away_the_queue_stays_bounded_and_everything_is_counted() {
    let away = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let (reporter, metrics) = reporter(away, 5);
    // The workers get no turn in between, so the queue itself has to keep its bound.
    (0..100).for_each(|number| reporter.push(&a_beacon(number)));
    assert_eq!(reporter.shared.queue().len(), 5);
    assert_eq!(fates(&metrics), [0, 0, 95, 0]);
    reporter.finish(Instant::now() + Duration::from_millis(100)).await;
    assert_eq!(fates(&metrics), [0, 0, 95, 5]);
}

#[tokio::test]
async fn a_redirecting_collector_is_not_followed() {
    let collector = FakeCollector::answering(&[302]).await;
    let (reporter, metrics) = reporter(collector.address, 5);
    reporter.push(&a_beacon(1));
    reporter.finish(soon()).await;
    assert_eq!(fates(&metrics), [0, 1, 0, 0]);
}
