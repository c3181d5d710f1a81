//! Is `GET /beacon.js` the built script, cheap to fetch again and again?

use std::fs;
use std::io::Read;

use flate2::read::GzDecoder;
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::{Request, get};
use graadmeter_tests::repository;

#[tokio::test]
async fn it_is_the_script_that_was_built() {
    let collector = Collector::serve(SHOP).await;
    let built =
        fs::read(repository().join("beacon-js/dist/beacon.js")).expect("the built script is committed");
    let response = get(collector.public, "/beacon.js").await;
    assert_eq!((response.status, response.body == built), (200, true));
    let content_type = response.header("content-type").expect("a type");
    assert!(content_type.starts_with("text/javascript"), "{content_type}");
    assert_eq!(response.header("content-encoding"), None);
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
}

#[tokio::test]
async fn it_is_sent_compressed_to_those_who_can_read_it() {
    let collector = Collector::serve(SHOP).await;
    let plain = get(collector.public, "/beacon.js").await;
    let request = Request::new("GET", "/beacon.js").header("Accept-Encoding", "br;q=0.1, gzip, deflate");
    let zipped = request.send(collector.public).await;
    assert_eq!(zipped.header("content-encoding"), Some("gzip"));
    assert!(zipped.body.len() < plain.body.len());
    let mut unzipped = Vec::new();
    GzDecoder::new(&*zipped.body).read_to_end(&mut unzipped).expect("gzip");
    assert!(unzipped == plain.body);
    for response in [&plain, &zipped] {
        let vary = response.header("vary").expect("a cache must tell them apart").to_lowercase();
        assert!(vary.contains("accept-encoding"), "{vary}");
    }
    let refusing = Request::new("GET", "/beacon.js").header("Accept-Encoding", "gzip;q=0, identity");
    assert_eq!(refusing.send(collector.public).await.header("content-encoding"), None);
}

#[tokio::test]
async fn a_browser_that_has_it_is_told_so() {
    let collector = Collector::serve(SHOP).await;
    for encoding in ["identity", "gzip"] {
        let request = || Request::new("GET", "/beacon.js").header("Accept-Encoding", encoding);
        let first = request().send(collector.public).await;
        let tag = first.header("etag").expect("an ETag").to_owned();
        assert!(tag.trim_start_matches("W/").starts_with('"') && tag.ends_with('"'), "{tag}");
        for condition in [tag.clone(), format!("\"other\", {tag}"), "*".to_owned()] {
            let again = request().header("If-None-Match", &condition).send(collector.public).await;
            assert_eq!((again.status, again.body.len()), (304, 0), "{encoding} {condition}");
            assert_eq!(again.header("etag"), Some(&*tag));
            assert!(again.header("cache-control").is_some());
        }
        let other = request().header("If-None-Match", "\"other\"").send(collector.public).await;
        assert_eq!(other.status, 200);
    }
}

#[tokio::test]
async fn caches_keep_it_for_a_while_but_not_for_ever() {
    let collector = Collector::serve(SHOP).await;
    let response = get(collector.public, "/beacon.js").await;
    let caching = response.header("cache-control").expect("caching is said").to_owned();
    assert!(caching.contains("public"), "{caching}");
    let age = caching.split("max-age=").nth(1).expect("an age").split([',', ' ']).next().expect("a number");
    let age: u32 = age.parse().expect("a number");
    assert!((60..=7 * 86_400).contains(&age), "its address never changes, so its age is bounded: {caching}");
    assert!(!caching.contains("immutable"), "{caching}");
}

#[tokio::test]
async fn its_head_is_the_same_without_the_body() {
    let collector = Collector::serve(SHOP).await;
    let full = get(collector.public, "/beacon.js").await;
    let mut connection = graadmeter_tests::raw_http::Connection::open(collector.public).await;
    connection.send(&Request::new("HEAD", "/beacon.js").header("Connection", "close").bytes()).await;
    let head = connection.head().await;
    assert_eq!((head.status, head.header("etag")), (200, full.header("etag")));
    assert!(connection.is_closed().await, "no body after the head");
}
