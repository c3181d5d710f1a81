//! Does a real Prometheus read our native histograms, and do its quantiles agree with the exact ones?

use std::io::Read;

use flate2::read::GzDecoder;
use graadmeter_tests::beacon::Beacon;
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::prometheus::Prometheus;
use graadmeter_tests::raw_http::{Request, Response};
use rand::SeedableRng;
use rand::rngs::SmallRng;
use rand_distr::{Distribution, LogNormal};
use serde_json::json;

/// What a Prometheus with native histograms asks for.
const NATIVE: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,text/plain;version=0.0.4;q=0.5";
const VIEWS: usize = 400;

/// LCP in milliseconds as mobile visitors have it: median 1,346, 95th percentile 4,749.
fn lcps_ms() -> Vec<f64> {
    let shape = LogNormal::new(1346_f64.ln(), 0.766).expect("a shape");
    let mut random = SmallRng::seed_from_u64(7);
    shape.sample_iter(&mut random).take(VIEWS).collect()
}

async fn scrape(collector: &Collector, accept: &str, encoding: &str) -> Response {
    let request =
        Request::new("GET", "/metrics").header("Accept", accept).header("Accept-Encoding", encoding);
    request.send(collector.admin).await
}

#[tokio::test]
async fn prometheus_finds_the_exact_quantiles_within_five_percent() {
    let collector = Collector::serve(SHOP).await;
    let mut lcps = lcps_ms();
    let view = |lcp: &f64| Beacon::page().with("/vitals", json!({"lcp": lcp, "cls": 0}));
    collector.accept(&lcps.iter().map(view).collect::<Vec<_>>()).await;
    lcps.sort_by(f64::total_cmp);

    let prometheus = Prometheus::scraping_native(&[collector.admin]).await;
    let one = |answer: &[(_, f64)]| answer.first().map(|(_, value)| *value);
    let count = |answer: &[(_, f64)]| one(answer).filter(|count| *count == VIEWS as f64);
    prometheus.query_until("histogram_count(rum_lcp_seconds)", count).await;
    for quantile in [0.05, 0.25, 0.5, 0.75, 0.95, 0.99] {
        let answer = prometheus.query(&format!("histogram_quantile({quantile}, rum_page_lcp_seconds)")).await;
        let exact = lcps[(quantile * VIEWS as f64).ceil() as usize - 1] / 1e3;
        let estimate = one(&answer).expect("an answer");
        assert!((estimate / exact - 1.0).abs() < 0.05, "p{quantile}: {estimate} is not {exact}");
    }
    let sum = one(&prometheus.query("histogram_sum(rum_lcp_seconds)").await).expect("a sum");
    assert!((sum - lcps.iter().sum::<f64>() / 1e3).abs() < 1e-3, "{sum}");
    let good = lcps.iter().filter(|lcp| **lcp <= 2500.0).count() as f64 / VIEWS as f64;
    let fraction =
        one(&prometheus.query("histogram_fraction(0, 2.5, rum_lcp_seconds)").await).expect("a share");
    assert!((fraction - good).abs() < 0.02, "{fraction} is not {good}");
    // All of them zero, and a distribution that has no value yet.
    let cls = one(&prometheus.query("histogram_quantile(0.99, rum_cls_score)").await).expect("an answer");
    assert!(cls.abs() < 1e-9, "{cls}");
    let conversions = prometheus.query("histogram_count(rum_conversion_landing_lcp_seconds)").await;
    assert_eq!(one(&conversions), Some(0.0));
    assert_eq!(prometheus.query("rum_lcp_seconds_bucket").await.len(), 0, "one series, not twenty");
    assert_eq!(one(&prometheus.query("rum_page_views_total").await), Some(VIEWS as f64));
    assert_eq!(one(&prometheus.query("up").await), Some(1.0));
}

#[tokio::test]
async fn each_scraper_gets_the_format_it_asks_for() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::page().with("/vitals/lcp", json!(1000))]).await;
    let text = scrape(&collector, "*/*", "identity").await;
    assert_eq!(text.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(text.text().contains("rum_lcp_seconds_bucket{"));
    let native = scrape(&collector, NATIVE, "identity").await;
    assert_eq!(
        native.header("content-type"),
        Some("application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited")
    );
    assert!(native.body.len() < text.body.len() / 2, "{} of {}", native.body.len(), text.body.len());
}

#[tokio::test]
async fn gzip_is_the_same_in_fewer_bytes() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::page().with("/vitals/lcp", json!(1000))]).await;
    for accept in ["text/plain", NATIVE] {
        let packed = scrape(&collector, accept, "gzip").await;
        assert_eq!(packed.header("content-encoding"), Some("gzip"));
        assert!(packed.header("vary").is_some_and(|vary| vary.contains("accept-encoding")));
        let mut unpacked = Vec::new();
        GzDecoder::new(&packed.body[..]).read_to_end(&mut unpacked).expect("gzip");
        let plain = scrape(&collector, accept, "identity").await;
        assert_eq!(plain.header("content-encoding"), None);
        let families = |body: &[u8]| String::from_utf8_lossy(body).matches("rum_page_lcp_seconds").count();
        assert!(families(&unpacked) > 0 && families(&unpacked) == families(&plain.body));
        assert!(packed.body.len() < unpacked.len() / 2, "{} of {}", packed.body.len(), unpacked.len());
    }
}
