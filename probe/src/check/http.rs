//! The HTTP check: a connector of our own, an `Instant` between its phases.
//!
//! resolve → connect → tls → processing → transfer, once per hop of a redirect chain, everything within one
//! timeout. Each hop opens a connection of its own, speaks HTTP/1.1 and asks for an uncompressed body.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Empty;
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::header::{ACCEPT, CONTENT_LENGTH, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Response, StatusCode, Version};
use hyper_util::rt::TokioIo;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::error::CheckError;
use super::measure::{Hop, Measurement};
use super::phase::Phase;
use super::stream::{FirstByte, Stream, Watched};
use super::{Method, Request, body, host, resolve, tls};
use crate::limits::{REDIRECTS_MAX, RESPONSE_HEAD_BYTES_MAX};

/// How the probe names itself to sites and collector.
pub const AGENT: &str = concat!("graadmeter-probe/", env!("CARGO_PKG_VERSION"));

/// Asks once and measures; what fails is part of the measurement.
pub async fn measure(request: &Request) -> Measurement {
    let clock = Clock::start(request.timeout);
    let mut measured = Measurement::new();
    let mut next = Some(request.url.clone());
    while let Some(url) = next.take() {
        let mut hop = Hop::new(url, clock.elapsed());
        match follow(request, &clock, &mut hop, &mut measured).await {
            Ok(target) => next = target,
            Err(failure) => measured.failure = Some(failure),
        }
        measured.hops.push(hop);
    }
    measured.total = clock.elapsed();
    measured
}

/// Start and end of a check's time.
struct Clock {
    start: Instant,
    timeout: Duration,
}

/// What failed, and in which phase.
type Failure = (Phase, CheckError);

impl Clock {
    fn start(timeout: Duration) -> Self {
        Self { start: Instant::now(), timeout }
    }

    fn elapsed(&self) -> Duration {
        self.start.elapsed()
    }

    fn deadline(&self) -> Instant {
        self.start + self.timeout
    }

    fn timed_out(&self, phase: Phase) -> Failure {
        (phase, CheckError::Timeout { timeout: self.timeout, phase })
    }

    /// Runs one phase within the check's time, and notes how long it took if it succeeds.
    async fn phase<T>(
        &self,
        phase: Phase,
        hop: &mut Hop,
        work: impl Future<Output = Result<T, CheckError>>,
    ) -> Result<T, Failure> {
        let begun = Instant::now();
        let done = timeout_at(self.deadline(), work).await.map_err(|_| self.timed_out(phase))?;
        let done = done.map_err(|error| (phase, error))?;
        hop.phases[phase] = Some(begun.elapsed());
        Ok(done)
    }
}

/// One hop: the next URL if it answers with a redirect to follow.
async fn follow(
    request: &Request,
    clock: &Clock,
    hop: &mut Hop,
    measured: &mut Measurement,
) -> Result<Option<Url>, Failure> {
    let stream = open(request, clock, hop).await?;
    let (watched, first_byte) = Watched::new(stream);
    let asked = Instant::now();
    // The connection runs beside us and is dropped with this set, whatever happens.
    let mut connection = JoinSet::new();
    let answer = timeout_at(clock.deadline(), ask(request, &hop.url, watched, &mut connection)).await;
    let first = note_first_byte(&first_byte, asked, clock, hop);
    // With a first byte, what failed was the transfer of the head.
    let phase = if first.is_some() { Phase::Transfer } else { Phase::Processing };
    let answer = answer.map_err(|_| clock.timed_out(phase))?.map_err(|error| (phase, error))?;
    let first = first.unwrap_or(asked);
    hop.status = Some(answer.status().as_u16());
    hop.http_version = http_version(answer.version());
    if request.follow_redirects && is_redirect(answer.status()) {
        hop.phases[Phase::Transfer] = Some(first.elapsed());
        let target = target(&answer, hop, measured.hops.len()).map_err(|error| (Phase::Transfer, error))?;
        return Ok(Some(target));
    }
    finish(request, clock, answer, measured).await?;
    hop.phases[Phase::Transfer] = Some(first.elapsed());
    Ok(None)
}

/// Until the connection stands: resolve, connect, and TLS where the URL asks for it.
async fn open(request: &Request, clock: &Clock, hop: &mut Hop) -> Result<Box<dyn Stream>, Failure> {
    let host = host(&hop.url).to_owned();
    if !request.hosts.allow(&host) {
        return Err((Phase::Resolve, CheckError::HostNotAllowed { host }));
    }
    let port = hop.url.port_or_known_default().unwrap_or(80);
    let addresses = clock.phase(Phase::Resolve, hop, resolve::resolve(&host, port)).await?;
    let tcp = clock.phase(Phase::Connect, hop, resolve::connect(&addresses, clock.deadline())).await?;
    hop.address = tcp.peer_addr().ok();
    if hop.url.scheme() != "https" {
        return Ok(Box::new(tcp));
    }
    let expiry = tls::ShownExpiry::default();
    let handshake = async {
        let done = tls::handshake(&request.trust, &host, tcp, &expiry).await;
        done.map_err(|source| CheckError::Tls { host: host.clone(), source })
    };
    let encrypted = clock.phase(Phase::Tls, hop, handshake).await;
    hop.certificate_expiry = expiry.get();
    let encrypted = encrypted?;
    hop.tls_version = tls::version(&encrypted);
    Ok(Box::new(encrypted))
}

/// Sends the request and waits for the answer's head.
async fn ask(
    request: &Request,
    url: &Url,
    stream: Watched,
    connection: &mut JoinSet<()>,
) -> Result<Response<Incoming>, CheckError> {
    let broken = |source| CheckError::Http { source };
    let mut builder = http1::Builder::new();
    builder.max_buf_size(RESPONSE_HEAD_BYTES_MAX);
    let (mut sender, driver) = builder.handshake(TokioIo::new(stream)).await.map_err(broken)?;
    connection.spawn(async move {
        // Its error also comes out of `send_request` or the body, where it is told.
        let _ = driver.await;
    });
    let mut message = hyper::Request::new(Empty::<Bytes>::new());
    *message.method_mut() = match request.method {
        Method::Get => hyper::Method::GET,
        Method::Head => hyper::Method::HEAD,
    };
    // `Url` holds nothing that these two refuse; if it ever did, the server would answer 400.
    *message.uri_mut() = url[Position::BeforePath..Position::AfterQuery].parse().unwrap_or_default();
    let host = HeaderValue::from_str(&url[Position::BeforeHost..Position::AfterPort]);
    let headers = message.headers_mut();
    headers.insert(HOST, host.unwrap_or(HeaderValue::from_static("")));
    headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
    headers.insert(ACCEPT, HeaderValue::from_static("*/*"));
    sender.send_request(message).await.map_err(broken)
}

/// Puts down when the first byte came, if it did.
fn note_first_byte(seen: &FirstByte, asked: Instant, clock: &Clock, hop: &mut Hop) -> Option<Instant> {
    let first = Instant::from_std(seen.at()?);
    hop.phases[Phase::Processing] = Some(first.saturating_duration_since(asked));
    hop.first_byte = Some(first.saturating_duration_since(clock.start));
    Some(first)
}

fn is_redirect(status: StatusCode) -> bool {
    matches!(status.as_u16(), 301 | 302 | 303 | 307 | 308)
}

/// Where a redirect leads.
fn target(answer: &Response<Incoming>, hop: &Hop, followed: usize) -> Result<Url, CheckError> {
    if followed >= REDIRECTS_MAX {
        return Err(CheckError::TooManyRedirects);
    }
    let bad = |reason| CheckError::BadRedirect { status: answer.status().as_u16(), reason };
    let location = answer.headers().get(LOCATION).ok_or_else(|| bad("missing"))?;
    let location = location.to_str().map_err(|_| bad("not ASCII"))?;
    let target = hop.url.join(location).map_err(|_| bad("not a URL"))?;
    if !matches!(target.scheme(), "http" | "https") || !target.has_host() {
        return Err(bad("neither http nor https"));
    }
    Ok(target)
}

/// Reads the body to its end and notes what it was.
async fn finish(
    request: &Request,
    clock: &Clock,
    answer: Response<Incoming>,
    measured: &mut Measurement,
) -> Result<(), Failure> {
    let length = answer.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    measured.content_length = length;
    let reading = body::read(answer.into_body(), request.body_bytes_max, request.body_contains.as_deref());
    let read = timeout_at(clock.deadline(), reading).await.map_err(|_| clock.timed_out(Phase::Transfer))?;
    let read = read.map_err(|error| (Phase::Transfer, error))?;
    measured.body_bytes = Some(read.bytes);
    measured.body_contains = read.contains;
    Ok(())
}

fn http_version(version: Version) -> Option<&'static str> {
    match version {
        Version::HTTP_10 => Some("1.0"),
        Version::HTTP_11 => Some("1.1"),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
