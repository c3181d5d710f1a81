//! A page that measures itself twice: by our beacon, and by the `web-vitals` library as independent truth.

use std::convert::Infallible;
use std::fs;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use crate::repository;

/// One page, `/?wait_ms=N`, whose first byte comes after N milliseconds.
#[derive(Debug)]
pub struct Shop {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

/// An address that is taken already, so that a collector can be told of it before the pages are told of the collector.
#[derive(Debug)]
pub struct Listening(TcpListener);

impl Listening {
    /// Takes a free port.
    pub async fn anywhere() -> Self {
        Self(TcpListener::bind("127.0.0.1:0").await.expect("a free port"))
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.0.local_addr().expect("a bound socket")
    }
}

impl Shop {
    /// Serves a page that reports to `collector` as site `shop`.
    #[must_use]
    pub fn reporting_to(listening: Listening, collector: SocketAddr) -> Self {
        Self::start(listening, measured_page(collector))
    }

    /// Serves a search engine's result: one link, to `target`.
    pub async fn linking_to(target: &str) -> Self {
        let page = format!("<!doctype html><title>Results</title><a id=result href='{target}'>A shop</a>");
        Self::start(Listening::anywhere().await, page)
    }

    fn start(listening: Listening, page: String) -> Self {
        let address = listening.address();
        Self { address, task: tokio::spawn(serve(listening.0, Bytes::from(page))) }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, page: Bytes) {
    while let Ok((stream, _)) = listener.accept().await {
        let page = page.clone();
        let service = service_fn(move |request| answer(request, page.clone()));
        tokio::spawn(
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service),
        );
    }
}

async fn answer(request: Request<Incoming>, page: Bytes) -> Result<Response<Full<Bytes>>, Infallible> {
    let library = "beacon-js/node_modules/web-vitals/dist/web-vitals.iife.js";
    let (content_type, body) = match request.uri().path() {
        "/" => ("text/html; charset=utf-8", page),
        "/web-vitals.js" => {
            let library = fs::read(repository().join(library));
            let library = library.unwrap_or_else(|error| {
                panic!("web-vitals is not installed ({error}): run `tests/run`, or `npm ci` in beacon-js")
            });
            ("text/javascript", Bytes::from(library))
        }
        _ => {
            let mut nothing = Response::new(Full::default());
            *nothing.status_mut() = StatusCode::NOT_FOUND;
            return Ok(nothing);
        }
    };
    let query = request.uri().query().unwrap_or_default();
    let wait_ms = query.split('&').find_map(|pair| pair.strip_prefix("wait_ms=")?.parse().ok());
    tokio::time::sleep(Duration::from_millis(wait_ms.unwrap_or(0))).await;
    let response = Response::builder().header("Content-Type", content_type).body(Full::new(body));
    Ok(response.expect("a static header"))
}

/// `window.measured` holds what `web-vitals` has said last, in milliseconds.
fn measured_page(collector: SocketAddr) -> String {
    format!(
        r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A page that measures itself</title>
<script src="/web-vitals.js"></script>
<script>
  window.measured = {{}};
  for (const name of ['LCP', 'FCP', 'TTFB', 'CLS']) {{
    webVitals['on' + name]((metric) => {{ measured[name] = metric.value; }}, {{ reportAllChanges: true }});
  }}
</script>
<script async src="http://{collector}/beacon.js" data-site="shop" data-page="home"></script>
<h1 style="font-size: 5rem">The largest thing on this page is its heading</h1>
<p>And this is not.</p>
</html>
"#
    )
}
