//! Do known values come out as exact counts, in both views, and nowhere else?

use graadmeter_tests::beacon::{Beacon, DESKTOP, PHONE};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::exposition::{Histogram, Metrics};
use serde_json::{Value, json};

const VISITOR: [(&str, &str); 4] =
    [("site", "shop"), ("device", "desktop"), ("channel", "direct"), ("country", "NL")];
const PAGE: [(&str, &str); 3] = [("site", "shop"), ("device", "desktop"), ("page", "product")];

/// The same distribution in both views.
fn both_views(metrics: &Metrics, metric: &str) -> [Histogram; 2] {
    let visitor = metrics.histogram(&format!("rum_{metric}"), &VISITOR);
    let page = metrics.histogram(&format!("rum_page_{metric}"), &PAGE);
    [
        visitor.unwrap_or_else(|| panic!("no rum_{metric}")),
        page.unwrap_or_else(|| panic!("no rum_page_{metric}")),
    ]
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-9 * b.abs().max(1.0)
}

#[tokio::test]
async fn counts_at_the_core_web_vitals_thresholds_are_exact() {
    // Key on the wire, family, thresholds in base units, wire units per base unit.
    let vitals = [
        ("lcp", "lcp_seconds", [2.5, 4.0], 1e3),
        ("inp", "inp_seconds", [0.2, 0.5], 1e3),
        ("cls", "cls_score", [0.1, 0.25], 1.0),
        ("fcp", "fcp_seconds", [1.8, 3.0], 1e3),
        ("ttfb", "ttfb_seconds", [0.8, 1.8], 1e3),
    ];
    let collector = Collector::serve(SHOP).await;
    for (key, family, [good, poor], units) in vitals {
        // Just below, on, and just above each threshold: closer than any HDR bucket is wide.
        let values = [
            0.0,
            good * 0.999_9,
            good,
            good,
            good * 1.000_1,
            poor * 0.999_9,
            poor,
            poor * 1.000_1,
            poor * 3.0,
        ];
        let sum: f64 = values.iter().sum();
        for value in values {
            let beacon = Beacon::page().with(&format!("/vitals/{key}"), json!(value * units));
            collector.accept(&[beacon]).await;
        }
        let metrics = collector.metrics().await;
        for histogram in both_views(&metrics, family) {
            assert_eq!(histogram.count, 9.0, "{family}");
            assert_eq!(histogram.at_most(good), 4.0, "{family} at {good}: {histogram:?}");
            assert_eq!(histogram.at_most(poor), 7.0, "{family} at {poor}: {histogram:?}");
            assert!((histogram.sum - sum).abs() < 1e-5, "{family}: {} is not {sum}", histogram.sum);
        }
    }
}

#[tokio::test]
async fn at_every_edge_a_value_two_percent_away_is_on_its_side() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::page().with("/vitals", json!({"lcp": 0, "inp": 0, "cls": 0}))]).await;
    let metrics = collector.metrics().await;
    let families = [
        ("rum_lcp_seconds", "lcp", 1e3, 600.0),
        ("rum_inp_seconds", "inp", 1e3, 60.0),
        ("rum_cls_score", "cls", 1.0, 100.0),
    ];
    for (family, key, units, highest) in families {
        let buckets = metrics.histogram(family, &VISITOR).expect(family).buckets;
        let edges: Vec<f64> = buckets
            .into_iter()
            .map(|(edge, _)| edge)
            .filter(|edge| *edge > 0.0 && edge * 1.02 <= highest)
            .collect();
        assert!(edges.len() >= 8, "{family} is too coarse: {edges:?}");
        for edge in &edges {
            let at = |value: f64| Beacon::page().with(&format!("/vitals/{key}"), json!(value * units));
            collector.accept(&[at(edge * 0.98), at(edge * 1.02)]).await;
        }
        let histogram = collector.metrics().await.histogram(family, &VISITOR).expect(family);
        for (n, edge) in edges.iter().enumerate() {
            assert_eq!(histogram.at_most(*edge), 2.0 * n as f64 + 2.0, "{family} at {edge}: {histogram:?}");
        }
    }
}

#[tokio::test]
async fn a_sampled_beacon_counts_for_all_it_stands_for() {
    let collector = Collector::serve(SHOP).await;
    let vitals = json!({"lcp": 1000, "cls": 0.05});
    let sampled = |rate: f64| Beacon::page().with("/rate", json!(rate)).with("/vitals", vitals.clone());
    collector.accept(&[sampled(0.1), sampled(0.3), sampled(1.0)]).await; // 10 + 3 + 1
    let metrics = collector.metrics().await;
    for histogram in both_views(&metrics, "lcp_seconds") {
        assert_eq!((histogram.count, histogram.at_most(2.5)), (14.0, 14.0));
        assert!(close(histogram.sum, 14.0), "{}", histogram.sum);
    }
    assert_eq!(metrics.value("rum_page_views_total", &VISITOR), 14.0);
    assert_eq!(metrics.value("rum_sessions_total", &VISITOR), 14.0);
    assert_eq!(metrics.histogram("rum_session_landing_lcp_seconds", &VISITOR).map(|h| h.count), Some(14.0));
    assert_eq!(
        metrics.value("graadmeter_beacons_total", &[("outcome", "accepted")]),
        3.0,
        "requests, not visits"
    );
}

#[tokio::test]
async fn the_same_beacon_counts_once() {
    let collector = Collector::serve(SHOP).await;
    let first = Beacon::page().with("/vitals/lcp", json!(1000));
    let slower = first.clone().with("/vitals/lcp", json!(9000));
    let capitals = first.0["id"].as_str().expect("an id").to_uppercase();
    let same_number = first.clone().with("/id", json!(capitals));
    collector.accept(&[first.clone(), first, slower, same_number]).await;
    let metrics = collector.metrics().await;
    for histogram in both_views(&metrics, "lcp_seconds") {
        assert_eq!((histogram.count, histogram.at_most(2.5)), (1.0, 1.0), "the first to arrive");
    }
    let outcome = |outcome| metrics.value("graadmeter_beacons_total", &[("outcome", outcome)]);
    assert_eq!((outcome("accepted"), outcome("duplicate")), (1.0, 3.0));
}

#[tokio::test]
async fn a_page_view_and_a_conversion_may_share_an_id() {
    let collector = Collector::serve(SHOP).await;
    let purchase = Beacon::purchase("10.00", "A1", json!({"lcp": 900}));
    let view = Beacon::page().with("/id", purchase.0["id"].clone());
    collector.accept(&[view, purchase]).await;
    assert_eq!(collector.outcome("accepted").await, 2.0);
}

#[tokio::test]
async fn the_landing_begins_a_session_and_later_views_do_not() {
    let collector = Collector::serve(SHOP).await;
    let landing = Beacon::page().with("/vitals", json!({"lcp": 1830})).with("/timing", json!({"load": 2210}));
    let later = Beacon::later_view(json!({"lcp": 1830, "load": 2210})).with("/vitals", json!({"lcp": 300}));
    collector.accept(&[landing, later.clone(), later.with("/id", json!("0123456789abcdef"))]).await;
    collector.accept(&[Beacon::page().without("session").with("/vitals", json!({"lcp": 5000}))]).await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.value("rum_page_views_total", &VISITOR), 4.0);
    assert_eq!(metrics.value("rum_sessions_total", &VISITOR), 1.0);
    for (family, seconds) in
        [("rum_session_landing_lcp_seconds", 1.83), ("rum_session_landing_load_seconds", 2.21)]
    {
        let histogram = metrics.histogram(family, &VISITOR).expect(family);
        assert_eq!(histogram.count, 1.0, "{family}");
        assert!(close(histogram.sum, seconds), "{family}: {}", histogram.sum);
    }
}

#[tokio::test]
async fn the_phases_of_a_navigation_add_up() {
    let collector = Collector::serve(SHOP).await;
    let timing = json!({"redirect": 10, "dns": 12, "connect": 23, "tls": 31, "ttfb": 184, "response": 40,
        "dom_interactive": 700, "dom_content_loaded": 820, "load": 1632});
    collector.accept(&[Beacon::page().with("/timing", timing)]).await;
    let metrics = collector.metrics().await;
    let phases = [
        ("redirect", 0.010),
        ("dns", 0.012),
        ("connect", 0.023),
        ("tls", 0.031),
        ("wait", 0.108), // 184 − 10 − 12 − 23 − 31
        ("response", 0.040),
        ("dom_interactive", 0.700),
        ("dom_content_loaded", 0.820),
        ("load", 1.632),
    ];
    for (phase, seconds) in phases {
        let family = format!("rum_page_{phase}_seconds");
        let histogram = metrics.histogram(&family, &PAGE).unwrap_or_else(|| panic!("no {family}"));
        assert_eq!(histogram.count, 1.0, "{family}");
        assert!(close(histogram.sum, seconds), "{family}: {}", histogram.sum);
    }
    let load = metrics.histogram("rum_load_seconds", &VISITOR).expect("rum_load_seconds");
    assert!(close(load.sum, 1.632));
}

#[tokio::test]
async fn an_impossible_value_is_left_out_and_counted() {
    let collector = Collector::serve(SHOP).await;
    let vitals = json!({"lcp": 7_200_000, "fcp": 900, "inp": -1});
    let beacon = Beacon::page().with("/vitals", vitals).with("/timing", json!({"load": -5, "dns": 3}));
    collector.accept(&[beacon]).await;
    let metrics = collector.metrics().await;
    for key in ["vitals.lcp", "vitals.inp", "timing.load"] {
        assert_eq!(metrics.value("graadmeter_values_left_out_total", &[("key", key)]), 1.0, "{key}");
    }
    assert_eq!(metrics.sum("graadmeter_values_left_out_total", &[]), 3.0);
    assert_eq!(metrics.sum("rum_lcp_seconds_count", &[]), 0.0);
    assert_eq!(metrics.sum("rum_inp_seconds_count", &[]), 0.0);
    assert_eq!(metrics.sum("rum_fcp_seconds_count", &[]), 1.0);
    assert_eq!(metrics.sum("rum_page_dns_seconds_count", &[]), 1.0);
    assert_eq!(metrics.value("rum_page_views_total", &VISITOR), 1.0);
}

#[tokio::test]
async fn a_value_that_was_not_measured_is_not_zero() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::page(), Beacon::page().with("/vitals", json!({"lcp": null}))]).await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.value("rum_page_views_total", &VISITOR), 2.0);
    for family in ["ttfb_seconds", "fcp_seconds", "lcp_seconds", "inp_seconds", "cls_score", "load_seconds"] {
        assert_eq!(metrics.sum(&format!("rum_{family}_count"), &[]), 0.0, "{family}");
    }
}

#[tokio::test]
async fn what_a_probe_saw_never_enters_a_rum_family() {
    let collector = Collector::serve(SHOP).await;
    let timing = json!({"dns": 1, "connect": 20, "tls": 30, "ttfb": 251, "response": 40, "load": 300});
    let probe = Beacon::probe()
        .with("/device", json!({"mobile": false}))
        .with("/timing", timing)
        .with("/vitals", json!({"ttfb": 251, "lcp": 900, "cls": 0.01}));
    collector.accept(&[probe]).await;
    let metrics = collector.metrics().await;
    for family in metrics.families("rum_") {
        assert_eq!(metrics.sum(&format!("{family}_count"), &[]) + metrics.sum(family, &[]), 0.0, "{family}");
    }
    let cell = [("site", "shop"), ("check", "product"), ("region", "eu-west"), ("device", "desktop")];
    assert_eq!(metrics.value("synthetic_page_views_total", &cell), 1.0);
    let seen = [
        ("synthetic_ttfb_seconds", 0.251),
        ("synthetic_lcp_seconds", 0.9),
        ("synthetic_cls_score", 0.01),
        ("synthetic_load_seconds", 0.3),
        ("synthetic_dns_seconds", 0.001),
        ("synthetic_connect_seconds", 0.02),
        ("synthetic_tls_seconds", 0.03),
        ("synthetic_wait_seconds", 0.2),
        ("synthetic_response_seconds", 0.04),
    ];
    for (family, seconds) in seen {
        let histogram = metrics.histogram(family, &cell).unwrap_or_else(|| panic!("no {family}"));
        assert!(close(histogram.sum, seconds) && histogram.count == 1.0, "{family}: {histogram:?}");
    }
}

#[tokio::test]
async fn third_parties_are_known_by_their_host() {
    let collector = Collector::serve(SHOP).await;
    let hosts = json!([{"host": "cdn.example.net", "count": 12, "bytes": 84213, "ms": 312},
        {"host": "ads.example.org", "ms": 88}, {"host": "still.example.org", "count": 1}]);
    collector.accept(&[Beacon::page().with("/third_party", hosts)]).await;
    let metrics = collector.metrics().await;
    for (host, seconds) in [("cdn.example.net", 0.312), ("ads.example.org", 0.088)] {
        let labels = [("site", "shop"), ("host", host)];
        let histogram =
            metrics.histogram("rum_third_party_seconds", &labels).unwrap_or_else(|| panic!("no {host}"));
        assert!(close(histogram.sum, seconds), "{host}: {histogram:?}");
    }
}

#[tokio::test]
async fn errors_of_scripts_are_counted_for_their_page() {
    let collector = Collector::serve(SHOP).await;
    let page = |name: &str| Beacon::page().with("/page", json!(name));
    collector
        .accept(&[
            page("cart").with("/errors", json!(2)),
            page("cart").with("/errors", json!(1)).with("/rate", json!(0.1)),
            page("cart"),
            // No browser counts so many: left out, and the view is kept.
            page("cart").with("/errors", json!(10_001)),
            page("home"),
        ])
        .await;
    let metrics = collector.metrics().await;
    let errors = |page| {
        metrics.get("rum_page_errors_total", &[("site", "shop"), ("device", "desktop"), ("page", page)])
    };
    assert_eq!((errors("cart"), errors("home")), (Some(12.0), Some(0.0)));
    assert_eq!(metrics.get("graadmeter_values_left_out_total", &[("key", "errors")]), Some(1.0));
    assert_eq!(metrics.sum("rum_page_views_total", &[]), 14.0);
}

#[tokio::test]
async fn both_views_tell_the_same_story() {
    let collector = Collector::serve(SHOP).await;
    for n in 0..60_u32 {
        let user_agent = if n % 3 == 0 { PHONE } else { DESKTOP };
        let beacon = Beacon::page()
            .with("/vitals", json!({"ttfb": 37 * n, "fcp": 61 * n, "lcp": 97 * n, "inp": 9 * n, "cls": f64::from(n) / 150.0}))
            .with("/timing", json!({"load": 131 * n}))
            .with("/tz", json!(["Europe/Amsterdam", "Europe/Paris", "Asia/Tokyo"][n as usize % 3]))
            .with("/ref", json!(["", "https://www.google.com/", "https://t.co/"][n as usize % 7 % 3]))
            .with("/page", json!(["home", "product", "cart"][n as usize % 5 % 3]));
        assert_eq!(collector.send_from(user_agent, &beacon).await.status, 204);
    }
    let metrics = collector.metrics().await;
    for family in ["ttfb_seconds", "fcp_seconds", "lcp_seconds", "inp_seconds", "cls_score", "load_seconds"] {
        for device in ["desktop", "mobile"] {
            let visitor = summed(&metrics, &format!("rum_{family}_bucket"), device);
            let page = summed(&metrics, &format!("rum_page_{family}_bucket"), device);
            assert_eq!(visitor, page, "{family} on {device}");
            assert_eq!(
                visitor.last().map(|(_, count)| *count),
                Some(if device == "mobile" { 20 } else { 40 })
            );
        }
    }
}

/// Counts by edge, summed over all cells of a device.
fn summed(metrics: &Metrics, bucket: &str, device: &str) -> Vec<(String, u64)> {
    let mut edges: Vec<(String, u64)> = Vec::new();
    for (labels, count) in metrics.with(bucket, &[("device", device)]) {
        match edges.iter_mut().find(|(edge, _)| *edge == labels["le"]) {
            Some((_, sum)) => *sum += count as u64,
            None => edges.push((labels["le"].clone(), count as u64)),
        }
    }
    edges.sort_by_key(|(edge, count)| (*count, edge == "+Inf"));
    edges.sort_by(|a, b| number(&a.0).total_cmp(&number(&b.0)));
    edges
}

fn number(edge: &str) -> f64 {
    if edge == "+Inf" { f64::INFINITY } else { edge.parse().expect("an edge") }
}

#[tokio::test]
async fn nothing_private_is_shown_or_logged() {
    let collector = Collector::serve(SHOP).await;
    let secret = "jane-secret";
    let beacon = Beacon::purchase(
        "1.00",
        "jane-secret-order",
        json!({"lcp": 1, "ref": "https://jane-secret.example/x"}),
    )
    .with("/url", json!("https://www.shop.example/p/1?mail=jane-secret#jane-secret"))
    .with("/ref", json!("https://jane-secret.example/?q=jane-secret"))
    .with("/campaign", json!({"source": secret, "medium": secret, "name": secret, "click": secret}));
    let request = graadmeter_tests::beacon::post(&format!("{DESKTOP} jane-secret"))
        .header("Cookie", "s=jane-secret")
        .body(beacon.body());
    assert_eq!(request.send(collector.public).await.status, 204);
    let refused = beacon.with("/kind", Value::from("jane-secret"));
    assert_eq!(collector.send(&refused).await.status, 400);
    let exposition = collector.exposition().await;
    assert!(!exposition.contains("jane"), "{exposition}");
    let text = collector.stop().await.text();
    assert!(!text.contains("jane") && !text.contains("Windows NT"), "{text}");
}
