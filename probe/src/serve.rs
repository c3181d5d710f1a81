//! The probe's own server: `/metrics`, `/healthz`, `/readyz`, and `/probe` for those who come from
//! `blackbox_exporter`. Everything it takes is bounded.

mod probe;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use graadmeter_base::serve::Connections;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tracing::warn;

use crate::check::Hosts;
use crate::check::tls::Trust;
use crate::limits::{PROBES_MAX, SERVING};
use crate::report::metrics::Metrics;

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
    let answer = move |_peer, request| Arc::clone(&app).answer(request);
    graadmeter_base::serve::serve(
        listener,
        Connections::new(SERVING, |_| false),
        None,
        answer,
        None,
        shutdown,
    )
    .await;
}
