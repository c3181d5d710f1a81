//! Do sessions and purchases reach the conversion cells, and money exactly?

use graadmeter_tests::beacon::Beacon;
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::exposition::Metrics;
use serde_json::{Value, json};

const CELL: [(&str, &str); 4] =
    [("site", "shop"), ("device", "desktop"), ("channel", "organic_search"), ("country", "NL")];

fn landing() -> Value {
    json!({"lcp": 3100, "load": 3600, "ref": "https://www.google.com/", "page": "product"})
}

fn money(metrics: &Metrics, currency: &str) -> f64 {
    let [site, device, channel, country] = CELL;
    metrics.value("rum_conversion_value_total", &[site, device, channel, country, ("currency", currency)])
}

#[tokio::test]
async fn a_purchase_moves_its_cells_and_no_other() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::page().with("/vitals", json!({"lcp": 800}))]).await;
    let before = collector.metrics().await;
    collector.accept(&[Beacon::purchase("59.95", "A123", landing())]).await;
    let after = collector.metrics().await;

    assert_eq!(after.value("rum_conversions_total", &CELL), 1.0);
    assert_eq!(money(&after, "EUR"), 59.95);
    for (family, seconds) in
        [("rum_conversion_landing_lcp_seconds", 3.1), ("rum_conversion_landing_load_seconds", 3.6)]
    {
        let histogram = after.histogram(family, &CELL).expect(family);
        assert_eq!((histogram.count, histogram.sum), (1.0, seconds), "{family}");
        assert_eq!(histogram.at_most(2.5), 0.0, "{family}");
        assert_eq!(histogram.at_most(4.0), 1.0, "{family}");
    }
    for (name, labels, growth) in after.growth_since(&before) {
        let expected = name.starts_with("rum_conversion") || !name.starts_with("rum_");
        assert!(expected, "{name} {labels:?} grew by {growth}: a conversion is no page view and no session");
        if name.starts_with("rum_") {
            for (label, value) in CELL {
                assert_eq!(labels[label], value, "{name}");
            }
        }
    }
}

#[tokio::test]
async fn cents_add_up_exactly() {
    let collector = Collector::serve(SHOP).await;
    for n in 0..30 {
        let beacons = [
            Beacon::purchase("0.10", &format!("a{n}"), landing()),
            Beacon::purchase("0.20", &format!("b{n}"), landing()),
            Beacon::purchase("0.000001", &format!("c{n}"), landing()),
        ];
        collector.accept(&beacons).await;
    }
    assert_eq!(money(&collector.metrics().await, "EUR"), 9.00003, "30 × 0.300001");
}

#[tokio::test]
async fn large_sums_keep_their_cents() {
    let collector = Collector::serve(SHOP).await;
    let values = ["900000000000.00", "0.01", "0.01"];
    for (n, value) in values.iter().enumerate() {
        collector.accept(&[Beacon::purchase(value, &format!("o{n}"), landing())]).await;
    }
    assert_eq!(money(&collector.metrics().await, "EUR"), 900_000_000_000.02);
}

#[tokio::test]
async fn currencies_stay_apart_and_the_sites_own_is_the_default() {
    let collector = Collector::serve(SHOP).await;
    let dollars = Beacon::purchase("10.00", "u", landing()).with("/conversion/currency", json!("USD"));
    let unnamed = Beacon::purchase("5.50", "e", landing()).with("/conversion/currency", Value::Null);
    collector.accept(&[dollars, unnamed]).await;
    let metrics = collector.metrics().await;
    assert_eq!((money(&metrics, "USD"), money(&metrics, "EUR")), (10.0, 5.5));
    assert_eq!(metrics.value("rum_conversions_total", &CELL), 2.0);
}

#[tokio::test]
async fn a_goal_needs_no_money() {
    let collector = Collector::serve(SHOP).await;
    let goal = Beacon::purchase("1", "x", landing()).with("/conversion", json!({"first": true}));
    collector.accept(&[goal]).await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.value("rum_conversions_total", &CELL), 1.0);
    assert_eq!(metrics.sum("rum_conversion_value_total", &[]), 0.0);
}

#[tokio::test]
async fn the_same_order_counts_once() {
    let collector = Collector::serve(SHOP).await;
    let reloaded = || Beacon::purchase("59.95", "A123", landing()); // another id each time
    collector
        .accept(&[reloaded(), reloaded(), reloaded(), Beacon::purchase("1.05", "A124", landing())])
        .await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.value("rum_conversions_total", &CELL), 2.0);
    assert_eq!(money(&metrics, "EUR"), 61.0);
    assert_eq!(metrics.histogram("rum_conversion_landing_lcp_seconds", &CELL).map(|h| h.count), Some(2.0));
    assert_eq!(metrics.value("graadmeter_beacons_total", &[("outcome", "duplicate")]), 2.0);
}

#[tokio::test]
async fn the_same_order_number_at_another_shop_is_another_order() {
    let two = format!(
        "{SHOP}\n[[site]]\nid = \"other\"\norigins = [\"https://www.shop.example\"]\ncurrency = \"EUR\"\n"
    );
    let collector = Collector::serve(&two).await;
    let there = Beacon::purchase("59.95", "A123", landing()).with("/site", json!("other"));
    collector.accept(&[Beacon::purchase("59.95", "A123", landing()), there]).await;
    assert_eq!(collector.metrics().await.sum("rum_conversions_total", &[]), 2.0);
}

#[tokio::test]
async fn a_session_converts_once_in_the_curve_but_all_its_money_counts() {
    let collector = Collector::serve(SHOP).await;
    let second = Beacon::purchase("20.00", "A2", landing()).with("/conversion/first", json!(false));
    let unsaid = Beacon::purchase("30.00", "A3", landing()).with("/conversion/first", Value::Null);
    collector.accept(&[Beacon::purchase("10.00", "A1", landing()), second, unsaid]).await;
    let metrics = collector.metrics().await;
    for family in ["rum_conversion_landing_lcp_seconds", "rum_conversion_landing_load_seconds"] {
        assert_eq!(
            metrics.histogram(family, &CELL).map(|h| h.count),
            Some(2.0),
            "{family}: absent means first"
        );
    }
    assert_eq!(money(&metrics, "EUR"), 60.0);
}

#[tokio::test]
async fn a_sampled_purchase_counts_for_all_it_stands_for() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::purchase("59.95", "A1", landing()).with("/rate", json!(0.1))]).await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.value("rum_conversions_total", &CELL), 10.0);
    assert_eq!(money(&metrics, "EUR"), 599.5);
    assert_eq!(metrics.histogram("rum_conversion_landing_lcp_seconds", &CELL).map(|h| h.count), Some(10.0));
}

#[tokio::test]
async fn impossible_money_is_left_out_and_the_purchase_is_kept() {
    let collector = Collector::serve(SHOP).await;
    collector.accept(&[Beacon::purchase("-59.95", "A1", landing())]).await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.value("rum_conversions_total", &CELL), 1.0);
    assert_eq!(metrics.sum("rum_conversion_value_total", &[]), 0.0);
    assert_eq!(metrics.value("graadmeter_values_left_out_total", &[("key", "conversion.value")]), 1.0);
}

#[tokio::test]
async fn a_probes_purchase_is_no_visitors() {
    let collector = Collector::serve(SHOP).await;
    let purchase = Beacon::purchase("59.95", "A1", landing())
        .with("/source", json!("probe"))
        .with("/region", json!("eu"));
    collector.accept(&[purchase.with("/check", json!("buy"))]).await;
    let metrics = collector.metrics().await;
    assert_eq!(
        metrics.sum("rum_conversions_total", &[]) + metrics.sum("rum_conversion_value_total", &[]),
        0.0
    );
}
