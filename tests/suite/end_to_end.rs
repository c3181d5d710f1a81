//! From a real page to a real Prometheus: does PromQL say what the page's own measuring says?

use std::collections::BTreeMap;

use graadmeter_tests::browser::{Browser, Device};
use graadmeter_tests::collector::Collector;
use graadmeter_tests::prometheus::Prometheus;
use graadmeter_tests::shop::{Listening, Shop};
use graadmeter_tests::wait::{SOON, until};

const P75: &str = "histogram_quantile(0.75, sum by (le, device) (rate(rum_lcp_seconds_bucket[5m])))";

/// A page's delay before its first byte, per device: far enough apart to fall into different buckets.
const VISITORS: [(Device, &str, u32); 2] =
    [(Device::Desktop, "desktop", 150), (Device::Phone, "mobile", 1_100)];

#[tokio::test]
async fn the_quantile_in_prometheus_lies_in_the_bucket_that_web_vitals_measured() {
    let listening = Listening::anywhere().await;
    let config = format!(
        "[[site]]\nid = \"shop\"\norigins = [\"http://{}\"]\ncurrency = \"EUR\"\nrobots = \"include\"\n",
        listening.address()
    );
    let collector = Collector::serve(&config).await;
    let shop = Shop::reporting_to(listening, collector.public);
    let prometheus = Prometheus::scraping(collector.admin).await;

    let mut measured = BTreeMap::new();
    for (device, name, wait_ms) in VISITORS {
        let browser = Browser::start(device, "Europe/Amsterdam", &[]).await;
        let address = format!("http://{}/?wait_ms={wait_ms}", shop.address);
        // A rate needs a point to start from: the first view makes the series, the next ones let it rise.
        view(&browser, &address).await;
        let series = format!("rum_lcp_seconds_count{{device=\"{name}\"}} == 1");
        prometheus.query_until(&series, |series| (series.len() == 1).then_some(())).await;
        let mut seconds = Vec::new();
        for _ in 0..3 {
            seconds.push(view(&browser, &address).await);
        }
        let series = format!("rum_lcp_seconds_count{{device=\"{name}\"}} == 4");
        prometheus.query_until(&series, |series| (series.len() == 1).then_some(())).await;
        // Not before: a browser that closes drops what it has not sent yet.
        browser.close().await;
        seconds.sort_by(f64::total_cmp);
        measured.insert(name, seconds[2]); // of three, the third is the first with three quarters at or below it
    }

    let answer = prometheus
        .query_until(P75, |answer| {
            (answer.len() == 2 && answer.iter().all(|(_, p75)| p75.is_finite())).then(|| answer.to_vec())
        })
        .await;
    let metrics = collector.metrics().await;
    for (labels, p75) in answer {
        let device = &*labels["device"];
        let cell = [("site", "shop"), ("device", device), ("channel", "direct"), ("country", "NL")];
        let buckets = metrics.histogram("rum_lcp_seconds", &cell).expect("a cell for this device").buckets;
        let bucket = |seconds: f64| buckets.iter().position(|(edge, _)| seconds <= *edge);
        assert_eq!(
            bucket(p75),
            bucket(measured[device]),
            "{device}: {p75} s, measured {} s",
            measured[device]
        );
    }
    assert!(measured["mobile"] > 1.1, "the phone's page was slow: {measured:?}");
}

/// Opens the page, lets `web-vitals` measure it, leaves it, and gives its LCP in seconds.
async fn view(browser: &Browser, address: &str) -> f64 {
    browser.open(address).await;
    let milliseconds = until(SOON, "web-vitals has measured the LCP", async || {
        let beacon_runs = browser.run("return typeof graadmeter === 'function'").await;
        let lcp = browser.run("return measured.LCP ?? null").await;
        lcp.as_f64().filter(|_| beacon_runs == true).ok_or(lcp)
    })
    .await;
    browser.leave().await;
    milliseconds / 1e3
}
