//! A real Prometheus that scrapes a collector every second.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::process::{Process, installed};
use crate::raw_http::get;
use crate::wait::{SOON, until};

/// A running Prometheus; it and its data go with this value.
#[derive(Debug)]
pub struct Prometheus {
    address: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Prometheus {
    /// Starts one that scrapes `target`, and waits until it is ready.
    pub async fn scraping(target: SocketAddr) -> Self {
        Self::start(&[target], &[]).await
    }

    /// Starts one that scrapes `targets`, asking for native histograms.
    pub async fn scraping_native(targets: &[SocketAddr]) -> Self {
        Self::start(targets, &["--enable-feature=native-histograms"]).await
    }

    async fn start(targets: &[SocketAddr], arguments: &[&str]) -> Self {
        let targets = targets.iter().map(|target| format!("'{target}'")).collect::<Vec<_>>().join(", ");
        let folder = tempfile::tempdir().expect("a temporary folder");
        let config = folder.path().join("prometheus.yml");
        let text = format!(
            "global: {{scrape_interval: 1s}}\nscrape_configs:\n- job_name: graadmeter\n  \
             static_configs: [{{targets: [{targets}]}}]\n"
        );
        std::fs::write(&config, text).expect("a temporary file");
        let address = free_address();
        let mut command = Command::new(installed("prometheus", "prometheus"));
        command
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .arg(format!("--web.listen-address={address}"))
            .args(arguments);
        let process = Process::start(command);
        process.line_with("Server is ready to receive web requests").await;
        Self { address, _process: process, _folder: folder }
    }

    /// Runs an instant query and gives every series with its value.
    pub async fn query(&self, promql: &str) -> Vec<(BTreeMap<String, String>, f64)> {
        let query: String = url::form_urlencoded::byte_serialize(promql.as_bytes()).collect();
        let answer = get(self.address, &format!("/api/v1/query?query={query}")).await.json();
        assert_eq!(answer["status"], "success", "{promql}: {answer}");
        let series = answer["data"]["result"].as_array().expect("a vector").clone();
        series.iter().map(|series| (labels(&series["metric"]), value(&series["value"][1]))).collect()
    }

    /// Repeats a query until `wanted` finds in it what it looks for.
    pub async fn query_until<T>(
        &self,
        promql: &str,
        wanted: impl Fn(&[(BTreeMap<String, String>, f64)]) -> Option<T>,
    ) -> T {
        until(SOON, &format!("{promql} answers"), async || {
            let answer = self.query(promql).await;
            wanted(&answer).ok_or(answer)
        })
        .await
    }
}

fn labels(metric: &Value) -> BTreeMap<String, String> {
    let metric = metric.as_object().expect("labels").iter();
    metric.map(|(name, value)| (name.clone(), value.as_str().expect("a label").to_owned())).collect()
}

fn value(text: &Value) -> f64 {
    text.as_str().and_then(|text| text.parse().ok()).expect("a value")
}

/// A port that was free just now; Prometheus does not tell which one it took when asked for any.
fn free_address() -> SocketAddr {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound socket")
}
