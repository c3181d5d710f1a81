//! Does the public listener serve TLS of its own, take a renewed certificate, and keep a good one?

use std::fs;
use std::time::Duration;

use graadmeter_tests::beacon::{Beacon, DESKTOP};
use graadmeter_tests::collector::{Collector, SHOP, run};
use graadmeter_tests::raw_http::Connection;
use graadmeter_tests::raw_http2;
use graadmeter_tests::tls::Certificate;
use graadmeter_tests::wait::until;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::JoinSet;

const TLS: &str = "[tls]\ncertificate = \"fullchain.pem\"\nkey = \"privkey.pem\"\n";
/// The files are looked at every ten seconds, and a handshake has ten; a slow machine may take its time.
const PATIENCE: Duration = Duration::from_mins(1);

async fn serve(certificate: &Certificate) -> Collector {
    let folder = tempfile::tempdir().expect("a temporary folder");
    certificate.write(folder.path());
    Collector::serve_in(folder, &format!("{SHOP}{TLS}")).await
}

/// Posts a beacon over TLS; gives the first line of the answer.
async fn post(collector: &Collector, certificate: &Certificate, newest: bool) -> std::io::Result<String> {
    let mut stream = certificate.connect(collector.public, &["http/1.1"], newest).await?;
    let request = Beacon::page().from_with(DESKTOP, "Connection", "close").bytes();
    stream.write_all(&request).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer.lines().next().unwrap_or_default().to_owned())
}

#[tokio::test]
async fn both_versions_of_tls_and_both_of_http_are_spoken() {
    let certificate = Certificate::until(2099);
    let collector = serve(&certificate).await;
    for newest in [true, false] {
        assert_eq!(post(&collector, &certificate, newest).await.expect("TLS"), "HTTP/1.1 204 No Content");
    }
    let stream = certificate.connect(collector.public, &["h2", "http/1.1"], true).await.expect("TLS");
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut http2 = raw_http2::Connection::over(stream).await;
    let fields = [
        (":method", "POST"),
        (":scheme", "https"),
        (":path", "/v1/beacon"),
        (":authority", "rum.shop.example"),
        ("user-agent", DESKTOP),
        ("content-type", "text/plain"),
    ];
    let body = raw_http2::Frame::new(raw_http2::DATA, raw_http2::END_STREAM, 1, Beacon::page().body());
    http2.send(&[raw_http2::Frame::headers(1, 0, &fields), body]).await;
    assert_eq!(http2.status(1).await, Some(204));
    assert_eq!(collector.outcome("accepted").await, 3.0);
}

#[tokio::test]
async fn handshakes_that_stall_are_cut_off_and_others_are_served() {
    const STALLED: usize = 200;
    let certificate = Certificate::until(2099);
    let collector = serve(&certificate).await;
    let mut stalled = JoinSet::new();
    for number in 0..STALLED {
        let mut connection = Connection::open(collector.public).await;
        // Nothing, the begin of a greeting, or no TLS at all.
        connection.send([&b""[..], b"\x16\x03\x01\x02\x00\x01", b"GET / HTTP/1.1\r\n\r\n"][number % 3]).await;
        stalled.spawn(async move { while connection.try_response().await.is_some() {} });
    }
    let ended = async { while stalled.join_next().await.is_some() {} };
    assert_eq!(post(&collector, &certificate, true).await.expect("TLS"), "HTTP/1.1 204 No Content");
    tokio::time::timeout(PATIENCE, ended).await.expect("all are cut off");
    let closed = async || match collector.closed("handshake").await {
        all if all == STALLED as f64 => Ok(()),
        some => Err(some),
    };
    until(PATIENCE, "each is counted", closed).await;
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_and_a_broken_one_is_not() {
    let (old, new) = (Certificate::until(2098), Certificate::until(2099));
    let collector = serve(&old).await;
    let works = async |certificate: &Certificate| post(&collector, certificate, true).await.is_ok();
    assert!(works(&old).await && !works(&new).await);

    fs::write(collector.folder().join("fullchain.pem"), "no certificate").expect("a temporary file");
    collector.process_says("no chain of certificates").await;
    assert!(works(&old).await, "the old one stays");
    new.write_certificate(collector.folder());
    collector.process_says("does not belong to the certificate").await;
    assert!(works(&old).await, "the old one stays");
    new.write_key(collector.folder());
    collector.process_says("using the new certificate").await;
    assert!(works(&new).await && !works(&old).await);
}

#[tokio::test]
async fn an_end_that_is_near_is_told() {
    let collector = serve(&Certificate::until(2002)).await;
    collector.process_says("runs out soon").await;
}

#[tokio::test]
async fn check_config_tells_what_is_wrong_with_a_certificate() {
    let mistakes = async |prepare: &dyn Fn(&TempDir)| {
        let folder = tempfile::tempdir().expect("a temporary folder");
        prepare(&folder);
        fs::write(folder.path().join("shop.toml"), format!("{TLS}{SHOP}")).expect("a temporary file");
        let ended = run(&["check-config", "shop.toml"], folder.path()).await;
        (ended.status.code(), ended.text())
    };
    let (one, other) = (Certificate::until(2099), Certificate::until(2099));
    let (status, _) = mistakes(&|folder| one.write(folder.path())).await;
    assert_eq!(status, Some(0));
    let (status, text) = mistakes(&|_| {}).await;
    assert!(status == Some(1) && text.contains("line 2: ") && text.contains("line 3: "), "{text}");
    let (status, text) = mistakes(&|folder| {
        one.write_certificate(folder.path());
        other.write_key(folder.path());
    })
    .await;
    assert!(status == Some(1) && text.contains("line 3: ") && text.contains("does not belong"), "{text}");
}
