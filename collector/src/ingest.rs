//! The public listener: bytes in, status out. Beacons, conversions and the script at their addresses, nothing else; the
//! demo adds its shop.

pub mod body;
pub mod client;
mod cors;
mod rooms;
pub mod script;
mod told;

use std::future::poll_fn;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use graadmeter_base::serve::{Answer, Fields, Post};
use graadmeter_wire::WireError;
use hyper::body::Incoming;
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, Request, Response, StatusCode};
use ipnet::IpNet;

use crate::address::{Address, Addresses};
use crate::answer::{Body, whole};
use crate::arrival::Arrival;
use crate::journal::Ticket;
use crate::measure::Micros;
use crate::outcome::Outcome;
use crate::pipeline::{Handled, Pipeline};

use self::cors::Cors;
use self::rooms::Room;
use self::script::Script;
use self::told::{Told, text};

/// Pages besides the beacon's: the demo's shop. Given method, path and query, it answers or knows no such page.
pub type Pages = fn(&Method, &str, Option<&str>) -> Option<PageAnswer>;

/// A page's answer, which may take its time.
pub struct PageAnswer {
    /// The answer.
    pub response: Response<Body>,
    /// How long to wait before its first byte.
    pub wait: Duration,
}

/// All that the public listener needs; shared by all cores.
#[derive(Debug)]
pub struct Ingest {
    pipeline: Arc<Pipeline>,
    addresses: Addresses,
    trusted_proxies: Vec<IpNet>,
    country_header: Option<HeaderName>,
    script: Script,
    more: Script,
    cors: Cors,
    pages: Option<Pages>,
    /// Room for bodies that are being read, of each core.
    rooms: Vec<Room>,
    started: Instant,
}

/// A request whose body has arrived.
struct Received<'a, F> {
    core: usize,
    peer: IpAddr,
    client: IpAddr,
    fields: &'a F,
    told: &'a Told<'a>,
    body: &'a [u8],
    at: Instant,
}

/// What is done with it.
type Handle = fn(&Ingest, &Received<'_, HeaderMap>) -> Result<Handled, WireError>;

/// The header in which a shop's server signs.
const SIGNATURE: &str = "graadmeter-signature";

impl Ingest {
    /// The public listener of a pipeline that counts since `started`.
    #[must_use]
    pub fn new(
        pipeline: Arc<Pipeline>,
        addresses: Addresses,
        trusted_proxies: Vec<IpNet>,
        country_header: Option<HeaderName>,
        pages: Option<Pages>,
        started: Instant,
    ) -> Self {
        let rooms = (0..pipeline.tallies().cores()).map(|_| Room::default()).collect();
        let cors = Cors::new(pipeline.sites().into_iter().map(|site| &site.origins));
        Self {
            cors,
            pipeline,
            addresses,
            trusted_proxies,
            country_header,
            script: Script::beacon(),
            more: Script::more(),
            pages,
            rooms,
            started,
        }
    }

    /// Where accepted reports go.
    #[must_use]
    pub fn pipeline(&self) -> &Arc<Pipeline> {
        &self.pipeline
    }

    /// Answers one request on the core with this number.
    pub async fn answer(&self, core: usize, peer: SocketAddr, request: Request<Incoming>) -> Response<Body> {
        match self.addresses.find(request.uri().path()) {
            Some(Address::Beacon) if cors::is_preflight(&request) => self.cors.preflight(request.headers()),
            Some(Address::Beacon) => {
                let allowance = self.cors.allowance(&self.told(request.headers()));
                let mut response = self.report(core, peer, request, Self::beacon).await;
                if let Some(allowance) = allowance {
                    allowance.write(response.headers_mut());
                }
                response
            }
            Some(Address::Conversion) => self.report(core, peer, request, Self::sale).await,
            Some(Address::Script(pinned)) => self.script.answer(request.method(), request.headers(), pinned),
            Some(Address::More) => self.more.answer(request.method(), request.headers(), None),
            None => self.page(&request).await,
        }
    }

    /// Answers the usual beacon, one that came whole and as it is, at once; leaves everything else to
    /// [`Self::answer`].
    pub fn at_once(&self, core: usize, peer: SocketAddr, post: &Post<'_>) -> Option<Answer> {
        if !self.addresses.takes_beacons(post.target) {
            return None;
        }
        let (fields, peer) = (&post.heads, peer.ip());
        let client = client::address(peer, fields, &self.trusted_proxies);
        // The rest of the head is read meanwhile.
        self.pipeline.expect(client);
        let told = &self.told(fields);
        if !body::is_beacon_type(told.content_type) || body::is_gzip(told.content_encoding) != Ok(false) {
            return None;
        }
        let at = Instant::now();
        let handled = self.beacon(&Received { core, peer, client, fields, told, body: post.body, at });
        let (mut response, ticket) = self.end(core, &handled, at);
        if let Some(allowance) = self.cors.allowance(told) {
            allowance.write(response.headers_mut());
        }
        Some(Answer { response, condition: ticket.map(Ticket::to_bits) })
    }

    /// Whether what was answered under a condition may be sent; if not, what is sent instead.
    pub fn poll_stored(
        &self,
        condition: u64,
        context: &mut Context<'_>,
    ) -> Poll<Result<(), Response<Bytes>>> {
        let is_stored = ready!(self.pipeline.poll_stored(Ticket::from_bits(condition), context));
        Poll::Ready(if is_stored { Ok(()) } else { Err(respond(Outcome::NotStored)) })
    }

    /// Reads a body, lets `handle` judge it, and counts how that ended.
    async fn report(
        &self,
        core: usize,
        peer: SocketAddr,
        request: Request<Incoming>,
        handle: Handle,
    ) -> Response<Body> {
        let (head, body) = request.into_parts();
        let (fields, told, peer) = (&head.headers, &self.told(&head.headers), peer.ip());
        let client = client::address(peer, fields, &self.trusted_proxies);
        let unfinished = Unfinished { ingest: self, core };
        let read = match self.rooms[core].enter() {
            _ if head.method != Method::POST => Err(Outcome::MethodNotAllowed),
            Some(_place) => body::read(head.version, told, body).await,
            None => Err(Outcome::Overloaded),
        };
        unfinished.arrived();
        let at = Instant::now();
        let handled = match read {
            Ok(body) => handle(self, &Received { core, peer, client, fields, told, body: &body, at }),
            Err(outcome) => Ok(Handled::Ended(outcome)),
        };
        let (response, ticket) = self.end(core, &handled, at);
        let response = match ticket {
            Some(ticket) if !self.is_stored(ticket).await => respond(Outcome::NotStored),
            _ => response,
        };
        response.map(whole)
    }

    async fn is_stored(&self, ticket: Ticket) -> bool {
        poll_fn(|context| self.pipeline.poll_stored(ticket, context)).await
    }

    /// Counts how a request ended; how it is answered, and what it has to wait for before.
    fn end(
        &self,
        core: usize,
        handled: &Result<Handled, WireError>,
        at: Instant,
    ) -> (Response<Bytes>, Option<Ticket>) {
        let (outcome, ticket) = match handled {
            Ok(Handled::Ended(outcome)) => (*outcome, None),
            Ok(Handled::Waits(outcome, ticket)) => (*outcome, Some(*ticket)),
            Err(_) => (Outcome::Invalid, None),
        };
        self.count(core, outcome, at);
        let response = match handled {
            Err(error) => respond_with(outcome, &error.to_string()),
            Ok(_) => respond(outcome),
        };
        (response, ticket)
    }

    fn count(&self, core: usize, outcome: Outcome, at: Instant) {
        let took = u32::try_from(at.elapsed().as_micros()).unwrap_or(u32::MAX);
        self.pipeline.tallies().of_core(core).end(outcome, Micros(took));
    }

    fn beacon<F: Fields>(&self, received: &Received<'_, F>) -> Result<Handled, WireError> {
        let arrival = self.arrival(received);
        let now = received.at.duration_since(self.started);
        self.pipeline.handle(received.body, &arrival, now, received.core)
    }

    fn sale(&self, received: &Received<'_, HeaderMap>) -> Result<Handled, WireError> {
        let signature = received.fields.first(SIGNATURE).and_then(text).unwrap_or_default();
        let now = received.at.duration_since(self.started);
        let unix_now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        self.pipeline.handle_sale(received.body, signature, now, unix_now, received.core)
    }

    fn told<'a>(&self, fields: &'a impl Fields) -> Told<'a> {
        Told::of(fields, self.country_header.as_ref().map(HeaderName::as_str))
    }

    fn arrival<'a, F: Fields>(&self, received: &Received<'a, F>) -> Arrival<'a> {
        let Received { peer, client, told, .. } = *received;
        Arrival {
            client,
            origin: told.origin.and_then(text),
            user_agent: told.user_agent.and_then(text).unwrap_or_default(),
            hint_mobile: match told.hint_mobile {
                Some(b"?1") => Some(true),
                Some(b"?0") => Some(false),
                _ => None,
            },
            hint_platform: told.hint_platform.and_then(text).map(|hint| hint.trim_matches('"')),
            hint_form_factors: told.hint_form_factors.and_then(text),
            country: told.country.filter(|_| client::is_trusted(peer, &self.trusted_proxies)).and_then(text),
        }
    }

    async fn page(&self, request: &Request<Incoming>) -> Response<Body> {
        let uri = request.uri();
        let answer = self.pages.and_then(|pages| pages(request.method(), uri.path(), uri.query()));
        match answer {
            Some(PageAnswer { response, wait }) => {
                if !wait.is_zero() {
                    tokio::time::sleep(wait).await;
                }
                response
            }
            None => refuse(StatusCode::NOT_FOUND, "nothing here").map(whole),
        }
    }
}

/// A request whose body is arriving. Nothing is dropped without being counted: a client that gives up (on
/// HTTP/2 by a reset), or a connection that has to go, ends it here.
struct Unfinished<'a> {
    ingest: &'a Ingest,
    core: usize,
}

impl Unfinished<'_> {
    fn arrived(self) {
        std::mem::forget(self);
    }
}

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.ingest.count(self.core, Outcome::Timeout, Instant::now());
    }
}

fn respond(outcome: Outcome) -> Response<Bytes> {
    respond_with(outcome, outcome.message())
}

fn respond_with(outcome: Outcome, message: &str) -> Response<Bytes> {
    let status = outcome.status();
    if status == StatusCode::NO_CONTENT {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = status;
        return response;
    }
    let mut response = refuse(status, message);
    if outcome == Outcome::MethodNotAllowed {
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
    }
    response
}

/// An error in JSON, in words of our own.
fn refuse(status: StatusCode, message: &str) -> Response<Bytes> {
    let body = serde_json::json!({ "error": message }).to_string();
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
