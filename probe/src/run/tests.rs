//! The whole probe against real servers: what it checks, reports and answers, and how it stops.

use std::net::SocketAddr;
use std::path::Path;

use graadmeter_wire::{Kind, Source};
use tokio::task::JoinHandle;

use super::*;
use crate::config::roots::Roots;
use crate::testing::{Authority, DELAY, FakeCollector, Site, Step, TlsSite, config, send};

const PAGE: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

/// A probe that runs until it is stopped.
struct Running {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<Result<(), RunError>>,
}

impl Running {
    async fn start(config: Config) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        Self { address, stop, ended: tokio::spawn(run(config, listener, shutdown)) }
    }

    async fn get(&self, path: &str) -> (u16, String) {
        let answer = client().get(format!("http://{}{path}", self.address)).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// The probe's metrics, once `line` stands in them.
    async fn metrics_with(&self, line: &str) -> String {
        for _ in 0..1000 {
            let (_, text) = self.get("/metrics").await;
            if text.lines().any(|found| found == line) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        panic!("no `{line}` in:\n{}", self.get("/metrics").await.1)
    }

    async fn stop(self) {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap();
    }
}

fn client() -> reqwest::Client {
    let tls = Roots::new(Vec::new()).trust().client().unwrap();
    reqwest::Client::builder().no_proxy().tls_backend_preconfigured(tls).build().unwrap()
}

fn check(name: &str, url: &str, more: &str) -> String {
    format!("[[check]]\nname = '{name}'\nsite = 'shop'\nurl = '{url}'\n{more}\n")
}

fn value(text: &str, series: &str) -> f64 {
    let line = text
        .lines()
        .find(|line| line.starts_with(series))
        .unwrap_or_else(|| panic!("no {series} in:\n{text}"));
    line.rsplit_once(' ').unwrap().1.parse().unwrap()
}

/// The value of a count or a yes-or-no.
fn count(text: &str, series: &str) -> i64 {
    value(text, series) as i64
}

#[tokio::test]
async fn a_check_is_reported_and_counted() {
    let site = Site::answering(vec![Step::Wait(DELAY), send(PAGE)]).await;
    let collector = FakeCollector::answering(&[]).await;
    let url = format!("{}p/1?q=secret#top", site.url());
    let text = format!(
        "region = 'eu-west'\n[collector]\nurl = 'http://{}'\n{}",
        collector.address,
        check("product", &url, "page = 'product'\nbudget = { ttfb = '10ms' }")
    );
    let probe = Running::start(config(&text)).await;
    let (line, body) = collector.wait_for(1).await.remove(0);
    assert_eq!(line, "POST /v1/beacon application/json");
    let decoded = graadmeter_wire::decode(&body).unwrap();
    assert!(decoded.left_out.is_empty());
    let beacon = decoded.beacon;
    assert_eq!((beacon.kind, beacon.source, &*beacon.site), (Kind::Page, Source::Probe, "shop"));
    assert_eq!((beacon.region.as_deref(), beacon.check.as_deref()), (Some("eu-west"), Some("product")));
    assert_eq!(
        (beacon.url.to_string(), beacon.page.as_deref()),
        (format!("{}p/1", site.url()), Some("product"))
    );
    let (timing, ttfb) = (beacon.timing.unwrap(), beacon.vitals.unwrap().ttfb.unwrap());
    assert!(ttfb >= 500.0 && timing.ttfb == Some(ttfb) && timing.load.unwrap() >= ttfb, "{timing:?}");
    assert!(
        timing.dns.unwrap() < 250.0 && timing.connect.unwrap() < 250.0 && timing.response.unwrap() < 250.0
    );
    assert_eq!((timing.redirect, timing.tls, timing.dom_interactive), (None, None, None));

    let labels = "check=\"product\"";
    let text = probe.metrics_with("graadmeter_probe_reports_total{outcome=\"accepted\"} 1").await;
    let (region, site) = ("region=\"eu-west\"", "site=\"shop\"");
    let series = |name: &str, more: &str| format!("graadmeter_probe_{name}{{{labels},{more}}}");
    assert_eq!(count(&text, &series("success", &format!("{region},{site}"))), 0, "it was over budget");
    let outcome = |outcome: &str| series("checks_total", &format!("outcome=\"{outcome}\",{region},{site}"));
    assert_eq!((count(&text, &outcome("over_budget")), count(&text, &outcome("timeout"))), (1, 0));
    let phase = |phase: &str| series("phase_seconds_sum", &format!("phase=\"{phase}\",{region},{site}"));
    assert!(value(&text, &phase("processing")) >= 0.5 && value(&text, &phase("transfer")) < 0.25, "{text}");
    assert!(!text.contains("phase=\"tls\""), "plain HTTP has no TLS phase");
    assert_eq!(count(&text, &series("duration_seconds_count", &format!("{region},{site}"))), 1);
    let build = format!("graadmeter_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
    assert!(text.contains(&build) && text.contains("process_cpu_seconds_total"), "{text}");
    assert_eq!(probe.get("/healthz").await, (200, "ok\n".to_owned()));
    assert_eq!(probe.get("/readyz").await, (200, "ready\n".to_owned()));
    assert_eq!(probe.get("/other").await.0, 404);
    probe.stop().await;
}

#[tokio::test]
async fn failures_of_a_site_are_counted_but_are_no_timings() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let broken = Site::answering(vec![send("HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n")]).await;
    let fine = Site::answering(vec![send(PAGE)]).await;
    let collector = FakeCollector::answering(&[]).await;
    let text = [
        format!(
            "[collector]\nurl = 'http://{}'\n[defaults]\ninterval = '1s'\ntimeout = '1s'\n",
            collector.address
        ),
        check("away", &format!("http://{closed}/"), ""),
        check("broken", &broken.url(), ""),
        check("empty", &fine.url(), "body_contains = 'goodbye'"),
        // Due after the three others, so its report says that theirs, if any, have come.
        check("fine", &fine.url(), ""),
    ]
    .concat();
    let probe = Running::start(config(&text)).await;
    collector.wait_for(2).await;
    let (_, text) = probe.get("/metrics").await;
    for (name, outcome) in [("away", "connect"), ("broken", "status"), ("empty", "body")] {
        let labels = format!("check=\"{name}\",outcome=\"{outcome}\",region=\"local\",site=\"shop\"");
        assert!(value(&text, &format!("graadmeter_probe_checks_total{{{labels}}}")) >= 1.0);
        assert_eq!(count(&text, &format!("graadmeter_probe_success{{check=\"{name}\"")), 0);
        assert!(!text.contains(&format!("graadmeter_probe_duration_seconds_count{{check=\"{name}\"")));
    }
    assert_eq!(count(&text, "graadmeter_probe_success{check=\"fine\""), 1);
    probe.stop().await;
    for (_, body) in collector.wait_for(0).await {
        assert_eq!(graadmeter_wire::decode(&body).unwrap().beacon.check.as_deref(), Some("fine"));
    }
}

#[tokio::test]
async fn a_collector_that_hangs_holds_up_no_check() {
    let site = Site::answering(vec![send(PAGE)]).await;
    let hanging = Site::answering(vec![Step::Hang]).await;
    let more = "interval = '1s'\ntimeout = '1s'";
    let text = format!(
        "[collector]\nurl = '{}'\ntimeout = '5m'\n{}",
        hanging.url(),
        check("home", &site.url(), more)
    );
    let probe = Running::start(config(&text)).await;
    let labels = "check=\"home\",outcome=\"ok\",region=\"local\",site=\"shop\"";
    probe.metrics_with(&format!("graadmeter_probe_checks_total{{{labels}}} 3")).await;
    probe.stop().await;
}

#[tokio::test]
async fn a_run_in_progress_is_finished_and_reported_before_the_end() {
    let site = Site::answering(vec![Step::Wait(DELAY), send(PAGE)]).await;
    let collector = FakeCollector::answering(&[]).await;
    let url = format!("http://{}", collector.address);
    let probe =
        Running::start(config(&format!("[collector]\nurl = '{url}'\n{}", check("home", &site.url(), ""))))
            .await;
    while site.requests().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    probe.stop().await;
    assert_eq!(collector.wait_for(1).await.len(), 1);
}

#[tokio::test]
async fn a_run_that_would_take_too_long_is_cancelled_at_the_end() {
    let site = Site::answering(vec![Step::Hang]).await;
    let config = config(&check("home", &site.url(), "timeout = '5m'\ninterval = '5m'"));
    let metrics = Arc::new(Metrics::new(&config).unwrap());
    let mut runs = Runs::new(config, &metrics, None);
    runs.until(async {
        while site.requests().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    runs.drain().await;
    let text = String::from_utf8(metrics.render().unwrap()).unwrap();
    assert_eq!(count(&text, "graadmeter_probe_checks_total{check=\"home\",outcome=\"cancelled\""), 1);
}

#[tokio::test]
async fn probe_speaks_the_words_of_blackbox_exporter() {
    let (moved, slow) = (
        Site::answering(vec![Step::Wait(DELAY), send(PAGE)]).await,
        check("none", "http://shop.invalid/", ""),
    );
    let first = format!("HTTP/1.1 301 Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", moved.url());
    let site = Site::answering(vec![send(first)]).await;
    let probe = Running::start(config(&slow)).await;
    let (status, text) = probe.get(&format!("/probe?target={}&module=http_2xx", site.address)).await;
    assert_eq!(status, 200);
    let expected = [
        ("probe_success ", 1.0),
        ("probe_http_status_code ", 200.0),
        ("probe_http_redirects ", 1.0),
        ("probe_http_ssl ", 0.0),
        ("probe_http_content_length ", 5.0),
        ("probe_http_version ", 1.1),
        ("probe_ip_protocol ", 4.0),
    ];
    for (series, expected) in expected {
        assert!((value(&text, series) - expected).abs() < 1e-9, "{series} in {text}");
    }
    assert!(value(&text, "probe_http_duration_seconds{phase=\"processing\"}") >= 0.5);
    for quick in ["resolve", "connect", "transfer"] {
        assert!(value(&text, &format!("probe_http_duration_seconds{{phase=\"{quick}\"}}")) < 0.25, "{text}");
    }
    assert!(
        value(&text, "probe_duration_seconds ") >= 0.5
            && value(&text, "probe_dns_lookup_time_seconds ") < 0.25
    );
    for wrong in
        ["/probe", "/probe?target=", "/probe?target=ftp://shop.example/", "/probe?target=x&module=icmp"]
    {
        assert_eq!(probe.get(wrong).await.0, 400, "{wrong}");
    }
    probe.stop().await;
}

#[tokio::test]
async fn a_failed_probe_has_no_phases_it_did_not_reach_but_the_certificate() {
    let site = TlsSite::start(&Authority::new(), "localhost", 2100, Duration::ZERO, Vec::new()).await;
    let trusted = Authority::new();
    let roots = Roots::new(vec![trusted.certificate]);
    let config =
        Config::parse(&check("none", "http://shop.invalid/", ""), Path::new("/nowhere"), roots).unwrap();
    let probe = Running::start(config).await;
    let (_, text) = probe.get(&format!("/probe?target={}", site.url())).await;
    assert_eq!((count(&text, "probe_success "), count(&text, "probe_http_status_code ")), (0, 0));
    // `date -ud 2100-01-01 +%s`
    assert!((value(&text, "probe_ssl_earliest_cert_expiry ") - 4_102_444_800.0).abs() < 0.5);
    for absent in ["tls", "processing", "transfer"] {
        assert!(!text.contains(&format!("phase=\"{absent}\"")), "{text}");
    }
    probe.stop().await;
}

#[tokio::test]
async fn probe_is_no_open_relay() {
    let site = Site::answering(vec![send(PAGE)]).await;
    let text = format!("probe_targets = ['shop.example']\n{}", check("none", "http://shop.invalid/", ""));
    let probe = Running::start(config(&text)).await;
    let (status, text) = probe.get(&format!("/probe?target={}", site.url())).await;
    assert!(status == 403 && text.contains("probe_targets"), "{text}");
    assert!(site.requests().is_empty());
    probe.stop().await;
}

#[tokio::test]
async fn a_ca_file_is_trusted_by_its_check_alone() {
    let authority = Authority::new();
    let folder = std::env::temp_dir().join(format!("graadmeter-probe-{}", rand::random::<u64>()));
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("ca.pem"), &authority.pem).unwrap();
    let site = TlsSite::start(&authority, "localhost", 2100, Duration::ZERO, vec![send(PAGE)]).await;
    let text = [check("own", &site.url(), "ca_file = 'ca.pem'"), check("other", &site.url(), "")].concat();
    let config = Config::parse(&text, &folder, Roots::new(vec![Authority::new().certificate])).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let [own, other] = &config.checks[..] else { panic!("two checks") };
    assert!(http::measure(&own.request).await.failure.is_none());
    assert!(http::measure(&other.request).await.failure.unwrap().1.to_string().contains("trusted authority"));
}
