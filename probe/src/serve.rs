//! The probe's own server: `/metrics`, `/healthz`, `/readyz`, and `/probe` for those who come from
//! `blackbox_exporter`. Everything it takes is bounded.

mod probe;

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{sleep, timeout};
use tracing::{debug, warn};

use crate::check::Hosts;
use crate::check::tls::Trust;
use crate::limits::{
    CONNECTIONS_DRAIN, CONNECTIONS_MAX, PROBES_MAX, REQUEST_HEAD_BYTES_MAX, REQUEST_HEAD_TIMEOUT,
};
use crate::report::metrics::Metrics;

/// After an error of the listener (no file descriptors left), a moment's pause instead of a busy loop.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// What the server answers from.
pub struct App {
    metrics: Arc<Metrics>,
    ready: AtomicBool,
    hosts: Hosts,
    trust: Trust,
    probes: Semaphore,
}

impl App {
    /// A server's state; not ready yet.
    #[must_use]
    pub fn new(metrics: Arc<Metrics>, hosts: Hosts, trust: Trust) -> Self {
        Self { metrics, ready: AtomicBool::new(false), hosts, trust, probes: Semaphore::new(PROBES_MAX) }
    }

    /// Whether `/probe` refuses every target.
    #[must_use]
    pub fn probes_nothing(&self) -> bool {
        matches!(&self.hosts, Hosts::Only(hosts) if hosts.is_empty())
    }

    /// What `/readyz` says.
    pub fn set_ready(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
    }

    async fn answer(self: Arc<Self>, request: Request<Incoming>) -> Response<Full<Bytes>> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            let mut answer = text(StatusCode::METHOD_NOT_ALLOWED, "only GET and HEAD");
            answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return answer;
        }
        match request.uri().path() {
            "/metrics" => exposition(self.metrics.render()),
            "/healthz" => text(StatusCode::OK, "ok"),
            "/readyz" if self.ready.load(Ordering::Relaxed) => text(StatusCode::OK, "ready"),
            "/readyz" => text(StatusCode::SERVICE_UNAVAILABLE, "not ready"),
            "/probe" => probe::answer(&self, &request).await,
            _ => text(StatusCode::NOT_FOUND, "not found; there are /metrics, /probe, /healthz and /readyz"),
        }
    }
}

fn text(status: StatusCode, line: &str) -> Response<Full<Bytes>> {
    let mut answer = Response::new(Full::from(format!("{line}\n")));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer
}

fn exposition(rendered: prometheus::Result<Vec<u8>>) -> Response<Full<Bytes>> {
    match rendered {
        Ok(families) => {
            let mut answer = Response::new(Full::from(families));
            let version = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            answer.headers_mut().insert(CONTENT_TYPE, version);
            answer
        }
        Err(error) => {
            warn!(%error, "metrics can't be written");
            text(StatusCode::INTERNAL_SERVER_ERROR, "metrics can't be written")
        }
    }
}

/// Answers on `listener` until `shutdown`, then lets open connections end.
pub async fn serve(listener: TcpListener, app: Arc<App>, shutdown: impl Future<Output = ()>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let graceful = GracefulShutdown::new();
    tokio::pin!(shutdown);
    loop {
        let accept = accept(&listener, &places);
        tokio::select! {
            () = &mut shutdown => break,
            accepted = accept => match accepted {
                Some((stream, place)) => connection(stream, place, Arc::clone(&app), &graceful),
                None => sleep(ACCEPT_PAUSE).await,
            },
        }
    }
    drop(listener);
    if timeout(CONNECTIONS_DRAIN, graceful.shutdown()).await.is_err() {
        debug!("connections were still open at the end");
    }
}

/// The next connection, once there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    match listener.accept().await {
        Ok((stream, _)) => Some((stream, place)),
        Err(error) => {
            warn!(%error, "can't take a connection");
            None
        }
    }
}

fn connection(stream: TcpStream, place: OwnedSemaphorePermit, app: Arc<App>, graceful: &GracefulShutdown) {
    let service = service_fn(move |request| {
        let app = Arc::clone(&app);
        async move { Ok::<_, Infallible>(app.answer(request).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_HEAD_TIMEOUT)
        .max_buf_size(REQUEST_HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let connection = graceful.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            debug!(%error, "a connection ended early");
        }
        drop(place);
    });
}
