//! Heads that are no heads, or two in one.

use graadmeter_tests::beacon::{Beacon, DESKTOP, post};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::{Connection, Request};

/// Sends bytes; whatever comes back, the connection is then closed. Gives the last status.
async fn last_status(collector: &Collector, bytes: &[u8]) -> Option<u16> {
    let mut connection = Connection::open(collector.public).await;
    connection.send(bytes).await;
    connection.finish().await;
    let mut last = None;
    while let Some(response) = connection.try_response().await {
        last = Some(response.status);
    }
    last
}

#[tokio::test]
async fn a_request_that_hides_another_gives_no_second_answer() {
    let collector = Collector::serve(SHOP).await;
    let hidden = Beacon::page().from(DESKTOP).bytes();
    let length = hidden.len() + 5;
    let with = |headers: &str, body: &[u8]| {
        let head = String::from_utf8(post(DESKTOP).bytes()).expect("text");
        let head = head.replace("\r\n\r\n", &format!("\r\n{headers}\r\n\r\n"));
        [head.as_bytes(), body].concat()
    };
    let chunked = [b"0\r\n\r\n", &hidden[..]].concat();
    let cases = [
        ("both", with(&format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"), &chunked)),
        (
            "both, turned round",
            with(&format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"), &chunked),
        ),
        ("two lengths", with(&format!("Content-Length: 5\r\nContent-Length: {length}"), &chunked)),
        ("a list of lengths", with(&format!("Content-Length: 5, {length}"), &chunked)),
        ("a length with a sign", with("Content-Length: +5", &chunked)),
        ("not chunked at last", with("Transfer-Encoding: chunked, identity", &chunked)),
        ("a space before the colon", with("Transfer-Encoding : chunked", &chunked)),
        ("a folded line", with("X: x\r\n Transfer-Encoding: chunked", &hidden)),
        ("a bare line feed", with("X: x\nTransfer-Encoding: chunked", b"")),
        ("a zero byte", with("X: x\0", &hidden)),
    ];
    for (what, bytes) in cases {
        let status = last_status(&collector, &bytes).await;
        assert!(status.is_none_or(|status| status >= 400), "{what}: {status:?}");
        assert_eq!(collector.outcome("accepted").await, 0.0, "{what}");
    }
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}

#[tokio::test]
async fn heads_that_are_too_large_are_refused_and_counted_among_no_beacons() {
    let collector = Collector::serve(SHOP).await;
    let many =
        (0..101).fold(post(DESKTOP), |request, _| request.header("X", "x")).body(Beacon::page().body());
    let long = post(DESKTOP).header("X", &"x".repeat(17 * 1024)).body(Beacon::page().body());
    for request in [many, long] {
        let mut connection = Connection::open(collector.public).await;
        connection.send(&request.bytes()).await;
        assert_eq!(connection.response().await.status, 431);
    }
    assert_eq!(collector.metrics().await.sum("graadmeter_beacons_total", &[]), 0.0);
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}

#[tokio::test]
async fn what_is_not_utf_8_does_no_harm() {
    let collector = Collector::serve(SHOP).await;
    let broken = |text: &str| text.replace('@', "\u{fffd}");
    // U+FFFD stands for the bytes that are no UTF-8 until the request is written out.
    let send = async |request: Request| {
        let mut bytes = request.bytes();
        while let Some(at) = bytes.windows(3).position(|three| three == "\u{fffd}".as_bytes()) {
            bytes.splice(at..at + 3, [0xff, 0xfe, 0xc3]);
        }
        let mut connection = Connection::open(collector.public).await;
        connection.send(&bytes).await;
        connection.response().await.status
    };
    let body = String::from_utf8(Beacon::page().body()).expect("JSON");
    assert_eq!(
        send(post(DESKTOP).body(broken(&body.replace("product", "@@@@@@@")))).await,
        400,
        "in the body"
    );
    assert_eq!(collector.outcome("invalid").await, 1.0);
    let user_agent = broken("Mozilla/5.0 @");
    assert_eq!(send(Beacon::page().from(&user_agent)).await, 204, "in a header that nothing hangs on");
    let origin = Request::new("POST", "/v1/beacon").header("Origin", &broken("https://@.example"));
    let origin = origin.header("Content-Type", "text/plain").body(Beacon::page().body());
    assert!(matches!(send(origin).await, 204 | 403), "in the origin");
    assert!(matches!(send(Request::new("GET", &broken("/@"))).await, 400 | 404), "in the path");
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}
