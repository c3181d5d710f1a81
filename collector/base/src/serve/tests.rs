//! The accept loop over real sockets: its limits, and how it ends.

use std::convert::Infallible;
use std::net::IpAddr;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::StatusCode;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinHandle;

use super::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const LAST_GET: &str = "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";

/// Enough of everything.
pub(super) fn limits() -> Limits {
    let long = Duration::from_mins(1);
    Limits {
        connections: 8,
        connections_per_client: 8,
        head_bytes: 8 * 1024,
        head_time: long,
        body_time: long,
        idle_time: long,
        requests: 1_000,
        streams: 8,
        drain_time: long,
    }
}

/// A server that counts requests and answers each once there is a permit in `gate`.
struct Server {
    address: SocketAddr,
    connections: Arc<Connections>,
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    stop: oneshot::Sender<Infallible>,
    ended: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        Self::start_with(limits, |_| false).await
    }

    async fn start_with(limits: Limits, exempt: fn(IpAddr) -> bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, opened) = (Arc::clone(&asked), Arc::clone(&gate));
        let answer = move |_peer, request: Request<Incoming>| {
            let opened = Arc::clone(&opened);
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                let body = request.into_body().collect().await;
                opened.acquire().await.unwrap().forget();
                let mut response = Response::new(Full::new(Bytes::from_static(b"answered")));
                if body.is_err() {
                    *response.status_mut() = StatusCode::REQUEST_TIMEOUT;
                }
                response
            }
        };
        let connections = Connections::new(limits, exempt);
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let shutdown = async { drop(stopped.await) };
        let ended = tokio::spawn(serve(listener, Arc::clone(&connections), None, answer, None, shutdown));
        Self { address, connections, asked, gate, stop, ended }
    }

    async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
    }

    async fn open(&self, connections: usize) {
        while self.connections.open() != connections {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    async fn asked(&self, times: usize) {
        while self.asked.load(Ordering::SeqCst) < times {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
}

/// All that comes until the other side closes.
async fn rest(mut stream: TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn what_is_in_flight_at_the_end_is_answered() {
    let server = Server::start(limits()).await;
    let stream = server.send(GET).await;
    server.asked(1).await;
    drop(server.stop);
    while TcpStream::connect(server.address).await.is_ok() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    server.gate.add_permits(1);
    server.ended.await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("answered"), "{answer}");
}

#[tokio::test]
async fn nobody_can_keep_it_from_ending() {
    let server = Server::start(Limits { drain_time: Duration::from_millis(10), ..limits() }).await;
    let _never_answered = server.send(GET).await;
    server.asked(1).await;
    drop(server.stop);
    server.ended.await.unwrap();
}

/// One more GET on a connection that stays open.
async fn get(stream: &mut TcpStream) {
    stream.write_all(GET.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"answered") {
        assert!(stream.read_buf(&mut answer).await.unwrap() > 0, "closed");
    }
}

#[tokio::test]
async fn who_has_been_waited_for_longest_gives_way() {
    for (limits, reason) in [
        (Limits { connections: 2, ..limits() }, Reason::Full),
        (Limits { connections_per_client: 2, ..limits() }, Reason::Client),
    ] {
        let server = Server::start(Limits { head_time: Duration::from_secs(10), ..limits }).await;
        server.gate.add_permits(1_000);
        let mut idle = server.send("").await;
        server.open(1).await;
        let mut next = server.send("").await;
        get(&mut next).await;
        // The clock of the phases stands still between two looks.
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        get(&mut next).await;
        let mut newcomer = server.send("").await;
        get(&mut newcomer).await;
        assert_eq!(idle.read(&mut [0]).await.unwrap_or(0), 0, "{reason:?}");
        get(&mut next).await;
        server.open(2).await;
        assert_eq!(server.connections.closed(reason), 1);
    }
}

#[tokio::test]
async fn who_is_being_answered_stays_and_the_newcomer_goes() {
    let server = Server::start(Limits { connections: 1, ..limits() }).await;
    let first = server.send(LAST_GET).await;
    server.asked(1).await;
    assert_eq!(server.send("").await.read(&mut [0]).await.unwrap_or(0), 0);
    assert_eq!(server.connections.closed(Reason::Full), 1);
    server.gate.add_permits(1);
    assert!(rest(first).await.ends_with("answered"));
}

#[tokio::test]
async fn who_is_exempt_may_have_more_than_his_share() {
    let server = Server::start_with(Limits { connections_per_client: 1, ..limits() }, |_| true).await;
    server.gate.add_permits(1_000);
    let mut streams = [server.send("").await, server.send("").await, server.send("").await];
    for stream in &mut streams {
        get(stream).await;
    }
    server.open(3).await;
}

#[tokio::test]
async fn a_crowd_is_counted_to_the_last_one() {
    let server = Server::start(Limits { connections: 4, connections_per_client: 3, ..limits() }).await;
    server.gate.add_permits(1_000);
    for _ in 0..50 {
        get(&mut server.send("").await).await;
    }
    let mut crowd = Vec::new();
    for _ in 0..50 {
        crowd.push(server.send("").await);
    }
    server.open(3).await;
    drop(crowd);
    server.open(0).await;
}

#[tokio::test]
async fn a_connection_ends_with_its_last_request() {
    let server = Server::start(Limits { requests: 3, ..limits() }).await;
    server.gate.add_permits(3);
    let mut stream = server.send("").await;
    get(&mut stream).await;
    get(&mut stream).await;
    stream.write_all(GET.as_bytes()).await.unwrap();
    let answer = rest(stream).await;
    assert!(answer.contains("connection: close") && answer.ends_with("answered"), "{answer}");
    server.open(0).await;
    assert_eq!(server.connections.closed(Reason::Requests), 1);
}

#[tokio::test]
async fn heads_that_are_too_large_never_reach_the_program() {
    let server = Server::start(limits()).await;
    server.gate.add_permits(1);
    let long = format!("GET / HTTP/1.1\r\nHost: shop.example\r\nX: {}\r\n\r\n", "x".repeat(9 * 1024));
    let many = format!("GET / HTTP/1.1\r\nHost: shop.example\r\n{}\r\n", "X: x\r\n".repeat(100));
    for request in [long, many] {
        let mut stream = server.send(&request).await;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 431");
    }
    assert!(rest(server.send(LAST_GET).await).await.ends_with("answered"));
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}

/// Short enough for a test, and long enough for a slow machine's honest requests.
const SHORT: Duration = Duration::from_millis(300);

#[tokio::test]
async fn heads_that_never_end_are_given_up() {
    let server = Server::start(Limits { head_time: SHORT, ..limits() }).await;
    let mut stream = server.send("GET / HTTP/1.1\r\nHost: ").await;
    let drip = async {
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(SHORT / 10).await;
        }
    };
    drip.await;
    server.open(0).await;
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
    assert_eq!(server.connections.closed(Reason::Head), 1);
}

#[tokio::test]
async fn bodies_that_never_end_are_given_up_with_an_answer() {
    let server = Server::start(Limits { body_time: SHORT, ..limits() }).await;
    server.gate.add_permits(1);
    let stream = server.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nx").await;
    let answer = rest(stream).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    server.open(0).await;
    assert_eq!(server.connections.closed(Reason::Body), 1);
}

#[tokio::test]
async fn connections_without_a_request_are_closed() {
    let server = Server::start(Limits { idle_time: SHORT, ..limits() }).await;
    server.gate.add_permits(1);
    let silent = server.send("").await;
    let mut kept = server.send("").await;
    get(&mut kept).await;
    assert_eq!((rest(silent).await, rest(kept).await), (String::new(), String::new()));
    server.open(0).await;
    assert_eq!(server.connections.closed(Reason::Idle), 2);
}

#[tokio::test]
async fn answers_may_take_their_time() {
    let server =
        Server::start(Limits { head_time: SHORT, body_time: SHORT, idle_time: SHORT, ..limits() }).await;
    let stream = server.send(LAST_GET).await;
    server.asked(1).await;
    tokio::time::sleep(SHORT * 4).await;
    server.gate.add_permits(1);
    assert!(rest(stream).await.ends_with("answered"));
}
