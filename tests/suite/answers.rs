//! What comes back over a plain socket, and is each answer counted as what it was?

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use graadmeter_tests::beacon::{Beacon, CRAWLER, DESKTOP, ORIGIN, post};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::{Connection, Request, Response};
use graadmeter_wire::limits::BODY_BYTES_MAX;
use serde_json::json;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("memory")
}

/// A beacon's body, filled up with spaces to this length.
fn padded(length: usize) -> Vec<u8> {
    let mut body = Beacon::page().body();
    body.resize(length, b' ');
    body
}

fn post_with(content_type: &str) -> Request {
    Request::new("POST", "/v1/beacon")
        .header("Origin", ORIGIN)
        .header("User-Agent", DESKTOP)
        .header("Content-Type", content_type)
}

/// Sends one request and says which outcomes it was counted as.
async fn counted(collector: &Collector, request: &Request) -> (Response, Vec<String>) {
    let before = collector.metrics().await;
    let response = request.send(collector.public).await;
    let after = collector.metrics().await;
    let grown =
        after.growth_since(&before).into_iter().filter(|(name, ..)| name == "graadmeter_beacons_total");
    let grown = grown.flat_map(|(_, labels, growth)| vec![labels["outcome"].clone(); growth as usize]);
    (response, grown.collect())
}

async fn expect(collector: &Collector, cases: Vec<(&str, Request, u16, &'static str)>) {
    for (what, request, status, outcome) in cases {
        let (response, counts) = counted(collector, &request).await;
        assert_eq!(
            (response.status, counts),
            (status, vec![outcome.to_owned()]),
            "{what}: {}",
            response.everything()
        );
        if status == 204 {
            assert!(response.body.is_empty(), "{what}");
        } else {
            let error = response.json()["error"].as_str().map(str::to_owned);
            assert!(error.is_some_and(|text| !text.is_empty()), "{what}: {}", response.everything());
        }
    }
}

#[tokio::test]
async fn beacons_are_accepted_in_every_form_that_browsers_send() {
    let collector = Collector::serve(SHOP).await;
    let body = || Beacon::page().body();
    let twice = Beacon::page();
    let cases = vec![
        ("text", post_with("text/plain").body(body()), 204, "accepted"),
        ("text with a charset", post_with("text/plain;charset=UTF-8").body(body()), 204, "accepted"),
        ("text in capitals", post_with("Text/Plain; charset=\"utf-8\"").body(body()), 204, "accepted"),
        ("json", post_with("application/json").body(body()), 204, "accepted"),
        ("chunked", post(DESKTOP).chunked(&body(), 100), 204, "accepted"),
        ("gzip", post(DESKTOP).header("Content-Encoding", "gzip").body(gzip(&body())), 204, "accepted"),
        (
            "chunked gzip",
            post(DESKTOP).header("Content-Encoding", "gzip").chunked(&gzip(&body()), 50),
            204,
            "accepted",
        ),
        ("as long as may be", post(DESKTOP).body(padded(BODY_BYTES_MAX)), 204, "accepted"),
        ("as long as may be, chunked", post(DESKTOP).chunked(&padded(BODY_BYTES_MAX), 5000), 204, "accepted"),
        ("once", twice.from(DESKTOP), 204, "accepted"),
        ("the same once more", twice.from(DESKTOP), 204, "duplicate"),
        ("a crawler", Beacon::page().from(CRAWLER), 204, "bot"),
        (
            "a headless browser",
            Beacon::page().from(&DESKTOP.replace("Chrome/", "HeadlessChrome/")),
            204,
            "bot",
        ),
    ];
    expect(&collector, cases).await;
}

#[tokio::test]
async fn everything_else_has_its_answer_and_its_outcome() {
    let collector = Collector::serve(SHOP).await;
    let body = || Beacon::page().body();
    let origin = |origin: &str| {
        Request::new("POST", "/v1/beacon")
            .header("Origin", origin)
            .header("User-Agent", DESKTOP)
            .header("Content-Type", "text/plain")
            .body(body())
    };
    let elsewhere = |method: &str, path: &str| Request::new(method, path).header("User-Agent", DESKTOP);
    let foreign = Beacon::page().with("/url", json!("https://evil.example/p/1")).body();
    let elsewhere_page = |origin: &str| {
        let request =
            Request::new("POST", "/v1/beacon").header("Origin", origin).header("User-Agent", DESKTOP);
        request.header("Content-Type", "text/plain").body(foreign.clone())
    };
    let zipped = || post(DESKTOP).header("Content-Encoding", "gzip");
    let cut_off = gzip(&body());
    let cases = vec![
        ("no JSON", post(DESKTOP).body("{"), 400, "invalid"),
        ("empty", post(DESKTOP).body(""), 400, "invalid"),
        ("no beacon", post(DESKTOP).body("{}"), 400, "invalid"),
        ("a wrong type", Beacon::page().with("/vitals/lcp", json!("fast")).from(DESKTOP), 400, "invalid"),
        ("no gzip", zipped().body("no gzip"), 400, "invalid"),
        ("gzip cut off", zipped().body(&cut_off[..cut_off.len() / 2]), 400, "invalid"),
        (
            "a site nobody knows",
            Beacon::page().with("/site", json!("other")).from(DESKTOP),
            403,
            "unknown_site",
        ),
        ("another origin", origin("https://evil.example"), 403, "origin_not_allowed"),
        ("the right host, the wrong scheme", origin("http://www.shop.example"), 403, "origin_not_allowed"),
        ("a longer host", origin("https://www.shop.example.evil.example"), 403, "origin_not_allowed"),
        (
            "an origin that hides itself, about another page",
            elsewhere_page("null"),
            403,
            "origin_not_allowed",
        ),
        ("GET", elsewhere("GET", "/v1/beacon"), 405, "method_not_allowed"),
        ("PUT", elsewhere("PUT", "/v1/beacon").body(body()), 405, "method_not_allowed"),
        ("DELETE", elsewhere("DELETE", "/v1/beacon"), 405, "method_not_allowed"),
        ("a length too large", post(DESKTOP).body(padded(BODY_BYTES_MAX + 1)), 413, "too_large"),
        ("chunks too many", post(DESKTOP).chunked(&padded(BODY_BYTES_MAX + 1), 4000), 413, "too_large"),
        ("gzip that expands", zipped().body(gzip(&padded(10_000_000))), 413, "too_large"),
        ("gzip that expands by one", zipped().body(gzip(&padded(BODY_BYTES_MAX + 1))), 413, "too_large"),
        ("a picture", post_with("image/png").body(body()), 415, "unsupported_media_type"),
        (
            "a form",
            post_with("application/x-www-form-urlencoded").body(body()),
            415,
            "unsupported_media_type",
        ),
        ("HTML", post_with("text/html").body(body()), 415, "unsupported_media_type"),
        (
            "brotli",
            post(DESKTOP).header("Content-Encoding", "br").body(body()),
            415,
            "unsupported_media_type",
        ),
    ];
    expect(&collector, cases).await;
}

#[tokio::test]
async fn what_is_not_public_is_not_there() {
    let collector = Collector::serve(SHOP).await;
    let paths = [
        "/",
        "/nothing",
        "/metrics",
        "/healthz",
        "/readyz",
        "/api/v1/timings?site=shop",
        "/shop/",
        "/v1/beacon/x",
    ];
    for path in paths {
        for method in ["GET", "POST"] {
            let response = Request::new(method, path).body("").send(collector.public).await;
            assert_eq!(response.status, 404, "{method} {path}: {}", response.everything());
            assert!(response.json()["error"].is_string(), "{method} {path}: {}", response.everything());
        }
    }
}

#[tokio::test]
async fn a_length_that_is_too_large_is_refused_before_the_body_comes() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    connection.send(&post(DESKTOP).header("Content-Length", "1000000000000").bytes()).await;
    assert_eq!(connection.response().await.status, 413);
    assert_eq!(collector.outcome("too_large").await, 1.0);
}

#[tokio::test]
async fn endless_chunks_are_cut_off() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    connection.send(&post(DESKTOP).header("Transfer-Encoding", "chunked").bytes()).await;
    for _ in 0..5 {
        connection.send(&[b"1000\r\n", &[b' '; 0x1000][..], b"\r\n"].concat()).await;
    }
    assert_eq!(connection.response().await.status, 413);
    assert_eq!(collector.outcome("too_large").await, 1.0);
}

#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    connection.send(&post(DESKTOP).header("Content-Length", "500").bytes()).await;
    connection.send(b"{\"v\": 1,").await;
    assert_eq!(connection.response().await.status, 408);
    assert_eq!(collector.outcome("timeout").await, 1.0);
}

#[tokio::test]
async fn the_first_wrong_key_is_named() {
    let collector = Collector::serve(SHOP).await;
    let wrong = [
        (Beacon::page().without("kind"), "kind"),
        (Beacon::page().with("/vitals/lcp", json!("1")), "vitals.lcp"),
        (Beacon::page().with("/third_party", json!([{"ms": 1}])), "third_party[0].host"),
        (Beacon::page().with("/session/n", json!(0)), "session.n"),
    ];
    for (beacon, key) in wrong {
        let response = collector.send(&beacon).await;
        let error = response.json()["error"].as_str().expect("an error").to_owned();
        assert_eq!(response.status, 400);
        assert!(error.contains(key), "{key}: {error}");
    }
}

#[tokio::test]
async fn nothing_that_is_sent_comes_back() {
    let collector = Collector::serve(SHOP).await;
    let marked = |request: Request| request.header("X-Marker", "jane-doe").header("Cookie", "id=jane-doe");
    let body = |pointer: &str| Beacon::page().with(pointer, json!("jane-doe\u{1}")).body();
    let requests = [
        marked(Request::new("GET", "/jane-doe?jane-doe")),
        marked(Request::new("JANE-DOE", "/v1/beacon")),
        marked(post("jane-doe").body("jane-doe")),
        marked(post(DESKTOP).body(body("/site"))),
        marked(post(DESKTOP).body(body("/kind"))),
        marked(post(DESKTOP).body(body("/vitals/lcp"))),
        marked(post(DESKTOP).body(Beacon::page().with("/site", json!("jane-doe")).body())),
        marked(post_with("jane-doe/jane-doe").body("x")),
        marked(Request::new("POST", "/v1/beacon").header("Origin", "https://jane-doe.example"))
            .header("Content-Type", "text/plain")
            .body(Beacon::page().body()),
    ];
    for request in requests {
        let response = request.send(collector.public).await;
        assert!(response.status >= 400, "{}", response.everything());
        let everything = response.everything().to_lowercase();
        assert!(!everything.contains("jane-doe"), "{everything}");
    }
}

#[tokio::test]
async fn one_connection_carries_many_beacons() {
    let collector = Collector::serve(SHOP).await;
    let mut connection = Connection::open(collector.public).await;
    for _ in 0..5 {
        connection.send(&Beacon::page().from(DESKTOP).bytes()).await;
        assert_eq!(connection.response().await.status, 204);
        connection.send(&post(DESKTOP).body("{").bytes()).await;
        assert_eq!(connection.response().await.status, 400);
    }
    assert_eq!((collector.outcome("accepted").await, collector.outcome("invalid").await), (5.0, 5.0));
}

#[tokio::test]
async fn what_is_no_http_gets_nowhere_and_service_goes_on() {
    let collector = Collector::serve(SHOP).await;
    let long = format!("GET /{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(1 << 20));
    let noise = ["\r\n\r\n\r\n\r\n", "HELLO\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{3}\u{1}", &long];
    for bytes in noise {
        let mut connection = Connection::open(collector.public).await;
        connection.send(bytes.as_bytes()).await;
        connection.finish().await;
        if let Some(response) = connection.try_response().await {
            assert!((400..500).contains(&response.status), "{bytes:.40}: {}", response.everything());
        }
    }
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}

#[tokio::test]
async fn a_client_that_sends_too_much_is_limited() {
    let limited = SHOP.replace("beacons_per_minute_per_client = 0", "beacons_per_minute_per_client = 5");
    let collector = Collector::serve(&limited).await;
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(collector.send(&Beacon::page()).await.status);
    }
    assert_eq!(statuses[..5], [204; 5]);
    assert_eq!(statuses[5..], [429; 3]);
    assert_eq!((collector.outcome("accepted").await, collector.outcome("limited").await), (5.0, 3.0));
}

#[tokio::test]
async fn a_site_has_its_share_and_strangers_take_none_of_it() {
    let share = SHOP.replace("currency = \"EUR\"", "currency = \"EUR\"\nbeacons_per_minute = 5");
    let collector = Collector::serve(&share).await;
    for _ in 0..10 {
        collector.send_from(CRAWLER, &Beacon::page()).await;
        let stranger = Request::new("POST", "/v1/beacon").header("Content-Type", "text/plain");
        let stranger = stranger.header("User-Agent", DESKTOP).header("Origin", "https://evil.example");
        stranger.body(Beacon::page().body()).send(collector.public).await;
    }
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(collector.send(&Beacon::page()).await.status);
    }
    assert_eq!((&statuses[..5], &statuses[5..]), (&[204; 5][..], &[429; 3][..]));
    let ended = [("accepted", 5.0), ("limited", 3.0), ("bot", 10.0), ("origin_not_allowed", 10.0)];
    for (outcome, count) in ended {
        assert_eq!(collector.outcome(outcome).await, count, "{outcome}");
    }
}

#[tokio::test]
async fn an_allowed_robot_counts_as_a_visitor() {
    let collector =
        Collector::serve(&SHOP.replace("currency = \"EUR\"", "currency = \"EUR\"\nrobots = \"include\""))
            .await;
    assert_eq!(collector.send_from(CRAWLER, &Beacon::page()).await.status, 204);
    assert_eq!((collector.outcome("accepted").await, collector.outcome("bot").await), (1.0, 0.0));
}
