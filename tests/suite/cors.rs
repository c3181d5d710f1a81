//! Do browsers get the answers that the Fetch standard's CORS protocol asks for, and nobody more than that?

use graadmeter_tests::beacon::{Beacon, DESKTOP, ORIGIN, post};
use graadmeter_tests::browser::{Browser, Device};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::{Request, Response, get};
use graadmeter_tests::shop::{Listening, Shop};
use serde_json::{Value, json};

fn preflight(origin: &str) -> Request {
    Request::new("OPTIONS", "/v1/beacon")
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "content-type")
}

fn allowed(response: &Response) -> (Option<&str>, Option<&str>) {
    let header = |name| response.header(name);
    (header("access-control-allow-origin"), header("access-control-allow-credentials"))
}

#[tokio::test]
async fn a_page_of_the_site_may_send_json() {
    let collector = Collector::serve(SHOP).await;
    let answer = preflight(ORIGIN).send(collector.public).await;
    assert_eq!(answer.status, 204);
    assert_eq!(allowed(&answer), (Some(ORIGIN), Some("true")));
    assert_eq!(answer.header("access-control-allow-methods"), Some("POST"));
    let headers = answer.header("access-control-allow-headers").unwrap_or_default();
    assert!(headers.contains("content-type") && headers.contains("content-encoding"), "{headers}");
    assert!(answer.header("access-control-max-age").is_some());
    assert_eq!(answer.header("vary"), Some("origin"));
    assert_eq!(collector.metrics().await.sum("graadmeter_beacons_total", &[]), 0.0, "it is no beacon");

    let sent = Beacon::page().from(DESKTOP).send(collector.public).await;
    assert_eq!((sent.status, allowed(&sent)), (204, (Some(ORIGIN), Some("true"))));
    let refused = post(DESKTOP).body("{}").send(collector.public).await;
    assert_eq!(
        (refused.status, allowed(&refused)),
        (400, (Some(ORIGIN), Some("true"))),
        "errors can be read too"
    );
    let silent = Beacon::page().from_with(DESKTOP, "Sec-Fetch-Mode", "no-cors").send(collector.public).await;
    assert_eq!((silent.status, allowed(&silent)), (204, (None, None)), "sendBeacon looks at nothing");
}

#[tokio::test]
async fn nobody_else_is_named() {
    let collector = Collector::serve(SHOP).await;
    for origin in
        ["https://evil.example", "http://www.shop.example", "https://www.shop.example.evil.example", "null"]
    {
        let answer = preflight(origin).send(collector.public).await;
        assert_eq!((answer.status, allowed(&answer)), (204, (None, None)), "{origin}");
        let refused = Request::new("POST", "/v1/beacon").header("Origin", origin).body("x");
        assert_eq!(allowed(&refused.send(collector.public).await), (None, None), "{origin}");
    }
    assert_eq!(
        Request::new("OPTIONS", "/v1/beacon").send(collector.public).await.status,
        405,
        "no preflight"
    );
    assert_eq!(collector.outcome("method_not_allowed").await, 1.0);
}

#[tokio::test]
async fn where_any_origin_may_send_all_may_read_without_credentials() {
    let any = SHOP.replace("[\"https://www.shop.example\"]", "[\"*\"]");
    let collector = Collector::serve(&any).await;
    let answer = preflight("https://anybody.example").send(collector.public).await;
    assert_eq!((answer.status, allowed(&answer)), (204, (Some("*"), None)));
}

#[tokio::test]
async fn the_script_may_be_loaded_under_every_policy() {
    let collector = Collector::serve(SHOP).await;
    let script = get(collector.public, "/beacon.js").await;
    let header = |name| script.header(name);
    assert_eq!(header("access-control-allow-origin"), Some("*"));
    assert_eq!(header("cross-origin-resource-policy"), Some("cross-origin"));
    assert_eq!(header("timing-allow-origin"), Some("*"));
}

/// What a page's script learns of a report that it sends itself, in JSON, for which a browser asks first.
async fn read_by_a_page(browser: &Browser, page: &Shop, collector: &Collector, credentials: &str) -> Value {
    browser.open(&format!("http://{}/", page.address)).await;
    let beacon = Beacon::page().with("/url", json!(format!("http://{}/", page.address)));
    let options = json!({"method": "POST", "credentials": credentials, "body": beacon.0.to_string(),
        "headers": {"Content-Type": "application/json"}});
    let address = format!("http://{}/v1/beacon", collector.public);
    browser
        .run(&format!("return fetch('{address}', {options}).then((answer) => answer.status, String)"))
        .await
}

#[tokio::test]
async fn a_real_browser_keeps_to_it() {
    let (own, strange) = (Listening::anywhere().await, Listening::anywhere().await);
    let site = format!("[[site]]\nid = \"shop\"\norigins = [\"http://{}\"]\n", own.address());
    let collector = Collector::serve(&format!("{site}robots = \"include\"\n")).await;
    let [own, strange] = [own, strange].map(|listening| Shop::reporting_to(listening, collector.public));
    let browser = Browser::start(Device::Desktop, "Europe/Amsterdam", &[]).await;
    for credentials in ["include", "omit"] {
        assert_eq!(
            read_by_a_page(&browser, &own, &collector, credentials).await,
            json!(204),
            "{credentials}"
        );
        let refused = read_by_a_page(&browser, &strange, &collector, credentials).await;
        assert_eq!(refused, json!("TypeError: Failed to fetch"), "{credentials}");
    }
    browser.close().await;
}
