//! Does the probe see a delay in the phase where it is, in its own metrics and in the collector's?

use std::net::SocketAddr;

use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::delay::BusyProxy;
use graadmeter_tests::exposition::Metrics;
use graadmeter_tests::probe::{Probe, check};
use graadmeter_tests::wait::{SOON, until};

/// One check of one page, as often as the probe may.
fn config(collector: SocketAddr, site: &str, url: &str) -> String {
    format!(
        "region = \"eu-west\"\n[collector]\nurl = \"http://{collector}\"\n\
         [[check]]\nname = \"product page\"\nsite = \"{site}\"\nurl = \"{url}\"\npage = \"product\"\n\
         interval = \"5s\"\ntimeout = \"5s\"\n"
    )
}

/// Runs the probe on one page of the demo shop; gives its metrics and the collector's after the first report.
async fn probed(site_of: impl Fn(SocketAddr) -> String) -> (Metrics, Metrics) {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let url = site_of(collector.public);
    let probe = Probe::run(&config(collector.public, "demo", &url)).await;
    let reported = |metrics: &Metrics| metrics.sum("synthetic_page_views_total", &[]) > 0.0;
    let shown = collector.metrics_when("the probe has reported", reported).await;
    let own = until(SOON, "the probe has counted its report", async || {
        let metrics = probe.metrics().await;
        if metrics.sum("graadmeter_probe_reports_total", &[]) > 0.0 { Ok(metrics) } else { Err(()) }
    })
    .await;
    assert!(probe.stop().await.status.success());
    for family in shown.families("rum_") {
        let visitors = shown.sum(family, &[]) + shown.sum(&format!("{family}_count"), &[]);
        assert!(visitors == 0.0, "a probe is no visitor: {family}");
    }
    (own, shown)
}

const CHECK: [(&str, &str); 3] = [("site", "demo"), ("check", "product page"), ("region", "eu-west")];

/// Mean seconds of each of the probe's own phases.
fn phases(own: &Metrics) -> Vec<(&'static str, f64)> {
    let [site, check, region] = CHECK;
    let names = ["resolve", "connect", "tls", "processing", "transfer"];
    let mean = |phase| {
        let histogram =
            own.histogram("graadmeter_probe_phase_seconds", &[site, check, region, ("phase", phase)])?;
        (histogram.count > 0.0).then(|| (phase, histogram.sum / histogram.count))
    };
    names.into_iter().filter_map(mean).collect()
}

/// Mean seconds of each phase at the collector.
fn synthetic(shown: &Metrics) -> Vec<(&'static str, f64)> {
    let names = ["dns", "connect", "tls", "wait", "response"];
    let mean = |phase| {
        let family = format!("synthetic_{phase}_seconds");
        let (labels, count) = shown.with(&format!("{family}_count"), &CHECK).next()?;
        assert_eq!(labels["device"], "other", "a plain HTTP check plays no device");
        (count > 0.0).then(|| (phase, shown.sum(&format!("{family}_sum"), &CHECK) / count))
    };
    names.into_iter().filter_map(mean).collect()
}

fn assert_only(slow: &str, at_least: f64, phases: &[(&str, f64)]) {
    assert!(phases.iter().any(|(phase, _)| *phase == slow), "no {slow} in {phases:?}");
    for (phase, seconds) in phases {
        assert_eq!(*seconds >= at_least, *phase == slow, "{phase} took {seconds} s: {phases:?}");
    }
}

#[tokio::test]
async fn a_server_that_thinks_for_200_ms_shows_in_processing_and_wait() {
    let (own, shown) = probed(|shop| format!("http://{shop}/shop/p/dawn-mug?wait_ms=200")).await;
    assert_only("processing", 0.2, &phases(&own));
    assert_only("wait", 0.2, &synthetic(&shown));
    let ttfb =
        shown.sum("synthetic_ttfb_seconds_sum", &CHECK) / shown.sum("synthetic_ttfb_seconds_count", &CHECK);
    assert!(ttfb >= 0.2, "{ttfb}");
}

#[tokio::test]
async fn a_body_that_trickles_for_200_ms_shows_in_transfer_and_response() {
    let (own, shown) = probed(|shop| format!("http://{shop}/shop/p/dawn-mug?transfer_ms=300")).await;
    assert_only("transfer", 0.2, &phases(&own));
    assert_only("response", 0.2, &synthetic(&shown));
}

#[tokio::test]
async fn a_server_too_busy_to_accept_shows_in_connect() {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let busy = BusyProxy::before(collector.public).await;
    let url = format!("http://{}/shop/p/dawn-mug", busy.address);
    let probe = Probe::run(&config(collector.public, "demo", &url)).await;
    let reported = |metrics: &Metrics| metrics.sum("synthetic_connect_seconds_count", &[]) > 0.0;
    let shown = collector.metrics_when("the probe has reported", reported).await;
    assert_only("connect", 0.2, &phases(&probe.metrics().await));
    assert_only("connect", 0.2, &synthetic(&shown));
}

#[tokio::test]
async fn its_own_metrics_tell_success_and_failure() {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let nobody = nobody.expect("a port that is closed again");
    let failing = format!(
        "{}[[check]]\nname = \"closed\"\nsite = \"demo\"\nurl = \"http://{nobody}/\"\ninterval = \"5s\"\ntimeout = \"5s\"\n",
        config(collector.public, "demo", &format!("http://{}/shop/", collector.public))
    );
    let probe = Probe::run(&failing).await;
    let metrics = until(SOON, "both checks have run", async || {
        let metrics = probe.metrics().await;
        let runs = metrics.sum("graadmeter_probe_checks_total", &[]);
        if runs >= 2.0 { Ok(metrics) } else { Err(runs) }
    })
    .await;
    let success = |check: &str| {
        metrics.get("graadmeter_probe_success", &[("site", "demo"), ("check", check), ("region", "eu-west")])
    };
    assert_eq!((success("product page"), success("closed")), (Some(1.0), Some(0.0)));
    assert_eq!(metrics.sum("graadmeter_probe_duration_seconds_count", &[("check", "product page")]), 1.0);
    for family in ["graadmeter_build_info", "process_resident_memory_bytes"] {
        assert!(metrics.sum(family, &[]) > 0.0, "{family}");
    }
}

#[tokio::test]
async fn a_shop_that_keeps_robots_out_still_hears_its_probe() {
    let demo = Collector::demo(&["--no-visitors"]).await;
    let origin = format!("http://{}", demo.public);
    let collector = Collector::serve(&SHOP.replace("https://www.shop.example", &origin)).await;
    let probe = Probe::run(&config(collector.public, "shop", &format!("{origin}/shop/p/dawn-mug"))).await;
    let reported = |metrics: &Metrics| metrics.sum("synthetic_page_views_total", &[("site", "shop")]) > 0.0;
    collector.metrics_when("the probe's report is taken", reported).await;
    assert!(probe.stop().await.status.success());
}

#[tokio::test]
async fn one_shot_checks_end_with_0_1_or_2() {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let page = |query: &str| format!("http://{}/shop/p/dawn-mug{query}", collector.public);
    let closed = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    let closed = format!("http://{}/", closed.expect("a port that is closed again"));
    let missing = format!("http://{}/shop/p/no-such-thing", collector.public);
    let (quick, slow) = (page(""), page("?wait_ms=400"));
    let cases = [
        (vec!["--budget", "ttfb=10s", &quick], 0),
        (vec!["--budget", "ttfb=200ms", &slow], 1),
        (vec!["--budget", "ttfb=10s", "--budget", "total=200ms", &slow], 1),
        (vec![&*closed], 2),
        (vec![&*missing], 2),
        (vec!["--budget", "ttfb=200ms", &slow, &closed], 2),
        (vec!["no-url"], 2),
        (vec![], 2),
    ];
    for (arguments, code) in cases {
        let ended = check(&arguments).await;
        assert_eq!(ended.status.code(), Some(code), "{arguments:?}: {}", ended.text());
    }
}
