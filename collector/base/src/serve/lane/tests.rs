//! The lane over real sockets, against hyper alone.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::{Request, StatusCode};
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

use super::*;
use crate::serve::tests::limits as usual_limits;
use crate::serve::{Connections, Reason, serve};

const POST: &str =
    "POST /a HTTP/1.1\r\nHost: x\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello";
const ODD: &str = "POST /b HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
const LAST: &str = "POST /c HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n";

/// Repeats what it was told, but says 404 to `/missing` and `/lost`.
fn told(target: &str, kind: Option<&[u8]>, body: &[u8]) -> Response<Bytes> {
    let kind = String::from_utf8_lossy(kind.unwrap_or_default());
    let text = format!("{target} {kind} {}", String::from_utf8_lossy(body));
    let mut response = Response::new(Bytes::from(if target == "/lost" { "lost".to_owned() } else { text }));
    if ["/missing", "/lost"].contains(&target) {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
}

/// Answers at once, but for `/slow`: to `/a` and `/lost` on a condition, which does not hold for the latter.
struct TestLane {
    answered: Arc<AtomicUsize>,
    asked: AtomicUsize,
}

const HOLDS: u64 = 1;
const DOES_NOT_HOLD: u64 = 2;

impl AtOnce for TestLane {
    fn answer(&self, _peer: SocketAddr, post: &Post<'_>) -> Option<Answer> {
        let is_slow = post.target == "/slow";
        self.answered.fetch_add(usize::from(!is_slow), Ordering::SeqCst);
        let (said, condition) = match post.target {
            "/a" => ("/a", Some(HOLDS)),
            "/lost" => ("/kept", Some(DOES_NOT_HOLD)),
            other => (other, None),
        };
        let response = told(said, post.heads.first("content-type"), post.body);
        (!is_slow).then_some(Answer { response, condition })
    }

    fn poll_condition(&self, condition: u64, context: &mut Context<'_>) -> Poll<Result<(), Response<Bytes>>> {
        if self.asked.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        Poll::Ready(if condition == HOLDS { Ok(()) } else { Err(told("/lost", None, b"")) })
    }
}

/// A server, with or without a lane, that counts what takes which way.
struct Server {
    address: SocketAddr,
    connections: Arc<Connections>,
    at_once: Arc<AtomicUsize>,
    slowly: Arc<AtomicUsize>,
    _stop: oneshot::Sender<Infallible>,
}

impl Server {
    async fn start(limits: Limits, has_lane: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let [at_once, slowly] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
        let [counted, counted_slowly] = [Arc::clone(&at_once), Arc::clone(&slowly)];
        let lane: Arc<dyn AtOnce> = Arc::new(TestLane { answered: counted, asked: AtomicUsize::new(0) });
        let answer = move |_peer, request: Request<Incoming>| {
            counted_slowly.fetch_add(1, Ordering::SeqCst);
            async move {
                let (head, body) = request.into_parts();
                let Ok(body) = body.collect().await else {
                    let mut timeout = Response::new(Full::default());
                    *timeout.status_mut() = StatusCode::REQUEST_TIMEOUT;
                    return timeout;
                };
                let kind = head.headers.first("content-type");
                told(&head.uri.to_string(), kind, &body.to_bytes()).map(Full::new)
            }
        };
        let connections = Connections::new(limits, |_| false);
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let shutdown = async { drop(stopped.await) };
        let lane = has_lane.then_some(lane);
        tokio::spawn(serve(listener, Arc::clone(&connections), None, answer, lane, shutdown));
        Self { address, connections, at_once, slowly, _stop: stop }
    }

    /// Sends pieces one after the other and then no more; all that comes back.
    async fn say(&self, pieces: &[&[u8]]) -> String {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.set_nodelay(true).unwrap();
        for piece in pieces {
            // A server that had enough may be gone.
            let _sent = stream.write_all(piece).await;
            tokio::task::yield_now().await;
        }
        let _shut = stream.shutdown().await;
        let mut heard = Vec::new();
        let _gone = stream.read_to_end(&mut heard).await;
        String::from_utf8_lossy(&heard).into_owned()
    }

    fn ways(&self) -> (usize, usize) {
        (self.at_once.load(Ordering::SeqCst), self.slowly.load(Ordering::SeqCst))
    }
}

fn limits() -> Limits {
    Limits { connections: 64, connections_per_client: 64, ..usual_limits() }
}

/// The bodies of all answers.
fn bodies(heard: &str) -> Vec<&str> {
    heard
        .split("HTTP/1.1 200 OK\r\n")
        .skip(1)
        .map(|answer| answer.split_once("\r\n\r\n").unwrap().1)
        .collect()
}

#[tokio::test]
async fn usual_requests_are_answered_at_once_and_in_their_order() {
    let server = Server::start(limits(), true).await;
    let all = [POST, &POST.replace("/a", "/z"), POST].concat();
    assert_eq!(
        bodies(&server.say(&[all.as_bytes()]).await),
        ["/a text/plain hello", "/z text/plain hello", "/a text/plain hello"]
    );
    assert_eq!(server.ways(), (3, 0));
}

#[tokio::test]
async fn an_answer_whose_condition_does_not_hold_is_another_one() {
    let server = Server::start(limits(), true).await;
    let lost = POST.replace("/a", "/lost");
    let all = [POST, &lost, &POST.replace("/a", "/z"), &lost, POST].concat();
    let heard = server.say(&[all.as_bytes()]).await;
    let answers: Vec<_> = heard.split("HTTP/1.1 ").skip(1).collect();
    assert_eq!(answers.len(), 5, "{heard}");
    for (answer, (status, body)) in answers.iter().zip([
        ("200", "/a text/plain hello"),
        ("404", "lost"),
        ("200", "/z text/plain hello"),
        ("404", "lost"),
        ("200", "/a text/plain hello"),
    ]) {
        assert!(answer.starts_with(status) && answer.ends_with(body), "{heard}");
    }
    assert_eq!(server.ways(), (5, 0));
}

#[tokio::test]
async fn one_that_comes_in_pieces_is_one() {
    let server = Server::start(limits(), true).await;
    for at in 1..POST.len() {
        let (one, other) = POST.as_bytes().split_at(at);
        assert_eq!(bodies(&server.say(&[one, other]).await), ["/a text/plain hello"], "{at}");
    }
    assert_eq!(server.ways(), (POST.len() - 1, 0));
}

#[tokio::test]
async fn what_is_odd_goes_to_hyper_with_all_that_follows() {
    let server = Server::start(limits(), true).await;
    let all = [POST, ODD, POST, LAST].concat();
    let heard = server.say(&[all.as_bytes()]).await;
    assert_eq!(bodies(&heard), ["/a text/plain hello", "/b  abc", "/a text/plain hello", "/c  "]);
    assert_eq!(server.ways(), (1, 3));
    let slow = POST.replace("/a", "/slow");
    assert_eq!(bodies(&server.say(&[slow.as_bytes()]).await), ["/slow text/plain hello"]);
    assert_eq!(server.ways(), (1, 4));
    // Too large for the lane.
    let large = POST.replace("Length: 5", "Length: 20000").replace("hello", &"x".repeat(20_000));
    assert_eq!(bodies(&server.say(&[large.as_bytes()]).await)[0].len(), "/a text/plain ".len() + 20_000);
    assert_eq!(server.ways(), (1, 5));
}

#[tokio::test]
async fn the_last_request_of_a_connection_says_so() {
    let server = Server::start(Limits { requests: 2, ..limits() }, true).await;
    let heard = server.say(&[[POST, POST, POST].concat().as_bytes()]).await;
    assert_eq!((bodies(&heard).len(), heard.matches("connection: close").count()), (2, 1), "{heard}");
    while server.connections.closed(Reason::Requests) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn who_reads_nothing_gets_everything_later() {
    let server = Server::start(limits(), true).await;
    let mut stream = TcpStream::connect(server.address).await.unwrap();
    let (mut reader, mut writer) = stream.split();
    let body = "x".repeat(7_000);
    let post = POST.replace("Length: 5", "Length: 7000").replace("hello", &body);
    // More than the sockets hold, so that answers have to wait for their reader.
    let count = 900;
    let write = async {
        for _ in 0..count {
            writer.write_all(post.as_bytes()).await.unwrap();
        }
        writer.shutdown().await.unwrap();
    };
    let read = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let mut heard = String::new();
        reader.read_to_string(&mut heard).await.unwrap();
        heard
    };
    let ((), heard) = tokio::join!(write, read);
    let told = format!("/a text/plain {body}");
    assert!(bodies(&heard).iter().all(|answer| *answer == told));
    assert_eq!((bodies(&heard).len(), server.ways()), (count, (count, 0)));
}

#[tokio::test]
async fn what_does_not_arrive_is_ended_as_hyper_ends_it() {
    let short = Duration::from_millis(300);
    let server = Server::start(Limits { head_time: short, body_time: short, ..limits() }, true).await;
    let next = [POST, "POST /a HTTP/1.1\r\nHost"].concat();
    let cases = [
        (POST.strip_suffix("lo").unwrap(), "HTTP/1.1 408", Reason::Body, 1),
        (POST.strip_suffix("\r\n\r\nhello").unwrap(), "", Reason::Head, 1),
        (&next, "HTTP/1.1 200", Reason::Head, 2),
    ];
    for (begun, status, reason, times) in cases {
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        let mut heard = String::new();
        stream.read_to_string(&mut heard).await.unwrap();
        assert!(heard.starts_with(status) && heard.is_empty() == status.is_empty(), "{heard}");
        while server.connections.closed(reason) < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// The program's answers without their dates, each head's lines in order. Whether hyper says 400 before it ends a broken
/// connection depends on whether it knows already that no more will come.
fn comparable(heard: &str) -> Vec<Vec<&str>> {
    let lines = |answer| {
        let mut lines: Vec<_> = str::lines(answer).filter(|line| !line.starts_with("date: ")).collect();
        lines.sort_unstable();
        lines
    };
    heard.split("HTTP/1.1 ").filter(|answer| !answer.starts_with("400 ")).map(lines).collect()
}

/// A change of a few bytes, and with what.
fn edit() -> impl Strategy<Value = (Index, usize, String)> {
    let words = prop_oneof![
        "[ -~]{0,3}",
        "[\r\n\t\0:,é ]{1,2}",
        Just("\r\nContent-Length: 5".to_owned()),
        Just("\r\nTransfer-Encoding: chunked".to_owned()),
        Just("\r\nConnection: Keep-Alive".to_owned()),
        Just("\r\nConnection: close".to_owned()),
        Just("\r\nExpect: 100-continue".to_owned()),
        Just("missing".to_owned()),
        Just("lost".to_owned()),
        Just(POST.to_owned()),
        Just(ODD.to_owned()),
    ];
    (any::<Index>(), 0..4_usize, words)
}

/// Whatever is said, in whatever pieces: who has a lane answers as who has none.
#[test]
fn answers_as_hyper_does() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let servers = async { (Server::start(limits(), true).await, Server::start(limits(), false).await) };
    let (lane, hyper) = runtime.block_on(servers);
    let said = (proptest::collection::vec(edit(), 0..4), proptest::collection::vec(any::<Index>(), 0..3));
    let mut runner = TestRunner::new(Config { cases: 1_000, ..Config::default() });
    let compare = |(edits, cuts): (Vec<(Index, usize, String)>, Vec<Index>)| {
        let mut text = [POST, POST].concat().into_bytes();
        for (at, length, with) in edits {
            let at = at.index(text.len() + 1);
            text.splice(at..(at + length).min(text.len()), with.into_bytes());
        }
        let mut cuts: Vec<_> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|ends| &text[ends[0]..ends[1]]).collect();
        let (one, other) = runtime.block_on(async { (lane.say(&pieces).await, hyper.say(&pieces).await) });
        prop_assert_eq!(comparable(&one), comparable(&other), "{}", String::from_utf8_lossy(&text));
        Ok(())
    };
    runner.run(&said, compare).unwrap();
    let (at_once, slowly) = lane.ways();
    assert!(at_once > 500 && slowly > 100, "both ways are taken: {at_once}, {slowly}");
}
