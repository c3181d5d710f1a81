//! The check against real servers on loopback: each delay and each failure in its own phase.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::net::TcpListener;

use super::*;
use crate::check::tls::Trust;
use crate::check::{Hosts, Outcome, Phases};
use crate::testing::{Authority, DELAY, Far, Site, Step, TlsSite, request, send};

const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";

fn redirect_to(location: &str) -> Vec<Step> {
    vec![Step::Read, send(format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"))]
}

fn page() -> Vec<Step> {
    vec![Step::Read, send(format!("{OK}hello"))]
}

/// How it failed: the phase, the word, and the sentence.
fn failure(measured: &Measurement) -> (Phase, Outcome, String) {
    let (phase, error) = measured.failure.as_ref().unwrap();
    (*phase, error.outcome(), error.to_string())
}

fn present(phases: &Phases) -> Vec<Phase> {
    phases.iter().map(|(phase, _)| phase).collect()
}

#[tokio::test]
async fn a_slow_first_byte_is_processing() {
    let site = Site::answering(vec![Step::Wait(DELAY), send(format!("{OK}hello"))]).await;
    let measured = measure(&request(&site.url())).await;
    assert!(measured.failure.is_none(), "{measured:?}");
    measured.phases().only_slow(Phase::Processing);
    assert!(measured.ttfb().unwrap() >= DELAY && measured.total >= measured.ttfb().unwrap());
    assert_eq!(
        (measured.status(), measured.body_bytes, measured.content_length),
        (Some(200), Some(5), Some(5))
    );
}

#[tokio::test]
async fn a_slow_body_is_transfer() {
    let site = Site::answering(vec![send(OK), Step::Wait(DELAY), send("hello")]).await;
    let measured = measure(&request(&site.url())).await;
    measured.phases().only_slow(Phase::Transfer);
    assert!(measured.ttfb().unwrap() < DELAY / 2 && measured.total >= DELAY, "{measured:?}");
}

#[tokio::test]
async fn a_slow_head_is_transfer_too_for_its_first_byte_was_quick() {
    let (start, rest) = OK.split_at(12);
    let site = Site::answering(vec![send(start), Step::Wait(DELAY), send(format!("{rest}hello"))]).await;
    let measured = measure(&request(&site.url())).await;
    assert_eq!(measured.status(), Some(200));
    measured.phases().only_slow(Phase::Transfer);
}

#[tokio::test]
async fn a_slow_handshake_is_tls() {
    let authority = Authority::new();
    let site = TlsSite::start(&authority, "localhost", 2100, DELAY, page()[1..].to_vec()).await;
    let mut request = request(&site.url());
    request.trust = Trust::new([authority.certificate.clone()]);
    let measured = measure(&request).await;
    assert!(measured.failure.is_none(), "{measured:?}");
    measured.phases().only_slow(Phase::Tls);
    assert_eq!(measured.last().unwrap().tls_version, Some("TLS 1.3"));
}

#[tokio::test]
async fn plain_http_has_no_tls_phase() {
    let site = Site::scripted(vec![page()]).await;
    let measured = measure(&request(&site.url())).await;
    let expected = [Phase::Resolve, Phase::Connect, Phase::Processing, Phase::Transfer];
    assert_eq!(present(&measured.phases()), expected);
    let hop = measured.last().unwrap();
    assert_eq!((hop.tls_version, hop.certificate_expiry, hop.address), (None, None, Some(site.address)));
}

#[tokio::test]
async fn the_request_is_what_a_site_expects() {
    let site = Site::scripted(vec![page()]).await;
    measure(&request(&format!("{}p/1?q=a%20b#top", site.url()))).await;
    let [head] = &site.requests()[..] else { panic!("one request") };
    let head = head.to_lowercase();
    assert!(head.starts_with("get /p/1?q=a%20b http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nhost: {}\r\n", site.address)), "{head}");
    let agent = format!("\r\nuser-agent: graadmeter-probe/{}\r\n", env!("CARGO_PKG_VERSION"));
    assert!(head.contains(&agent), "{head}");
}

#[tokio::test]
async fn phases_are_summed_over_redirects() {
    let last = Site::answering(vec![Step::Wait(DELAY), send(format!("{OK}hello"))]).await;
    let slow = [vec![Step::Read, Step::Wait(DELAY)], redirect_to(&last.url())[1..].to_vec()].concat();
    let first = Site::scripted(vec![redirect_to("/next"), slow]).await;
    let measured = measure(&request(&first.url())).await;
    assert!(measured.failure.is_none(), "{measured:?}");
    assert_eq!((measured.redirects(), measured.status()), (2, Some(200)));
    let urls: Vec<_> = measured.hops.iter().map(|hop| hop.url.to_string()).collect();
    assert_eq!(urls, [first.url(), format!("{}next", first.url()), last.url()]);
    // Two of three answers were slow: one while redirecting, one at the end.
    assert!(measured.phases()[Phase::Processing].unwrap() >= 2 * DELAY);
    assert!(measured.redirect_time().unwrap() >= DELAY && measured.ttfb().unwrap() >= 2 * DELAY);
    measured.last().unwrap().phases.only_slow(Phase::Processing);
    let sum: Duration = measured.phases().iter().map(|(_, time)| time).sum();
    assert!(sum <= measured.total, "{sum:?} of {measured:?}");
}

#[tokio::test]
async fn redirects_can_be_the_answer() {
    let site = Site::scripted(vec![redirect_to("/next")]).await;
    let mut request = request(&site.url());
    request.follow_redirects = false;
    let measured = measure(&request).await;
    assert_eq!((measured.status(), measured.redirects()), (Some(302), 0));
}

#[tokio::test]
async fn redirects_in_a_circle_end() {
    let site = Site::scripted(vec![redirect_to("/again")]).await;
    let measured = measure(&request(&site.url())).await;
    assert_eq!(failure(&measured), (Phase::Transfer, Outcome::Redirect, "more than 10 redirects".to_owned()));
    assert_eq!(site.requests().len(), 11);
}

#[tokio::test]
async fn redirects_to_nowhere_are_told() {
    for (location, why) in [("ftp://shop.example/", "neither"), ("http://[/", "not a URL")] {
        let site = Site::scripted(vec![redirect_to(location)]).await;
        let (_, outcome, message) = failure(&measure(&request(&site.url())).await);
        assert!(outcome == Outcome::Redirect && message.contains(why), "{message}");
    }
    let site = Site::answering(vec![send("HTTP/1.1 301 Moved\r\nContent-Length: 0\r\n\r\n")]).await;
    assert!(failure(&measure(&request(&site.url())).await).2.contains("missing"));
}

#[tokio::test]
async fn a_redirect_can_not_leave_the_hosts_allowed() {
    let secret = Site::scripted(vec![page()]).await;
    let site =
        Site::scripted(vec![redirect_to(&format!("http://localhost:{}/", secret.address.port()))]).await;
    let mut request = request(&site.url());
    request.hosts = Hosts::Only(["127.0.0.1".to_owned()].into());
    let (_, outcome, message) = failure(&measure(&request).await);
    assert_eq!(outcome, Outcome::NotAllowed, "{message}");
    assert_eq!(secret.requests().len(), 0);
}

#[tokio::test]
async fn after_a_failure_later_phases_are_absent() {
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let measured = measure(&request(&format!("http://{closed}/"))).await;
    let (phase, outcome, message) = failure(&measured);
    assert_eq!((phase, outcome), (Phase::Connect, Outcome::Connect));
    assert!(message.contains("refused"), "{message}");
    assert_eq!(present(&measured.phases()), [Phase::Resolve]);
    assert_eq!((measured.status(), measured.ttfb(), measured.body_bytes), (None, None, None));

    // The first hop connected, the second couldn't: the sum lacks a part, so it isn't given.
    let site = Site::scripted(vec![redirect_to(&format!("http://{closed}/"))]).await;
    let measured = measure(&request(&site.url())).await;
    assert_eq!((failure(&measured).1, measured.redirects()), (Outcome::Connect, 1));
    assert_eq!(present(&measured.phases()), [Phase::Resolve]);
}

#[tokio::test]
async fn a_name_that_does_not_exist_is_told() {
    let measured = measure(&request("http://shop.invalid/")).await;
    let (phase, outcome, message) = failure(&measured);
    assert_eq!((phase, outcome), (Phase::Resolve, Outcome::Dns));
    assert!(message.contains("`shop.invalid` can't be resolved"), "{message}");
    assert_eq!(present(&measured.phases()), []);
}

#[tokio::test]
async fn a_body_without_end_is_cut_off() {
    let endless = "HTTP/1.1 200 OK\r\n\r\n";
    let site = Site::answering(vec![send(endless), Step::Forever(vec![b'x'; 10_000])]).await;
    let measured = measure(&request(&site.url())).await;
    let (phase, outcome, message) = failure(&measured);
    assert_eq!((phase, outcome), (Phase::Transfer, Outcome::BodyTooLarge));
    assert!(message.contains("100000 bytes"), "{message}");
}

#[tokio::test]
async fn a_head_without_end_is_cut_off() {
    let site =
        Site::answering(vec![send("HTTP/1.1 200 OK\r\n"), Step::Forever(b"X-More: yes\r\n".repeat(100))])
            .await;
    let (phase, outcome, message) = failure(&measure(&request(&site.url())).await);
    assert_eq!((phase, outcome), (Phase::Transfer, Outcome::Http), "{message}");
}

/// Scripts that stop, and the phase in which the check then waits in vain.
#[tokio::test]
async fn time_ends_in_the_phase_that_it_ended_in() {
    let slow_head: Vec<_> = OK.bytes().flat_map(|byte| [Step::Send(vec![byte]), Step::Wait(DELAY)]).collect();
    let cases = [
        (vec![Step::Hang], Phase::Processing),
        (slow_head, Phase::Transfer),
        (vec![send(OK), Step::Hang], Phase::Transfer),
    ];
    for (script, expected) in cases {
        let site = Site::answering(script).await;
        let mut request = request(&site.url());
        request.timeout = DELAY;
        let measured = measure(&request).await;
        let (phase, outcome, message) = failure(&measured);
        assert_eq!((phase, outcome), (expected, Outcome::Timeout), "{message}");
        assert!(message.contains(expected.doing()) && message.contains("500ms"), "{message}");
        assert!(measured.total >= DELAY && measured.phases()[expected].is_none());
    }
}

#[tokio::test]
async fn tls_that_never_answers_times_out_in_tls() {
    let site = Site::scripted(vec![vec![Step::Hang]]).await;
    let authority = Authority::new();
    let mut request = request(&site.url().replace("http:", "https:"));
    request.trust = Trust::new([authority.certificate]);
    request.timeout = DELAY;
    let measured = measure(&request).await;
    assert_eq!((failure(&measured).0, failure(&measured).1), (Phase::Tls, Outcome::Timeout));
    assert_eq!(present(&measured.phases()), [Phase::Resolve, Phase::Connect]);
}

#[tokio::test]
async fn what_is_not_http_or_breaks_off_is_told() {
    for script in [vec![send("SSH-2.0-OpenSSH_9.2\r\n")], vec![], vec![send(OK), send("he")]] {
        let site = Site::answering(script).await;
        let (_, outcome, message) = failure(&measure(&request(&site.url())).await);
        assert_eq!(outcome, Outcome::Http, "{message}");
    }
    let site = Site::scripted(vec![vec![send("not TLS\r\n")]]).await;
    let mut request = request(&site.url().replace("http:", "https:"));
    request.trust = Trust::new([Authority::new().certificate]);
    let (_, outcome, message) = failure(&measure(&request).await);
    assert!(outcome == Outcome::Tls && message.contains("doesn't speak TLS"), "{message}");
}

/// Until when the certificates of `TlsSite` hold.
fn first_of(year: u64) -> SystemTime {
    // Independent of the code under test: `date -ud YEAR-01-01 +%s`.
    let seconds = match year {
        2020 => 1_577_836_800,
        2100 => 4_102_444_800,
        _ => panic!("no such year here"),
    };
    UNIX_EPOCH + Duration::from_secs(seconds)
}

#[tokio::test]
async fn certificates_are_judged_and_their_end_is_known_anyway() {
    let authority = Authority::new();
    let stranger = Authority::new();
    let cases = [
        (&authority, "localhost", 2100, None),
        (&stranger, "localhost", 2100, Some("isn't signed by a trusted authority")),
        (&authority, "localhost", 2020, Some("has expired on 2020-01-01T00:00:00Z")),
        (&authority, "other.example", 2100, Some("is for other names: other.example")),
    ];
    for (issuer, name, year, trouble) in cases {
        let site = TlsSite::start(issuer, name, year, Duration::ZERO, page()[1..].to_vec()).await;
        let mut request = request(&site.url());
        request.trust = Trust::new([authority.certificate.clone()]);
        let measured = measure(&request).await;
        assert_eq!(measured.last().unwrap().certificate_expiry, Some(first_of(year as u64)));
        match trouble {
            None => {
                assert!(
                    measured.failure.is_none() && measured.phases()[Phase::Tls].is_some(),
                    "{measured:?}"
                );
            }
            Some(trouble) => {
                let (phase, outcome, message) = failure(&measured);
                assert_eq!((phase, outcome), (Phase::Tls, Outcome::Tls));
                assert!(message.contains(trouble) && message.contains("`localhost`"), "{message}");
                assert_eq!(present(&measured.phases()), [Phase::Resolve, Phase::Connect]);
            }
        }
    }
}

#[tokio::test]
async fn without_roots_a_check_says_what_to_install() {
    let site = TlsSite::start(&Authority::new(), "localhost", 2100, Duration::ZERO, Vec::new()).await;
    let (phase, _, message) = failure(&measure(&request(&site.url())).await);
    assert!(phase == Phase::Tls && message.contains("ca-certificates"), "{message}");
}

#[tokio::test]
async fn a_text_is_found_across_pieces() {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let pieces =
        vec![send(chunked), send("5\r\nIn st\r\n"), Step::Wait(DELAY / 10), send("4\r\nock!\r\n0\r\n\r\n")];
    let site = Site::answering(pieces).await;
    for (needle, found) in [("In stock", true), ("Sold out", false)] {
        let mut request = request(&site.url());
        request.body_contains = Some(needle.into());
        let measured = measure(&request).await;
        assert_eq!(
            (measured.body_contains, measured.body_bytes, measured.content_length),
            (Some(found), Some(9), None)
        );
    }
}

#[tokio::test]
async fn head_asks_for_no_body() {
    let site = Site::answering(vec![send(OK)]).await;
    let mut request = request(&site.url());
    request.method = Method::Head;
    let measured = measure(&request).await;
    assert!(measured.failure.is_none(), "{measured:?}");
    assert_eq!((measured.body_bytes, measured.content_length), (Some(0), Some(5)));
    assert!(site.requests()[0].starts_with("HEAD / "));
}
