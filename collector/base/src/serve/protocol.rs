//! One connection from its first byte to its end: which protocol it speaks, and hyper to serve it.

use std::convert::Infallible;
use std::error::Error;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::graceful::GracefulConnection;
use tokio::net::TcpStream;

use super::connections::{Guest, Reason};
use super::lane::{AtOnce, Exit, Lane};
use super::limits::{CONNECTION_WINDOW, Limits, SEND_BUFFER, STREAM_WINDOW};
use super::slot::{Order, Phase, Slot};
use super::tls::Tls;
use super::wire::{Stream, Wire};

/// Serves one connection until it ends, by itself or because it is told to.
pub(super) async fn converse<A, F, B>(
    stream: TcpStream,
    peer: SocketAddr,
    guest: Guest,
    tls: Option<Tls>,
    answer: A,
    at_once: Option<Arc<dyn AtOnce>>,
) where
    A: Fn(SocketAddr, Request<Incoming>) -> F + Send + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let Guest { slot, connections } = &guest;
    let limits = connections.limits;
    // Whoever ends before a request was there has told nothing that is worth a line.
    let Some(Ok((mut wire, is_http2))) = unless_told_to_end(slot, open(stream, slot, tls)).await else {
        return;
    };
    if let Some(at_once) = at_once.filter(|_| !is_http2) {
        let mut lane = Lane::new(&mut wire, slot, peer, &*at_once, limits);
        let Ok(Exit::Other) = poll_fn(|context| lane.poll(context)).await else { return };
    }
    let (service_slot, requests_max) = (Arc::clone(slot), limits.requests);
    let service = service_fn(move |request: Request<Incoming>| {
        let asked = service_slot.ask(!request.body().is_end_stream(), requests_max);
        let response = answer(peer, request);
        async move {
            let mut response = response.await;
            if asked.is_last_of_connection() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            asked.end();
            Ok::<_, Infallible>(response)
        }
    });
    let ended = if is_http2 {
        slot.speaks_http2();
        // In a box, so that the many connections of HTTP/1.1 are not as large.
        Box::pin(drive(slot, http2(limits).serve_connection(TokioIo::new(wire), service))).await
    } else {
        drive(slot, http1(limits).serve_connection(TokioIo::new(wire), service)).await
    };
    // A connection that breaks is the client's affair; what it sent whole has been answered.
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

/// Agrees on keys and finds out whether the client speaks HTTP/2.
async fn open(stream: TcpStream, slot: &Arc<Slot>, tls: Option<Tls>) -> io::Result<(Wire, bool)> {
    let Some(tls) = tls else {
        let mut wire = Wire::new(Stream::Plain(stream), Arc::clone(slot));
        let is_http2 = wire.opens_with_http2().await?;
        return Ok((wire, is_http2));
    };
    slot.enter(Phase::Handshake);
    let (stream, is_http2) =
        tls.accept(stream).await.inspect_err(|_| slot.ends_because(Reason::Handshake))?;
    slot.enter(Phase::Idle);
    Ok((Wire::new(Stream::Tls(Box::new(stream)), Arc::clone(slot)), is_http2))
}

/// Waits for a future, unless the connection is told to end or to finish, since no request has begun.
async fn unless_told_to_end<F: Future>(slot: &Slot, future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        slot.wakes(context);
        if slot.order() > Order::None { Poll::Ready(None) } else { future.as_mut().poll(context).map(Some) }
    })
    .await
}

/// Lets hyper serve a connection, and passes orders on to it.
async fn drive<C: GracefulConnection>(slot: &Slot, connection: C) -> Result<(), C::Error> {
    let mut connection = pin!(connection);
    let mut is_finishing = false;
    poll_fn(|context| {
        slot.wakes(context);
        let order = slot.order();
        if order == Order::End {
            return Poll::Ready(Ok(()));
        }
        if order == Order::Finish && !is_finishing {
            is_finishing = true;
            connection.as_mut().graceful_shutdown();
        }
        poll(connection.as_mut(), context)
    })
    .await
}

fn poll<C: GracefulConnection>(
    connection: Pin<&mut C>,
    context: &mut Context<'_>,
) -> Poll<Result<(), C::Error>> {
    connection.poll(context)
}

/// hyper has no timers here: `Connections::look_after` ends what takes too long. Headers are 100 at the most,
/// which is hyper's default; for any other number it would clear memory for each request.
fn http1(limits: Limits) -> http1::Builder {
    let mut protocol = http1::Builder::new();
    protocol.max_buf_size(limits.head_bytes);
    protocol
}

/// Rapid resets and floods of frames are bounded by h2's own limits (20 resets of streams that were not yet
/// looked at, 1,024 errors) and by those of this module; a dead peer is found by its idleness.
fn http2(limits: Limits) -> http2::Builder<TokioExecutor> {
    let mut protocol = http2::Builder::new(TokioExecutor::new());
    protocol
        .max_concurrent_streams(limits.streams)
        .max_header_list_size(u32::try_from(limits.head_bytes).unwrap_or(u32::MAX))
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER);
    protocol
}
