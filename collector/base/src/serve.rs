//! Serving HTTP on a listener until told to stop: HTTP/1.1 and HTTP/2, in the clear or with TLS, connections
//! within limits, and a stop that answers what is in flight. Every listener of every program uses it.
//!
//! Usual requests have a lane of their own (`lane.rs`); hyper serves the rest.
//!
//! A request of an open connection costs no timer, no lock and no allocation here. Each connection has a slot
//! (`slot.rs`) that says what it is doing; the accept loop looks after all slots once a second
//! (`connections.rs`), and whoever takes too long is told to end.

mod connections;
mod lane;
mod limits;
mod protocol;
mod slot;
mod tls;
mod wire;

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::{Body, Incoming};
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

pub use self::connections::{Connections, Reason};
pub use self::lane::{Answer, AtOnce, Fields, Heads, Post};
pub use self::limits::Limits;
pub use self::tls::{Certificate, Chain, Key, Tls, TlsError};

/// How long to wait before accepting again when the machine is out of sockets or memory.
const RETRY: Duration = Duration::from_millis(50);
/// How often a shutdown looks whether all connections have ended.
const DRAIN_LOOK: Duration = Duration::from_millis(20);

/// Answers requests on `listener` with `answer` until `shutdown`, then finishes those in flight.
///
/// `answer` is given the address that the connection comes from; where there is an `at_once`, it is asked first about
/// small POSTs of HTTP/1.1. `connections` may be shared with other accept
/// loops on the same listener, one for each core.
pub async fn serve<A, F, B>(
    listener: TcpListener,
    connections: Arc<Connections>,
    tls: Option<Tls>,
    answer: A,
    at_once: Option<Arc<dyn AtOnce>>,
    shutdown: impl Future<Output = ()>,
) where
    A: Fn(SocketAddr, Request<Incoming>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let hall = connections.hall();
    let mut look = interval(connections.limits.look_every());
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut shutdown = pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            biased;
            () = &mut shutdown => break,
            _ = look.tick() => {
                connections.look_after(&hall);
                continue;
            }
            accepted = accept(&listener) => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                let Some(guest) = connections.admit(&hall, peer.ip()) else { continue };
                let (tls, answer, at_once) = (tls.clone(), answer.clone(), at_once.clone());
                tokio::spawn(protocol::converse(stream, peer, guest, tls, answer, at_once));
            }
            Err(error) if is_of_the_client(&error) => {}
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                sleep(RETRY).await;
            }
        }
    }
    drop(listener);
    let drained = async {
        while !connections.finish(&hall) {
            sleep(DRAIN_LOOK).await;
        }
    };
    let drain_time = connections.limits.drain_time;
    if timeout(drain_time, drained).await.is_err() {
        tracing::warn!("some requests were still in flight after {} s", drain_time.as_secs());
    }
}

async fn accept(listener: &TcpListener) -> io::Result<(TcpStream, SocketAddr)> {
    let (stream, peer) = listener.accept().await?;
    stream.set_nodelay(true)?;
    Ok((stream, peer))
}

/// Whether a client went away while it was let in, which is no reason to wait.
fn is_of_the_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionReset, InvalidInput, NotConnected};
    matches!(error.kind(), ConnectionAborted | ConnectionReset | InvalidInput | NotConnected)
}

#[cfg(test)]
mod tests;
