//! A collector that keeps the bodies of its requests and answers with the status codes that it is told.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// The collector.
pub(crate) struct FakeCollector {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
    _server: JoinSet<()>,
}

struct State {
    statuses: Mutex<VecDeque<u16>>,
    taken: Mutex<Vec<(String, Bytes)>>,
    arrivals: Semaphore,
}

impl FakeCollector {
    /// Answers with `statuses` in turn, then with 204.
    pub(crate) async fn answering(statuses: &[u16]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let statuses = Mutex::new(statuses.iter().copied().collect());
        let state = Arc::new(State { statuses, taken: Mutex::default(), arrivals: Semaphore::new(0) });
        let mut server = JoinSet::new();
        let shared = Arc::clone(&state);
        server.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let state = Arc::clone(&shared);
                let service = service_fn(move |request| Arc::clone(&state).take(request));
                connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { address, state, _server: server }
    }

    /// Waits for `count` requests, then gives all so far: request line and content type, and body.
    pub(crate) async fn wait_for(&self, count: u32) -> Vec<(String, Bytes)> {
        self.state.arrivals.acquire_many(count).await.unwrap().forget();
        self.state.taken.lock().unwrap().clone()
    }
}

impl State {
    async fn take(self: Arc<Self>, request: Request<Incoming>) -> Result<Response<Empty<Bytes>>, Infallible> {
        let content_type = request.headers().get("content-type").unwrap().to_str().unwrap();
        let line = format!("{} {} {content_type}", request.method(), request.uri().path());
        let body = request.into_body().collect().await.unwrap().to_bytes();
        self.taken.lock().unwrap().push((line, body));
        self.arrivals.add_permits(1);
        let mut answer = Response::new(Empty::new());
        let status = self.statuses.lock().unwrap().pop_front().unwrap_or(204);
        *answer.status_mut() = status.try_into().unwrap();
        Ok(answer)
    }
}
