//! The accept loop over real sockets: its limits, and how it ends.

use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use http_body_util::Full;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::*;

const GET: &str = "GET / HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const LAST_GET: &str = "GET / HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n";

fn limits() -> Limits {
    let long = Duration::from_mins(1);
    Limits { connections: 8, head_bytes: 8 * 1024, headers: 8, head_time: long, drain_time: long }
}

/// A server that counts requests and answers each once there is a permit in `gate`.
struct Server {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    gate: Arc<Semaphore>,
    stop: oneshot::Sender<Infallible>,
    ended: JoinHandle<()>,
}

impl Server {
    async fn start(limits: Limits) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, gate) = (Arc::new(AtomicUsize::new(0)), Arc::new(Semaphore::new(0)));
        let (counted, opened) = (Arc::clone(&asked), Arc::clone(&gate));
        let answer = move |_peer, _request| {
            let opened = Arc::clone(&opened);
            counted.fetch_add(1, Ordering::SeqCst);
            async move {
                opened.acquire().await.unwrap().forget();
                Response::new(Full::new(Bytes::from_static(b"answered")))
            }
        };
        let (stop, stopped) = oneshot::channel::<Infallible>();
        let shutdown = async { drop(stopped.await) };
        Self { address, asked, gate, stop, ended: tokio::spawn(serve(listener, answer, limits, shutdown)) }
    }

    async fn send(&self, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        stream
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

#[tokio::test]
async fn connections_beyond_the_limit_wait_their_turn() {
    let server = Server::start(Limits { connections: 2, ..limits() }).await;
    let first = server.send(LAST_GET).await;
    let second = server.send(LAST_GET).await;
    server.asked(2).await;
    let third = server.send(LAST_GET).await;
    // Time for a server that knows no limit to betray itself; one that does has none too little.
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.asked.load(Ordering::SeqCst), 2);
    server.gate.add_permits(3);
    for stream in [first, second, third] {
        assert!(rest(stream).await.ends_with("answered"));
    }
    assert_eq!(server.asked.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn heads_that_are_too_large_never_reach_the_program() {
    let server = Server::start(limits()).await;
    server.gate.add_permits(1);
    let long = format!("GET / HTTP/1.1\r\nHost: shop.example\r\nX: {}\r\n\r\n", "x".repeat(9 * 1024));
    let many = format!("GET / HTTP/1.1\r\nHost: shop.example\r\n{}\r\n", "X: x\r\n".repeat(8));
    for request in [long, many] {
        let mut stream = server.send(&request).await;
        let mut status = [0; 12];
        stream.read_exact(&mut status).await.unwrap();
        assert_eq!(&status, b"HTTP/1.1 431");
    }
    assert!(rest(server.send(LAST_GET).await).await.ends_with("answered"));
    assert_eq!(server.asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn heads_that_never_end_are_given_up() {
    let server = Server::start(Limits { head_time: Duration::from_millis(50), ..limits() }).await;
    let stream = server.send("GET / HTTP/1.1\r\nHost:").await;
    assert!(!rest(stream).await.contains(" 200 "));
    assert_eq!(server.asked.load(Ordering::SeqCst), 0);
}
