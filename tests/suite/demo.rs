//! Does a real visitor of the demo shop appear where he should, and nobody else with him?

use graadmeter_tests::browser::{Browser, Device};
use graadmeter_tests::collector::Collector;
use graadmeter_tests::exposition::Metrics;
use graadmeter_tests::shop::Shop;
use graadmeter_tests::wait::{SOON, until};

async fn visit(device: Device, zone: &str, path: &str, cell: [(&str, &str); 4], page: &str) {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let browser = Browser::start(device, zone, &[]).await;
    browser.open(&format!("http://{}{path}", collector.public)).await;
    browser.be_painted().await;
    browser.leave().await;
    let metrics = until(SOON, "the view is shown", async || {
        let metrics = collector.metrics().await;
        if metrics.sum("rum_page_views_total", &[]) > 0.0 { Ok(metrics) } else { Err(()) }
    })
    .await;
    browser.close().await;

    assert_eq!(metrics.get("rum_page_views_total", &cell), Some(1.0), "{:?}", views(&metrics));
    assert_eq!(metrics.sum("rum_page_views_total", &[]), 1.0, "and nobody else: {:?}", views(&metrics));
    let [site, kind, ..] = cell;
    let page_cell = [site, kind, ("page", page)];
    for family in ["ttfb_seconds", "fcp_seconds", "lcp_seconds", "cls_score", "load_seconds"] {
        let visitor = metrics.histogram(&format!("rum_{family}"), &cell).map(|histogram| histogram.count);
        let page =
            metrics.histogram(&format!("rum_page_{family}"), &page_cell).map(|histogram| histogram.count);
        assert_eq!((visitor, page), (Some(1.0), Some(1.0)), "{family}");
    }
}

fn views(metrics: &Metrics) -> Vec<String> {
    metrics.with("rum_page_views_total", &[]).map(|(labels, views)| format!("{labels:?} {views}")).collect()
}

#[tokio::test]
async fn a_page_left_on_a_desktop_is_shown() {
    let cell = [("site", "demo"), ("device", "desktop"), ("channel", "direct"), ("country", "NL")];
    visit(Device::Desktop, "Europe/Amsterdam", "/shop/p/tide-bowl", cell, "product").await;
}

#[tokio::test]
async fn a_page_left_on_a_phone_is_shown() {
    let cell = [("site", "demo"), ("device", "mobile"), ("channel", "email"), ("country", "BR")];
    let path = "/shop/c/cups?utm_source=newsletter&utm_medium=email";
    visit(Device::Phone, "America/Sao_Paulo", path, cell, "category").await;
}

#[tokio::test]
async fn every_page_of_the_shop_is_named_by_its_group() {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let browser = Browser::start(Device::Desktop, "Europe/Amsterdam", &[]).await;
    let pages = [
        ("/shop/", "home"),
        ("/shop/c/bowls", "category"),
        ("/shop/p/dawn-mug", "product"),
        ("/shop/cart", "cart"),
        ("/shop/checkout", "checkout"),
        ("/shop/thank-you", "thank-you"),
    ];
    for (path, _) in pages {
        browser.open(&format!("http://{}{path}", collector.public)).await;
    }
    browser.leave().await;
    let all = |metrics: &Metrics| metrics.sum("rum_page_views_total", &[]) >= 6.0;
    let metrics = collector.metrics_when("six views are shown", all).await;
    browser.close().await;
    for (path, page) in pages {
        let cell = [("site", "demo"), ("device", "desktop"), ("page", page)];
        let views = metrics.histogram("rum_page_ttfb_seconds", &cell).map(|histogram| histogram.count);
        assert_eq!(views, Some(1.0), "{path} is a {page}");
    }
    assert_eq!(metrics.sum("rum_page_views_total", &[]), 6.0, "each view once");
    assert_eq!(metrics.sum("rum_sessions_total", &[]), 1.0, "in one session");
    assert_eq!(metrics.sum("rum_conversions_total", &[]), 0.0, "nothing was bought");
}

#[tokio::test]
async fn a_visitor_who_lands_on_a_slow_page_from_a_search_result_and_buys_moves_his_cells_only() {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let landing = format!("http://{}/shop/p/tide-bowl?wait_ms=2600", collector.public);
    let search = Shop::linking_to(&landing).await;
    let as_search_engine = format!("--host-resolver-rules=MAP www.ecosia.org {}", search.address);
    let switches = [&*as_search_engine, "--disable-features=HttpsUpgrades,HttpsFirstBalancedModeAutoEnable"];
    let browser = Browser::start(Device::Desktop, "Europe/Amsterdam", &switches).await;
    let before = collector.metrics().await;

    browser.open("http://www.ecosia.org/").await;
    browser.click("#result").await;
    browser.arrive_at("/shop/p/tide-bowl").await;
    browser.be_painted().await;
    browser.click("#add button").await;
    browser.click("#added a").await;
    browser.arrive_at("/shop/cart").await;
    browser.click("main a[href='/shop/checkout']").await;
    browser.arrive_at("/shop/checkout").await;
    browser.click("#place-order").await;
    browser.arrive_at("/shop/thank-you").await;
    let bought = |metrics: &Metrics| metrics.sum("rum_conversions_total", &[]) > 0.0;
    collector.metrics_when("the purchase is counted at once", bought).await;
    // A reload shows the order again and sells nothing.
    browser.run("location.reload()").await;
    browser.arrive_at("/shop/thank-you").await;
    browser.leave().await;
    let all = |metrics: &Metrics| metrics.sum("rum_page_views_total", &[]) >= 5.0;
    let metrics = collector.metrics_when("all views are counted", all).await;
    browser.close().await;

    let cell = [("site", "demo"), ("device", "desktop"), ("channel", "organic_search"), ("country", "NL")];
    let [site, device, channel, country] = cell;
    assert_eq!(metrics.get("rum_page_views_total", &cell), Some(5.0));
    assert_eq!(metrics.get("rum_sessions_total", &cell), Some(1.0));
    assert_eq!(metrics.get("rum_conversions_total", &cell), Some(1.0));
    let money = [site, device, channel, country, ("currency", "EUR")];
    assert_eq!(metrics.get("rum_conversion_value_total", &money), Some(34.9), "29.95 and 4.95 for delivery");
    for metric in ["lcp", "load"] {
        let sessions = metrics.histogram(&format!("rum_session_landing_{metric}_seconds"), &cell);
        let conversions = metrics.histogram(&format!("rum_conversion_landing_{metric}_seconds"), &cell);
        let landing = sessions.clone().unwrap_or_else(|| panic!("no landing {metric}"));
        assert_eq!(landing.count, 1.0, "{metric}");
        assert!(landing.sum >= 2.6, "the landing was slow: {landing:?}");
        assert_eq!(conversions, sessions, "the same landing, bucket by bucket ({metric})");
    }
    for (name, labels, growth) in metrics.growth_since(&before) {
        for (label, value) in cell {
            let right = !name.starts_with("rum_") || labels.get(label).is_none_or(|other| other == value);
            assert!(right, "{name} {labels:?} grew by {growth}");
        }
    }
}

#[tokio::test]
async fn simulated_visitors_are_marked_as_such() {
    let collector = Collector::demo(&[]).await;
    let some = |metrics: &Metrics| metrics.sum("rum_sessions_total", &[("site", "demo-simulated")]) >= 5.0;
    let metrics = collector.metrics_when("simulated visitors come", some).await;
    for family in metrics.families("rum_") {
        for sample in [family.to_owned(), format!("{family}_count")] {
            for (labels, value) in metrics.with(&sample, &[]) {
                assert!(labels["site"] == "demo-simulated" || value == 0.0, "{sample} {labels:?}");
            }
        }
    }
}

#[tokio::test]
async fn it_prints_what_to_open_and_what_to_embed() {
    let collector = Collector::demo(&["--no-visitors"]).await;
    let shop = format!("http://{}/shop/", collector.public);
    let script = format!("http://{}/beacon.js", collector.public);
    let metrics = format!("http://{}/metrics", collector.admin);
    until(SOON, "the demo says what to do", async || {
        let said = collector.lines().join("\n");
        let told = [&shop, &script, &metrics].iter().all(|address| said.contains(*address))
            && said.contains("data-site");
        if told { Ok(()) } else { Err(said) }
    })
    .await;
}
