//! The demo: a small webshop under `/shop/` with the real beacon, and simulated visitors of another site,
//! so that nobody takes them for real ones.

pub mod shop;
pub mod visitors;

use std::error::Error;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use graadmeter_base::settings::Mistakes;
use http_body_util::{Either, Full};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderValue, LOCATION, ORIGIN, USER_AGENT};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::answer::{Body, Pieces, whole};
use crate::config::Config;
use crate::ingest::PageAnswer;

use self::visitors::{Visit, Visitors, VisitorsError};

/// The demo's configuration, which is also an example of one.
const CONFIG: &str = include_str!("demo/demo.toml");
/// Pieces in which a slow body comes.
const PIECES_SENT: usize = 10;
/// How often a simulated session begins, on average.
const SESSION_EVERY: Duration = Duration::from_millis(500);
/// Simulated visitors live faster than real ones, so that charts fill sooner.
const HASTE: u32 = 5;

/// The demo's configuration.
///
/// # Errors
///
/// When it has mistakes, which a test rules out.
pub fn config() -> Result<Config, Mistakes> {
    Config::parse(CONFIG, Path::new("."))
}

/// What the demo tells whoever started it.
#[must_use]
pub fn greeting(public: SocketAddr, admin: SocketAddr, with_visitors: bool) -> String {
    let visitors = if with_visitors {
        "Simulated visitors are about, as site=\"demo-simulated\"; --no-visitors sends them home."
    } else {
        "Nobody else is about."
    };
    format!(
        "Graadmeter demo\n\n\
         Open the shop   http://{public}/shop/\n\
         then leave a page (a click is enough) and look for site=\"demo\" in\n\
         the metrics     http://{admin}/metrics\n\n\
         {visitors}\n\n\
         To measure a page of your own, serve it with this tag in its head:\n\n  \
         <script async src=\"http://{public}/beacon.js\" data-site=\"demo\"></script>\n"
    )
}

/// Answers a page of the shop.
pub fn page(method: &Method, path: &str, query: Option<&str>) -> Option<PageAnswer> {
    if path == "/" || path == "/shop" {
        let mut response = Response::new(whole(Bytes::new()));
        *response.status_mut() = StatusCode::FOUND;
        response.headers_mut().insert(LOCATION, HeaderValue::from_static("/shop/"));
        return Some(PageAnswer { response, wait: Duration::ZERO });
    }
    let page = shop::page(path, query)?;
    if method != Method::GET && method != Method::HEAD {
        let mut response = Response::new(whole(Bytes::new()));
        *response.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return Some(PageAnswer { response, wait: Duration::ZERO });
    }
    let body = match (method == Method::HEAD, page.transfer.is_zero()) {
        (true, _) => whole(Bytes::new()),
        (false, true) => whole(page.body),
        (false, false) => slowly(page.body, page.transfer),
    };
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(page.content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(page.cache_control));
    Some(PageAnswer { response, wait: page.wait })
}

/// A body that comes in pieces, the last of them after `transfer`.
fn slowly(body: &'static [u8], transfer: Duration) -> Body {
    let (sender, slow) = Pieces::new(1);
    let send = async move {
        for (number, piece) in body.chunks(body.len().div_ceil(PIECES_SENT).max(1)).enumerate() {
            if number > 0 {
                tokio::time::sleep(transfer / (PIECES_SENT as u32 - 1)).await;
            }
            sender.send(Bytes::from_static(piece)).await?;
        }
        sender.end().await
    };
    // To a visitor who has left it sends no more.
    tokio::spawn(send);
    Either::Right(slow)
}

/// Sends simulated visitors to the collector at `public`, until it is dropped.
///
/// # Errors
///
/// When the shapes of visitors are impossible, which a test rules out.
pub async fn visit(public: SocketAddr, seed: u64) -> Result<(), VisitorsError> {
    let mut visitors = Visitors::new(seed)?;
    while let Some(session) = visitors.next() {
        tokio::spawn(walk(public, session));
        tokio::time::sleep(visitors.pause(SESSION_EVERY)).await;
    }
    Ok(())
}

/// One simulated session: each view is reported when it ends, as a browser does.
async fn walk(public: SocketAddr, session: Vec<Visit>) {
    let mut waited = Duration::ZERO;
    for visit in session {
        tokio::time::sleep(visit.after.saturating_sub(waited) / HASTE).await;
        waited = visit.after;
        if let Err(error) = report(public, &visit).await {
            tracing::warn!(error = &*error, "a simulated visitor was not heard");
        }
    }
}

/// Posts a visit's beacon over a connection of its own, as visitors who never met do.
async fn report(public: SocketAddr, visit: &Visit) -> Result<(), Box<dyn Error + Send + Sync>> {
    let body = Full::<Bytes>::from(serde_json::to_vec(&visit.beacon)?);
    let request = Request::post("/v1/beacon")
        .header(HOST, public.to_string())
        .header(CONTENT_TYPE, "text/plain;charset=UTF-8")
        .header(ORIGIN, visitors::ORIGIN)
        .header(USER_AGENT, visit.user_agent);
    let hints = visit.client_hints.iter();
    let request = hints.fold(request, |request, (name, value)| request.header(*name, *value)).body(body)?;
    let stream = TokioIo::new(TcpStream::connect(public).await?);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(stream).await?;
    tokio::spawn(connection);
    sender.send_request(request).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_is_right() {
        let config = config().unwrap();
        let sites: Vec<_> = config.sites.iter().map(|site| &*site.id).collect();
        assert_eq!(sites, ["demo", visitors::SITE]);
    }
}
