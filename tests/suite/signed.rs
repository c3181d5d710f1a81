//! Does a purchase that the shop's own server signs count exactly once, and an unsigned one not at all?

use std::time::{SystemTime, UNIX_EPOCH};

use graadmeter_tests::beacon::Beacon;
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::{Request, Response};
use hmac::{Hmac, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

const SECRET: &str = "correct horse battery staple";

const CELL: [(&str, &str); 4] =
    [("site", "shop"), ("device", "mobile"), ("channel", "organic_search"), ("country", "BR")];

/// The shop with a secret; who may count conversions is `conversions`.
async fn serve(conversions: &str) -> Collector {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("shop.secret"), SECRET).expect("a temporary file");
    let keys = format!("currency = \"EUR\"\nconversions = \"{conversions}\"\nsecret_file = \"shop.secret\"");
    Collector::serve_in(folder, &SHOP.replace("currency = \"EUR\"", &keys)).await
}

fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs().cast_signed()
}

/// What the shop's server posts: what the page handed it, and the order.
fn order(number: &str, value: &str) -> Vec<u8> {
    let context = json!({
        "url": "https://www.shop.example/checkout", "page": "checkout",
        "session": {"id": "9f8a1b2c3d4e5f60718293a4b5c6d7e8", "n": 4,
            "landing": {"lcp": 3100, "load": 3600, "ref": "https://www.google.com/", "page": "product"}},
        "device": {"w": 390, "h": 844, "touch": 5, "mobile": true},
        "tz": "America/Sao_Paulo",
    });
    let conversion = json!({"value": value, "currency": "EUR", "order": number, "first": true});
    json!({"v": 1, "site": "shop", "context": context, "conversion": conversion}).to_string().into_bytes()
}

/// Lower-case hexadecimal HMAC-SHA-256 over `t.body`.
fn signature(secret: &str, time: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any length");
    mac.update(format!("{time}.").as_bytes());
    mac.update(body);
    format!("{:x}", mac.finalize().into_bytes())
}

fn post(header: Option<&str>, body: &[u8]) -> Request {
    let request = Request::new("POST", "/v1/conversion")
        .header("Content-Type", "application/json")
        .header("User-Agent", "shop-backend/3.1");
    match header {
        Some(header) => request.header("Graadmeter-Signature", header),
        None => request,
    }
    .body(body)
}

async fn send_signed(collector: &Collector, body: &[u8]) -> Response {
    let time = now();
    post(Some(&format!("t={time},v1={}", signature(SECRET, time, body))), body).send(collector.public).await
}

#[test]
fn the_tests_sign_as_rfc_4231_does() {
    // Test case 2, whose text has no time before it.
    let mut mac = Hmac::<Sha256>::new_from_slice(b"Jefe").expect("any length");
    mac.update(b"what do ya want for nothing?");
    let hex = format!("{:x}", mac.finalize().into_bytes());
    assert_eq!(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

#[tokio::test]
async fn a_signed_purchase_moves_the_cells_of_its_visitor() {
    let collector = serve("signed").await;
    let response = send_signed(&collector, &order("A1", "59.95")).await;
    assert_eq!(response.status, 204, "{}", response.everything());
    let metrics = collector.metrics().await;
    let [site, device, channel, country] = CELL;
    assert_eq!(metrics.get("rum_conversions_total", &CELL), Some(1.0));
    let money = [site, device, channel, country, ("currency", "EUR")];
    assert_eq!(metrics.get("rum_conversion_value_total", &money), Some(59.95));
    let landing = metrics.histogram("rum_conversion_landing_lcp_seconds", &CELL).expect("a landing");
    assert_eq!((landing.count, landing.sum), (1.0, 3.1));
    assert_eq!(metrics.sum("rum_conversions_total", &[]), 1.0);
    assert_eq!(metrics.sum("rum_page_views_total", &[]), 0.0);
}

#[tokio::test]
async fn a_context_need_not_say_more_than_it_knows() {
    let collector = serve("signed").await;
    let order = |context: Value, number: &str| {
        let conversion = json!({"value": "10.00", "order": number});
        json!({"v": 1, "site": "shop", "context": context, "conversion": conversion}).to_string().into_bytes()
    };
    let session = json!({"id": "9f8a1b2c3d4e5f60718293a4b5c6d7e8", "n": 1, "landing": {"lcp": 900}});
    let contexts = [json!({"session": session, "device": {"mobile": true}, "tz": "Europe/Paris"}), json!({})];
    for (number, context) in contexts.into_iter().enumerate() {
        let response = send_signed(&collector, &order(context.clone(), &format!("A{number}"))).await;
        assert_eq!(response.status, 204, "{context}: {}", response.everything());
    }
    assert_eq!(collector.metrics().await.sum("rum_conversions_total", &[]), 2.0);
}

#[tokio::test]
async fn the_same_order_counts_once_however_often_it_is_sent() {
    let collector = serve("signed").await;
    for value in ["59.95", "59.95", "1.00"] {
        assert_eq!(send_signed(&collector, &order("A1", value)).await.status, 204);
    }
    assert_eq!(send_signed(&collector, &order("A2", "1.05")).await.status, 204);
    let metrics = collector.metrics().await;
    assert_eq!(metrics.sum("rum_conversions_total", &[]), 2.0);
    assert_eq!(metrics.sum("rum_conversion_value_total", &[]), 61.0);
}

#[tokio::test]
async fn what_is_not_rightly_signed_is_refused() {
    let collector = serve("signed").await;
    let (time, body) = (now(), order("A1", "59.95"));
    let right = signature(SECRET, time, &body);
    let headers = [
        None,
        Some(String::new()),
        Some("t=,v1=".to_owned()),
        Some(right.clone()),
        Some(format!("t={time}")),
        Some(format!("v1={right}")),
        Some(format!("t={},v1={right}", time + 1)),
        Some(format!("t={time},v1={}", &right[..62])),
        Some(format!("t={time},v1={right}00")),
        Some(format!("t={time},v1={}", "0".repeat(64))),
        Some(format!("t={time},v1={}", signature("another secret of a shop", time, &body))),
        Some(format!("t={time},v1={}", signature(SECRET, time, &order("A1", "5995.00")))),
        Some(format!("t={},v1={}", time - 600, signature(SECRET, time - 600, &body))),
        Some(format!("t={},v1={}", time + 600, signature(SECRET, time + 600, &body))),
    ];
    for header in headers {
        let response = post(header.as_deref(), &body).send(collector.public).await;
        assert_eq!(response.status, 403, "{header:?}: {}", response.everything());
        assert!(!response.everything().contains(&right[..16]), "it does not tell the right one");
    }
    assert_eq!(collector.metrics().await.sum("rum_conversions_total", &[]), 0.0);
    assert_eq!(send_signed(&collector, &body).await.status, 204, "and the right one still counts");
}

#[tokio::test]
async fn a_clock_that_is_a_little_wrong_is_forgiven() {
    let collector = serve("signed").await;
    for (number, skew) in [("A1", -240), ("A2", 240)] {
        let (time, body) = (now() + skew, order(number, "1.00"));
        let header = format!("t={time},v1={}", signature(SECRET, time, &body));
        assert_eq!(post(Some(&header), &body).send(collector.public).await.status, 204, "{skew} s");
    }
    assert_eq!(collector.metrics().await.sum("rum_conversions_total", &[]), 2.0);
}

#[tokio::test]
async fn where_the_server_counts_a_browser_does_not() {
    let collector = serve("signed").await;
    let landing = json!({"lcp": 3100});
    let response = collector.send(&Beacon::purchase("999999.00", "A1", landing)).await;
    let metrics = collector.metrics().await;
    assert_eq!(metrics.sum("rum_conversions_total", &[]), 0.0, "{}", response.everything());
    assert_eq!(metrics.sum("rum_conversion_value_total", &[]), 0.0);
}

#[tokio::test]
async fn a_signed_body_that_is_wrong_names_its_key() {
    let collector = serve("signed").await;
    let wrong: [(Value, &str); 3] = [
        (json!({"site": "shop", "conversion": {}}), "v"),
        (json!({"v": 1, "site": "shop", "conversion": {"value": 59.95}}), "conversion.value"),
        (json!({"v": 1, "site": "shop", "context": {"tz": 60}, "conversion": {}}), "tz"),
    ];
    for (body, key) in wrong {
        let response = send_signed(&collector, &body.to_string().into_bytes()).await;
        assert_eq!(response.status, 400, "{body}: {}", response.everything());
        assert!(response.text().contains(key), "{body}: {}", response.everything());
    }
}
