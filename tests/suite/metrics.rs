//! Is what `/metrics` says right by Prometheus's own rules?

use std::collections::BTreeSet;

use graadmeter_tests::beacon::Beacon;
use graadmeter_tests::collector::{Collector, OUTCOMES, SHOP};
use graadmeter_tests::process::installed;
use graadmeter_tests::raw_http::get;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

async fn after_some_traffic() -> Collector {
    let collector = Collector::serve(SHOP).await;
    let vitals = json!({"ttfb": 100, "fcp": 800, "lcp": 1800, "inp": 50, "cls": 0.02});
    let timing = json!({"redirect": 0, "dns": 1, "connect": 2, "tls": 3, "ttfb": 100, "response": 5,
        "dom_interactive": 600, "dom_content_loaded": 700, "load": 1500});
    let view = Beacon::page().with("/vitals", vitals.clone()).with("/timing", timing.clone());
    let view = view.with("/third_party", json!([{"host": "cdn.example.net", "ms": 12}]));
    let probe = Beacon::probe().with("/vitals", vitals).with("/timing", timing);
    let odd = Beacon::page()
        .with("/page", json!("a \"quoted\" \\ page"))
        .with("/vitals", json!({"lcp": -1, "fcp": 5}));
    collector.accept(&[view, probe, odd, Beacon::purchase("1.00", "A1", json!({"lcp": 1, "load": 2}))]).await;
    collector
}

#[tokio::test]
async fn promtool_finds_nothing_wrong() {
    let collector = after_some_traffic().await;
    let mut check = Command::new(installed("promtool", "prometheus"))
        .args(["check", "metrics"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("promtool starts");
    let mut input = check.stdin.take().expect("piped");
    input.write_all(collector.exposition().await.as_bytes()).await.expect("promtool reads");
    drop(input);
    let output = check.wait_with_output().await.expect("promtool ends");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.trim().is_empty(), "{said}");
}

#[tokio::test]
async fn every_family_of_the_contract_is_there_with_its_labels() {
    let metrics = after_some_traffic().await.metrics().await;
    let visitor: &[&str] = &["site", "device", "channel", "country"];
    let page: &[&str] = &["site", "device", "page"];
    let synthetic: &[&str] = &["site", "check", "region", "device"];
    let vitals = ["ttfb_seconds", "fcp_seconds", "lcp_seconds", "inp_seconds", "cls_score", "load_seconds"];
    let phases =
        ["redirect", "dns", "connect", "tls", "wait", "response", "dom_interactive", "dom_content_loaded"];
    let mut families: Vec<(String, &str, Vec<&str>)> = Vec::new();
    for vital in vitals {
        families.push((format!("rum_{vital}"), "histogram", visitor.to_vec()));
        families.push((format!("rum_page_{vital}"), "histogram", page.to_vec()));
        families.push((format!("synthetic_{vital}"), "histogram", synthetic.to_vec()));
    }
    for phase in phases {
        families.push((format!("rum_page_{phase}_seconds"), "histogram", page.to_vec()));
        families.push((format!("synthetic_{phase}_seconds"), "histogram", synthetic.to_vec()));
    }
    for base in ["session", "conversion"] {
        for landing in ["lcp", "load"] {
            families.push((format!("rum_{base}_landing_{landing}_seconds"), "histogram", visitor.to_vec()));
        }
    }
    for counter in ["rum_page_views_total", "rum_sessions_total", "rum_conversions_total"] {
        families.push((counter.to_owned(), "counter", visitor.to_vec()));
    }
    families.push(("rum_conversion_value_total".into(), "counter", [visitor, &["currency"]].concat()));
    families.push(("rum_page_errors_total".into(), "counter", page.to_vec()));
    families.push(("rum_third_party_seconds".into(), "histogram", vec!["site", "host"]));
    families.push(("synthetic_page_views_total".into(), "counter", synthetic.to_vec()));
    families.push(("graadmeter_beacons_total".into(), "counter", vec!["outcome"]));
    families.push(("graadmeter_values_left_out_total".into(), "counter", vec!["key"]));
    families.push(("graadmeter_beacon_handling_seconds".into(), "histogram", vec![]));
    families.push(("graadmeter_cells".into(), "gauge", vec!["view"]));
    families.push(("graadmeter_cells_overflowed_total".into(), "counter", vec!["view"]));
    families.push(("graadmeter_build_info".into(), "gauge", vec!["version"]));
    families.push(("process_resident_memory_bytes".into(), "gauge", vec![]));
    for (family, kind, labels) in families {
        assert_eq!(metrics.types.get(&family).map(String::as_str), Some(kind), "{family}");
        assert!(metrics.help.get(&family).is_some_and(|help| help.len() > 10), "{family} explains itself");
        let sample = if kind == "histogram" { format!("{family}_count") } else { family.clone() };
        let (cell, _) = metrics.with(&sample, &[]).next().unwrap_or_else(|| panic!("{family} has no sample"));
        let names: BTreeSet<&str> = cell.keys().map(String::as_str).collect();
        let expected: BTreeSet<&str> = labels.into_iter().collect();
        if family != "graadmeter_cells" {
            assert_eq!(names, expected, "{family}");
        }
    }
}

#[tokio::test]
async fn every_outcome_is_there_from_the_start() {
    let metrics = Collector::serve(SHOP).await.metrics().await;
    for outcome in OUTCOMES {
        assert_eq!(metrics.get("graadmeter_beacons_total", &[("outcome", outcome)]), Some(0.0), "{outcome}");
    }
}

#[tokio::test]
async fn labels_are_escaped_and_come_back_whole() {
    let metrics = after_some_traffic().await.metrics().await;
    let cell = [("site", "shop"), ("device", "desktop"), ("page", "a \"quoted\" \\ page")];
    assert_eq!(metrics.histogram("rum_page_fcp_seconds", &cell).map(|histogram| histogram.count), Some(1.0));
}

#[tokio::test]
async fn it_is_served_as_prometheus_asks_for_it() {
    let collector = Collector::serve(SHOP).await;
    let response = get(collector.admin, "/metrics").await;
    let content_type = response.header("content-type").expect("a type").to_owned();
    assert!(
        content_type.starts_with("text/plain") && content_type.contains("version=0.0.4"),
        "{content_type}"
    );
}

#[tokio::test]
async fn made_up_names_do_not_grow_without_bound() {
    let collector = Collector::serve(SHOP).await;
    for n in 0..6_000 {
        let beacon =
            Beacon::page().with("/page", json!(format!("made-up-{n}"))).with("/vitals", json!({"lcp": 100}));
        assert_eq!(collector.send(&beacon).await.status, 204);
    }
    let metrics = collector.metrics().await;
    let cells = metrics.with("rum_page_lcp_seconds_count", &[]).count();
    assert!(cells < 6_000, "{cells} cells");
    assert_eq!(metrics.sum("rum_page_lcp_seconds_count", &[]), 6_000.0, "nothing is lost");
    assert!(metrics.sum("rum_page_lcp_seconds_count", &[("page", "other")]) > 0.0, "it went to `other`");
    assert!(metrics.sum("graadmeter_cells_overflowed_total", &[]) > 0.0, "and a counter says so");
}
