//! Does the history answer for what visitors measured, whatever became of the collector since?

use std::collections::BTreeMap;

use graadmeter_tests::beacon::{Beacon, DESKTOP, IPHONE, PHONE, TABLET};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::wait::{SOON, until};
use rand::Rng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};

/// What is new goes into the history once a second.
const STORAGE: &str = "[storage]\ncheckpoint_every = \"1s\"\n";
const PAGES: [&str; 3] = ["home", "product", "basket"];

/// A view, as the test knows it.
struct View {
    agent: &'static str,
    device: &'static str,
    page: &'static str,
    lcp_ms: u32,
}

fn views(count: usize) -> Vec<View> {
    let mut random = rand::rng();
    let agents = [(DESKTOP, "desktop"), (PHONE, "mobile"), (IPHONE, "mobile"), (TABLET, "tablet")];
    let view = |number: usize| {
        let (agent, device) = agents[number % agents.len()];
        let page = PAGES[number / agents.len() % PAGES.len()];
        // As in life: most are quick, some take very long.
        let lcp_ms = (1_800.0 * f64::exp(random.random_range(-2.0..2.0))) as u32;
        View { agent, device, page, lcp_ms }
    };
    let mut views: Vec<_> = (0..count).map(view).collect();
    views.shuffle(&mut rand::rng());
    views
}

async fn send(collector: &Collector, views: &[View]) {
    for View { agent, page, lcp_ms, .. } in views {
        let beacon = Beacon::page().with("/page", json!(page)).with("/vitals", json!({ "lcp": lcp_ms }));
        assert_eq!(collector.send_from(agent, &beacon).await.status, 204);
    }
}

/// The groups of an answer by their names, once they have so many values together.
async fn groups(collector: &Collector, question: &str, values: u64) -> BTreeMap<String, Value> {
    let path = format!("/api/v1/timings?site=shop&metric=lcp&{question}");
    let answer = until(SOON, "all are in the history", async || match collector.ask(&path).await {
        (200, answer) if count_of(&answer) == values => Ok(answer),
        other => Err(other),
    })
    .await;
    let groups = answer["groups"].as_array().expect("groups").clone();
    groups.into_iter().map(|group| (group["name"].as_str().expect("a name").to_owned(), group)).collect()
}

fn count_of(answer: &Value) -> u64 {
    let groups = answer["groups"].as_array().map_or(&[][..], Vec::as_slice);
    groups.iter().map(|group| group["count"].as_u64().unwrap_or(0)).sum()
}

/// Asserts that the groups have the views' values, with quantiles within 1 % of exact.
fn assert_groups(groups: &BTreeMap<String, Value>, views: &[View], name: impl Fn(&View) -> &'static str) {
    let mut exact = BTreeMap::<_, Vec<u32>>::new();
    for view in views {
        exact.entry(name(view).to_owned()).or_default().push(view.lcp_ms);
    }
    assert!(groups.keys().eq(exact.keys()), "{groups:?}");
    for (name, values) in &mut exact {
        values.sort_unstable();
        let group = &groups[name];
        assert_eq!(group["count"], values.len(), "{name}");
        for (key, part) in [("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95)] {
            let rank = (part * values.len() as f64).ceil() as usize;
            let (exact, told) = (f64::from(values[rank - 1]), group["quantiles"][key].as_f64());
            let told = told.unwrap_or_else(|| panic!("{group}"));
            assert!((told - exact).abs() <= exact / 100.0, "{name} {key}: {told} for {exact}");
        }
    }
}

#[tokio::test]
async fn percentiles_of_all_that_was_ever_measured() {
    let config = [STORAGE, SHOP].concat();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let views = views(600);
    let (first, rest) = views.split_at(views.len() / 2);

    let collector = Collector::keeping_in(folder, &config).await;
    send(&collector, first).await;
    assert_groups(&groups(&collector, "by=device", first.len() as u64).await, first, |view| view.device);
    send(&collector, rest).await;
    let folder = collector.kill().await;

    let collector = Collector::keeping_in(folder, &config).await;
    let count = views.len() as u64;
    assert_groups(&groups(&collector, "by=device", count).await, &views, |view| view.device);
    assert_groups(&groups(&collector, "by=page", count).await, &views, |view| view.page);
    let mobile = views.iter().filter(|view| view.device == "mobile").count();
    let pages = groups(&collector, "by=page&device=mobile", mobile as u64).await;
    assert!(pages.keys().eq(["basket", "home", "product"]), "{pages:?}");
    let channels = groups(&collector, "by=channel", count).await;
    assert!(channels.keys().eq(["direct"]), "{channels:?}");
    let countries = groups(&collector, "by=country", count).await;
    assert!(countries.keys().eq(["NL"]), "{countries:?}");
    let disk = collector.metrics().await.value("graadmeter_history_disk_bytes", &[]);
    assert!(disk > 0.0);

    let restarted = Collector::keeping_in(collector.stop_keeping().await, &config).await;
    assert_groups(&groups(&restarted, "by=device", count).await, &views, |view| view.device);
}

#[tokio::test]
async fn the_longest_name_stays_whole_through_journal_and_history() {
    let config = [STORAGE, SHOP].concat();
    let folder = tempfile::tempdir().expect("a temporary folder");
    // 64 characters of three bytes: 192, the most that a name may have.
    let longest = "頁".repeat(64);
    let view = Beacon::page().with("/vitals", json!({"lcp": 1800}));
    let collector = Collector::keeping_in(folder, &config).await;
    let named = |name: &str| {
        view.clone().with("/page", json!(name)).with("/id", json!(format!("{:032}", name.len())))
    };
    assert_eq!(collector.send(&named(&longest)).await.status, 204);
    assert_eq!(collector.send(&named(&format!("{longest}x"))).await.status, 400);

    let collector = Collector::keeping_in(collector.kill().await, &config).await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.sum("rum_page_lcp_seconds_count", &[("page", &longest)]), 1.0);
    let groups = groups(&collector, "by=page", 1).await;
    assert!(groups.keys().eq([&longest]), "{groups:?}");
}

#[tokio::test]
async fn a_range_has_what_came_in_it_only() {
    let config = [STORAGE, SHOP].concat();
    let collector = Collector::keeping_in(tempfile::tempdir().expect("a temporary folder"), &config).await;
    let views = views(40);
    send(&collector, &views).await;
    let all = groups(&collector, "by=time", views.len() as u64).await;
    assert!((1..=2).contains(&all.len()), "a minute or two: {all:?}");
    let (status, before) =
        collector.ask("/api/v1/timings?site=shop&metric=lcp&by=device&from=1000&to=100000").await;
    assert_eq!((status, count_of(&before)), (200, 0), "{before}");
    let (status, wrong) = collector.ask("/api/v1/timings?site=shop&metric=speed&by=device").await;
    assert_eq!(status, 400);
    assert!(wrong["error"].as_str().is_some_and(|error| error.contains("lcp")), "{wrong}");
    let (status, unknown) = collector.ask("/api/v1/timings?site=nobody&metric=lcp&by=device").await;
    assert_eq!(status, 400, "{unknown}");
}

#[tokio::test]
async fn without_a_folder_there_is_no_history() {
    let collector = Collector::serve(SHOP).await;
    let (status, error) = collector.ask("/api/v1/timings?site=shop&metric=lcp&by=device").await;
    assert_eq!(status, 404);
    assert!(error["error"].as_str().is_some_and(|error| error.contains("--data-dir")), "{error}");
}
