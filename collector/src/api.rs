//! The admin listener: metrics, health, and questions about the history. Never internet-facing.

mod metrics;
mod timings;

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Response, StatusCode, Uri};
use subtle::ConstantTimeEq;
use tokio::sync::Semaphore;

use crate::answer::{Body, whole};
use crate::config::Secret;
use crate::expose::Exposition;
use crate::limits::SCRAPES_MAX;
use crate::pipeline::Pipeline;

use self::timings::Timings;

pub use self::timings::Source;

const PLAIN_TEXT: &str = "text/plain; charset=utf-8";
const NO_PAST: &str =
    "there is no history: start the collector with --data-dir, or set storage.query = \"clickhouse\"";
const JSON: &str = "application/json";

/// All that the admin listener needs.
#[derive(Debug)]
pub struct Api {
    pipeline: Arc<Pipeline>,
    exposition: Arc<Exposition>,
    token: Option<Secret>,
    ready: Arc<AtomicBool>,
    /// For scrapes that are answered at the same time.
    room: Arc<Semaphore>,
    timings: Option<Timings>,
    /// Whether only this machine asks.
    is_near: bool,
}

impl Api {
    /// An admin listener on `address`, for what the pipeline takes as long as `ready` says so; `past` answers for what was before.
    #[must_use]
    pub fn new(
        address: IpAddr,
        pipeline: Arc<Pipeline>,
        exposition: Exposition,
        token: Option<Secret>,
        ready: Arc<AtomicBool>,
        past: Option<Source>,
    ) -> Self {
        let room = Arc::new(Semaphore::new(SCRAPES_MAX));
        Self {
            pipeline,
            exposition: Arc::new(exposition),
            token,
            ready,
            room,
            timings: past.map(Timings::new),
            is_near: address.is_loopback(),
        }
    }

    /// Answers one request.
    pub async fn answer(&self, method: &Method, uri: &Uri, headers: &HeaderMap) -> Response<Body> {
        if method != Method::GET && method != Method::HEAD {
            return text(StatusCode::METHOD_NOT_ALLOWED, PLAIN_TEXT, "use GET\n");
        }
        match uri.path() {
            // An orchestrator's probes have no token, and these tell nothing.
            "/healthz" => text(StatusCode::OK, PLAIN_TEXT, "ok\n"),
            "/readyz" => self.readiness(),
            _ if !self.is_allowed(headers) => unauthorized(),
            "/metrics" => metrics::answer(&self.exposition, headers, &self.room, self.is_near),
            "/api/v1/timings" => match &self.timings {
                Some(timings) => timings.answer(uri.query().unwrap_or_default()).await,
                None => error(StatusCode::NOT_FOUND, NO_PAST),
            },
            _ => text(
                StatusCode::NOT_FOUND,
                PLAIN_TEXT,
                "here are /metrics, /healthz, /readyz and /api/v1/timings\n",
            ),
        }
    }

    fn readiness(&self) -> Response<Body> {
        let (status, why) = if !self.ready.load(Ordering::Relaxed) {
            (StatusCode::SERVICE_UNAVAILABLE, "not taking beacons\n")
        } else if !self.pipeline.can_keep() {
            (StatusCode::SERVICE_UNAVAILABLE, "the journal can't be written\n")
        } else {
            (StatusCode::OK, "ready\n")
        };
        text(status, PLAIN_TEXT, why)
    }

    fn is_allowed(&self, headers: &HeaderMap) -> bool {
        let Some(Secret(token)) = &self.token else { return true };
        let given = headers.get(AUTHORIZATION).map_or(&[][..], HeaderValue::as_bytes);
        given.strip_prefix(b"Bearer ").is_some_and(|given| bool::from(given.ct_eq(token)))
    }
}

fn unauthorized() -> Response<Body> {
    let mut response = text(StatusCode::UNAUTHORIZED, PLAIN_TEXT, "a bearer token is needed\n");
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

fn error(status: StatusCode, message: &str) -> Response<Body> {
    json(status, serde_json::json!({ "error": message }).to_string())
}

fn json(status: StatusCode, body: String) -> Response<Body> {
    text(status, JSON, body)
}

fn text(status: StatusCode, content_type: &'static str, body: impl Into<Bytes>) -> Response<Body> {
    let mut response = Response::new(whole(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
