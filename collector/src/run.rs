//! Running a collector: one accept loop per core for beacons, one for the admin listener, until told to stop.

mod refresh;

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::SystemTime;
use std::{io, num::NonZero};

use graadmeter_base::serve::serve;
use tokio::sync::{oneshot, watch};

use crate::api::Api;
use crate::config::Config;
use crate::expose::{ExposeError, Exposition};
use crate::ingest::{Ingest, Pages};
use crate::limits::SERVING;
use crate::outcome::Outcomes;
use crate::pipeline::Pipeline;

use self::refresh::keep_fresh;

/// The sockets of a collector, bound by the caller, so that tests can bind port 0.
#[derive(Debug)]
pub struct Listeners {
    /// For beacons; internet-facing.
    pub public: TcpListener,
    /// For metrics and health; never internet-facing.
    pub admin: TcpListener,
}

/// Why a collector can't run.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The admin listener would be open to everybody.
    #[error(
        "the admin listener {address} is not a loopback address: set admin.token_file in the configuration, \
         or admin.open = true if the network protects it"
    )]
    AdminUnprotected {
        /// Where it would listen.
        address: SocketAddr,
    },
    /// A socket or thread can't be had.
    #[error("can't serve")]
    Io(#[from] io::Error),
    /// The metrics can't be exposed.
    #[error(transparent)]
    Expose(#[from] ExposeError),
}

/// Runs a collector until `shutdown`, answers what is in flight, and says how everything ended.
///
/// # Errors
///
/// When a listener can't be used.
pub async fn run(
    mut config: Config,
    listeners: Listeners,
    pages: Option<Pages>,
    shutdown: impl Future<Output = ()>,
) -> Result<Outcomes, RunError> {
    let (public, admin) = (listeners.public.local_addr()?, listeners.admin.local_addr()?);
    if !config.admin.may_listen_on(admin.ip()) {
        return Err(RunError::AdminUnprotected { address: admin });
    }
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let token = config.admin.token.take();
    let proxies = std::mem::take(&mut config.trusted_proxies);
    let country_header = config.geo.country_header.take();
    let pipeline = Arc::new(Pipeline::new(config, cores));
    let ingest = Arc::new(Ingest::new(Arc::clone(&pipeline), proxies, country_header, pages));
    let ready = Arc::new(AtomicBool::new(true));
    let api = Arc::new(Api::new(Exposition::new(&pipeline, SystemTime::now())?, token, Arc::clone(&ready)));

    let (stop, stopping) = watch::channel(());
    let (stop_api, api_stopping) = oneshot::channel::<()>();
    let workers = start_workers(cores, &listeners.public, &ingest, &stopping)?;
    let api = tokio::spawn(serve_api(to_tokio(listeners.admin)?, api, api_stopping));
    tracing::info!(%public, %admin, cores, "listening");

    let refreshing = tokio::spawn(keep_fresh(Arc::clone(&pipeline)));
    shutdown.await;
    refreshing.abort();
    tracing::info!("stopping: answering what is in flight");
    ready.store(false, Ordering::Relaxed);
    drop(stop);
    for worker in workers {
        // A worker that panicked has said so; what it counted is in its tally all the same.
        let _ended = worker.await;
    }
    // The metrics stay readable until the last beacon is counted.
    drop(stop_api);
    let _ended = api.await;
    Ok(pipeline.tallies().outcomes())
}

/// Starts a thread for each core, with a runtime and an accept loop of its own.
fn start_workers(
    cores: usize,
    listener: &TcpListener,
    ingest: &Arc<Ingest>,
    stopping: &watch::Receiver<()>,
) -> io::Result<Vec<oneshot::Receiver<()>>> {
    (0..cores)
        .map(|core| {
            let (listener, ingest, mut stopping) =
                (listener.try_clone()?, Arc::clone(ingest), stopping.clone());
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (ended, end) = oneshot::channel();
            thread::Builder::new().name(format!("ingest-{core}")).spawn(move || {
                let answer = move |peer, request| {
                    let ingest = Arc::clone(&ingest);
                    async move { ingest.answer(core, peer, request).await }
                };
                // The sender is dropped when the collector stops; that is the only message.
                let stopped = async move { while stopping.changed().await.is_ok() {} };
                runtime.block_on(async {
                    match to_tokio(listener) {
                        Ok(listener) => serve(listener, answer, SERVING, stopped).await,
                        Err(error) => tracing::error!(%error, core, "can't listen on this core"),
                    }
                });
                drop(ended);
            })?;
            Ok(end)
        })
        .collect()
}

async fn serve_api(listener: tokio::net::TcpListener, api: Arc<Api>, stopping: oneshot::Receiver<()>) {
    let answer = move |_peer, request: hyper::Request<hyper::body::Incoming>| {
        let api = Arc::clone(&api);
        async move { api.answer(request.method(), request.uri().path(), request.headers()) }
    };
    serve(listener, answer, SERVING, async { drop(stopping.await) }).await;
}

fn to_tokio(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}
