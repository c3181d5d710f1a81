//! Are `GET /beacon.js` and `GET /beacon-more.js` the built scripts, cheap to fetch again and again, at every address that
//! they have? Do beacons count wherever the script may send them, and is the printed tag right?

use std::fs;
use std::io::Read;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use flate2::Compression;
use flate2::read::{GzDecoder, GzEncoder};
use graadmeter_tests::beacon::{Beacon, DESKTOP, ORIGIN};
use graadmeter_tests::collector::{Collector, SHOP, run};
use graadmeter_tests::raw_http::{Connection, Request, Response, get};
use graadmeter_tests::repository;
use sha2::{Digest, Sha256, Sha384};

/// Other names for the script and its reports.
const NAMES: &str = "[script]\npath = \"/a/pulse.js\"\nreport_to = \"/a/p\"\n";
const FOR_A_WHILE: &str = "public, max-age=3600, stale-while-revalidate=86400";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

fn built(name: &str) -> Vec<u8> {
    fs::read(repository().join("beacon-js/dist").join(name)).expect("the built script is committed")
}

/// The first 16 hexadecimal digits of a file's SHA-256.
fn version(file: &[u8]) -> String {
    format!("{:x}", Sha256::digest(file))[..16].to_owned()
}

fn named() -> String {
    format!("{NAMES}{SHOP}")
}

#[tokio::test]
async fn it_is_the_script_that_was_built() {
    let collector = Collector::serve(SHOP).await;
    for name in ["beacon.js", "beacon-more.js"] {
        let response = get(collector.public, &format!("/{name}")).await;
        assert_eq!((response.status, response.body == built(name)), (200, true), "{name}");
        let content_type = response.header("content-type").expect("a type");
        assert!(content_type.starts_with("text/javascript"), "{content_type}");
        assert_eq!(response.header("content-encoding"), None);
        assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    }
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
    let mut connection = Connection::open(collector.public).await;
    connection.send(&Request::new("HEAD", "/beacon.js").header("Connection", "close").bytes()).await;
    let head = connection.head().await;
    assert_eq!((head.status, head.header("etag")), (200, full.header("etag")));
    assert!(connection.is_closed().await, "no body after the head");
}

/// What must not differ between the addresses of one file.
fn same(response: &Response) -> Vec<Option<&str>> {
    let names = [
        "etag",
        "vary",
        "content-type",
        "content-encoding",
        "content-length",
        "access-control-allow-origin",
        "cross-origin-resource-policy",
        "timing-allow-origin",
        "x-content-type-options",
    ];
    names.map(|name| response.header(name)).to_vec()
}

#[tokio::test]
async fn every_address_has_its_file_and_says_how_long_it_holds() {
    let collector = Collector::serve(&named()).await;
    let (script, more) = (built("beacon.js"), built("beacon-more.js"));
    let (current, of_more) = (version(&script), version(&more));
    assert_ne!(current, of_more);
    for stem in ["/beacon", "/a/pulse"] {
        for (address, of, caching) in [
            (format!("{stem}.js"), "/beacon.js", FOR_A_WHILE),
            (format!("{stem}-{current}.js"), "/beacon.js", FOR_EVER),
            (format!("{stem}-0123456789abcdef.js"), "/beacon.js", FOR_A_WHILE),
            (format!("{stem}-{of_more}.js"), "/beacon.js", FOR_A_WHILE),
            (format!("{stem}-more.js"), "/beacon-more.js", FOR_A_WHILE),
            (format!("{stem}-{current}-more.js"), "/beacon-more.js", FOR_A_WHILE),
            (format!("{stem}-{of_more}-more.js"), "/beacon-more.js", FOR_A_WHILE),
            (format!("{stem}-0123456789abcdef-more.js"), "/beacon-more.js", FOR_A_WHILE),
        ] {
            for encoding in ["identity", "gzip"] {
                let request =
                    |method: &str, path: &str| Request::new(method, path).header("Accept-Encoding", encoding);
                let usual = request("GET", of).send(collector.public).await;
                let got = request("GET", &address).send(collector.public).await;
                assert_eq!((got.status, got.header("cache-control")), (200, Some(caching)), "{address}");
                assert!(got.body == usual.body && same(&got) == same(&usual), "{address}, {encoding}");

                let tag = got.header("etag").expect("an ETag");
                let again =
                    request("GET", &address).header("If-None-Match", tag).send(collector.public).await;
                assert_eq!((again.status, again.header("cache-control")), (304, Some(caching)), "{address}");

                let mut connection = Connection::open(collector.public).await;
                let head = request("HEAD", &address).header("Connection", "close");
                connection.send(&head.bytes()).await;
                let head = connection.head().await;
                assert_eq!((head.status, head.header("cache-control")), (200, Some(caching)), "{address}");
                assert!(same(&head) == same(&got) && connection.is_closed().await, "{address}, {encoding}");
            }
            let posted = Request::new("POST", &address).body("{}").send(collector.public).await;
            assert_eq!((posted.status, posted.header("allow")), (405, Some("GET, HEAD")), "{address}");
        }
    }
}

#[tokio::test]
async fn there_is_nothing_at_other_addresses() {
    let collector = Collector::serve(SHOP).await;
    let current = version(&built("beacon.js"));
    for path in [
        "/a/pulse.js".to_owned(),
        "/a/p".to_owned(),
        format!("/beacon-{}.js", &current[1..]),
        format!("/beacon-{current}0.js"),
        format!("/beacon-{current}"),
        format!("/beacon{current}.js"),
        format!("/beacon-{current}.js/"),
        format!("/beacon-more-{current}.js"),
        "/beacon-+123456789abcdef.js".to_owned(),
        "/beacon-0123456789abcdeg.js".to_owned(),
        "/beacon-%30123456789abcdef.js".to_owned(),
        "/beacon-.js".to_owned(),
        "/beacon-more-more.js".to_owned(),
        format!("/beacon-{}.js", "a".repeat(10_000)),
        format!("/beacon-{}-more.js", "a".repeat(10_000)),
    ] {
        let response = get(collector.public, &path).await;
        assert_eq!(response.status, 404, "{path}");
        assert!(response.header("cache-control").is_some_and(|caching| caching == "no-store"), "{path}");
    }
}

#[tokio::test]
async fn beacons_count_under_the_other_name_as_under_the_usual_one() {
    let collector = Collector::serve(&named()).await;
    let post = |path: &str, origin: &str| {
        Request::new("POST", path).header("Origin", origin).header("User-Agent", DESKTOP)
    };
    let text = |path: &str| post(path, ORIGIN).header("Content-Type", "text/plain;charset=UTF-8");
    let zipped = |body: &[u8]| {
        let mut zipped = Vec::new();
        GzEncoder::new(body, Compression::best()).read_to_end(&mut zipped).expect("memory");
        zipped
    };
    let beacon = || Beacon::page().body();
    let same = beacon();
    let forbidden = post("/a/p", "https://evil.example").header("Content-Type", "text/plain");
    for (request, status, outcome) in [
        (text("/a/p").body(beacon()), 204, "accepted"),
        (text("/a/p").chunked(&beacon(), 100), 204, "accepted"),
        (text("/a/p").header("Content-Encoding", "gzip").body(zipped(&beacon())), 204, "accepted"),
        (text("/a/p?x=1").body(beacon()), 204, "accepted"),
        (text("/a/p").body(same.clone()), 204, "accepted"),
        (text("/v1/beacon").body(same), 204, "duplicate"),
        (text("/a/p").body("{}"), 400, "invalid"),
        (forbidden.body(beacon()), 403, "origin_not_allowed"),
        (post("/a/p", ORIGIN).header("Content-Type", "image/png").body("x"), 415, "unsupported_media_type"),
        (Request::new("GET", "/a/p"), 405, "method_not_allowed"),
    ] {
        let before = collector.outcome(outcome).await;
        let response = request.send(collector.public).await;
        assert_eq!(response.status, status, "{outcome}: {}", response.everything());
        assert_eq!(collector.outcome(outcome).await, before + 1.0, "{outcome}");
    }
    assert_eq!(collector.metrics().await.sum("rum_page_views_total", &[]), 5.0);
    for path in ["/a/p/", "/a/P", "/a", "/a/pp"] {
        assert_eq!(text(path).body(beacon()).send(collector.public).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn pages_may_ask_before_they_report_to_the_other_name() {
    let collector = Collector::serve(&named()).await;
    let ask = |path: &str| {
        Request::new("OPTIONS", path)
            .header("Origin", ORIGIN)
            .header("Access-Control-Request-Method", "POST")
            .header("Access-Control-Request-Headers", "content-type")
    };
    let said = |response: &Response| {
        let names = ["origin", "methods", "headers", "credentials"];
        (
            response.status,
            names.map(|name| response.header(&format!("access-control-allow-{name}")).map(str::to_owned)),
        )
    };
    let usual = ask("/v1/beacon").send(collector.public).await;
    let named = ask("/a/p").send(collector.public).await;
    assert_eq!((said(&usual).0, said(&usual)), (204, said(&named)));
    assert_eq!(named.header("access-control-allow-origin"), Some(ORIGIN));
    let sent = Request::new("POST", "/a/p").header("Origin", ORIGIN).header("User-Agent", DESKTOP);
    let sent = sent.header("Content-Type", "application/json").body(Beacon::page().body());
    let sent = sent.send(collector.public).await;
    assert_eq!((sent.status, sent.header("access-control-allow-origin")), (204, Some(ORIGIN)));
}

/// The value of an attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    tag.split_once(&format!(" {name}=\""))?.1.split('"').next()
}

async fn tag(config: &str, arguments: &[&str]) -> (Option<i32>, Vec<String>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("shop.toml"), config).expect("a temporary file");
    let all = [&["tag", "--config", "shop.toml"], arguments].concat();
    let ended = run(&all, folder.path()).await;
    (ended.status.code(), ended.lines)
}

#[tokio::test]
async fn the_printed_tag_loads_what_it_says() {
    for (config, script, endpoint) in
        [(SHOP.to_owned(), "/beacon", None), (named(), "/a/pulse", Some("/a/p"))]
    {
        let collector = Collector::serve(&config).await;
        let url = format!("http://{}", collector.public);
        let (code, lines) = tag(&config, &["--url", &url]).await;
        assert_eq!(code, Some(0), "{lines:#?}");
        let tags: Vec<_> = lines.iter().filter(|line| line.starts_with("<script async ")).collect();
        let [pinned, plain] = *tags else { panic!("two tags in {lines:#?}") };

        let path =
            attribute(pinned, "src").and_then(|src| src.strip_prefix(&*url)).expect("an address there");
        let response = get(collector.public, path).await;
        assert_eq!((response.status, response.header("cache-control")), (200, Some(FOR_EVER)), "{path}");
        let digest = BASE64.encode(Sha384::digest(&response.body));
        assert_eq!(attribute(pinned, "integrity"), Some(&*format!("sha384-{digest}")));
        assert_eq!(
            attribute(pinned, "crossorigin"),
            Some("anonymous"),
            "without it integrity can't be judged"
        );

        assert_eq!(attribute(plain, "src"), Some(&*format!("{url}{script}.js")));
        assert_eq!((attribute(plain, "integrity"), attribute(plain, "crossorigin")), (None, None));
        let endpoint = endpoint.map(|path| format!("{url}{path}"));
        for tag in [pinned, plain] {
            assert_eq!(attribute(tag, "data-site"), Some("shop"), "{tag}");
            assert_eq!(attribute(tag, "data-endpoint"), endpoint.as_deref(), "{tag}");
            assert!(tag.ends_with("></script>"), "{tag}");
        }
        let comment = lines.iter().position(|line| line.contains("<!--")).expect("a comment");
        assert!(lines.iter().position(|line| line == plain).is_some_and(|at| at > comment), "{lines:#?}");
    }
}

#[tokio::test]
async fn no_tag_is_printed_that_would_not_work() {
    let two = format!("{SHOP}[[site]]\nid = \"outlet\"\norigins = [\"*\"]\n");
    for (config, arguments, code, word) in [
        (&*two, vec![], 1, "--site"),
        (SHOP, vec!["--site", "outlet"], 1, "shop"),
        (SHOP, vec!["--site", "my shop"], 2, "site id"),
        (SHOP, vec!["--url", "metrics.shop.example"], 2, "https://metrics.shop.example"),
        ("[script]\npath = \"pulse.js\"\n", vec![], 1, "line 2"),
    ] {
        let (ended, lines) = tag(config, &arguments).await;
        let said = lines.join("\n");
        assert_eq!(
            (ended, said.contains(word), said.contains("<script")),
            (Some(code), true, false),
            "{said}"
        );
    }
    let (code, lines) = tag(&two, &["--site", "outlet"]).await;
    assert_eq!((code, attribute(&lines[0], "data-site")), (Some(0), Some("outlet")));
}
