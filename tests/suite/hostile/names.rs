//! Names that try to be more than one label's value.

use std::process::Stdio;

use graadmeter_tests::beacon::{Beacon, DESKTOP};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::process::installed;
use serde_json::json;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

#[tokio::test]
async fn no_name_ends_its_label() {
    let collector = Collector::serve(SHOP).await;
    let names = [
        "quote\"",
        "\"} 1e9 #",
        "back\\slash\\",
        "back\\nslash-n",
        "\\\"",
        "brace}",
        "{le=\"+Inf\"}",
        "comma\",page=\"x",
        "line\u{2028}separator",
        "right\u{202e}to left",
    ];
    for name in names {
        let beacon = Beacon::page()
            .with("/page", json!(name))
            .with("/channel", json!(name))
            .with("/vitals", json!({"lcp": 1}))
            .with("/third_party", json!([{"host": name, "count": 1, "bytes": 1, "ms": 1}]));
        assert!(matches!(collector.send(&beacon).await.status, 204 | 400), "{name:?}");
    }
    for control in ["\n", "\r\n", "\u{0}", "\u{1b}[31m", "\u{7f}", "\u{85}"] {
        let beacon = Beacon::page().with("/page", json!(format!("x{control}graadmeter_evil 1")));
        assert_eq!(collector.send_from(DESKTOP, &beacon).await.status, 400, "{control:?}");
    }
    // Reading is strict: a label that ends early, or a series that is there twice, fails.
    let metrics = collector.metrics().await;
    let pages = metrics.with("rum_page_lcp_seconds_count", &[]).map(|(labels, _)| labels["page"].clone());
    let pages: Vec<String> = pages.collect();
    assert!(!pages.is_empty());
    assert!(pages.iter().all(|page| page == "other" || names.contains(&&**page)), "{pages:?}");
    assert!(metrics.types.keys().all(|name| !name.contains("evil")));
    assert_eq!(promtool(&collector.exposition().await).await, "");
}

/// What Prometheus's own tool has to say about an exposition.
async fn promtool(exposition: &str) -> String {
    let mut command = Command::new(installed("promtool", "prometheus"));
    command.args(["check", "metrics"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut check = command.kill_on_drop(true).spawn().expect("promtool starts");
    let mut input = check.stdin.take().expect("piped");
    input.write_all(exposition.as_bytes()).await.expect("promtool reads");
    drop(input);
    let output = check.wait_with_output().await.expect("promtool ends");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    said.trim().to_owned()
}
