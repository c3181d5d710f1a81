//! Running a collector: one accept loop per core for beacons, one for the admin listener, until told to stop.

mod certificate;
mod keeping;
mod refresh;
mod room;
mod sending;

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::thread;
use std::time::{Instant, SystemTime};
use std::{io, num::NonZero};

use bytes::Bytes;
use graadmeter_base::program::open_files_max;
use graadmeter_base::serve::{self, Answer, AtOnce, Connections, Post, Tls, TlsError};
use hyper::Response;
use ipnet::IpNet;
use tokio::sync::{oneshot, watch};

use crate::api::{Api, Source};
use crate::clickhouse::{self, ClickHouseError, Sink, Store};
use crate::config::{Config, Limits, Query};
use crate::expose::{ExposeError, Exposition};
use crate::history::{self, Feed, HistoryError, Retention};
use crate::ingest::{Ingest, Pages, client};
use crate::journal::{Durability, JournalError, Opened};
use crate::limits::{FILES_RESERVED, SERVING, SERVING_ADMIN};
use crate::outcome::Outcomes;
use crate::pipeline::Pipeline;

use self::certificate::Watch;
use self::keeping::Keeping;
use self::refresh::keep_fresh;
use self::room::make_room;
use self::sending::Sending;

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
    /// ClickHouse can't be asked as the configuration says.
    #[error(transparent)]
    ClickHouse(#[from] ClickHouseError),
    /// What waits for ClickHouse has no place.
    #[error(
        "[clickhouse] needs a journal, in which rows wait while ClickHouse is away: pass --data-dir, and leave \
         storage.durability at `process` or `disk`"
    )]
    NoSpool,
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
    /// The certificate can't be used.
    #[error("can't serve TLS")]
    Tls(#[from] TlsError),
    /// What was accepted can't be kept.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// What was accepted can't be kept for long.
    #[error(
        "the history in {folder} can't be used: put back a copy of its history.db, or move that away to begin a new one"
    )]
    History {
        /// The data folder.
        folder: String,
        /// Why.
        source: HistoryError,
    },
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
    data_folder: Option<&Path>,
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
    let addresses = std::mem::take(&mut config.addresses);
    let connections = visitors(config.limits, proxies.clone());
    let watch = config.tls.take().map(Watch::new).transpose()?;
    let (started, started_at) = (Instant::now(), SystemTime::now());
    let unix_started = started_at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let (storage, clickhouse) = (config.storage, config.clickhouse.take());
    let asks_clickhouse = match (storage.query, &clickhouse) {
        (Query::ClickHouse, Some(settings)) => Some(Source::ClickHouse(Store::new(settings)?)),
        _ => None,
    };
    let kept = match (data_folder, storage.durability) {
        (Some(folder), Some(durability)) => Some(open_kept(folder, durability, config.history)?),
        _ => None,
    };
    let (pipeline, feed) = match kept {
        Some((opened, feed)) => (Pipeline::resume(config, cores, unix_started, opened)?, Some(feed)),
        None => (Pipeline::new(config, cores, unix_started), None),
    };
    let pipeline = Arc::new(pipeline);
    let ingest = Ingest::new(Arc::clone(&pipeline), addresses, proxies, country_header, pages, started);
    let ingest = Arc::new(ingest);
    let ready = Arc::new(AtomicBool::new(true));
    let mut exposition = Exposition::new(&pipeline, &connections, started_at)?;
    if let Some(feed) = &feed {
        exposition = exposition.with_history(feed.counts())?;
    }
    let sending = match (&clickhouse, pipeline.outgoing().transpose()?) {
        (Some(settings), Some(outgoing)) => {
            let (counts, sent) = <(Arc<clickhouse::Counts>, Arc<AtomicU64>)>::default();
            exposition = exposition.with_clickhouse(Arc::clone(&counts))?;
            let sink = Sink::new(settings)?;
            let bytes_max = settings.spool_bytes_max;
            Some((Sending::start(outgoing, sink, bytes_max, counts, Arc::clone(&sent))?, sent))
        }
        (Some(_), None) => return Err(RunError::NoSpool),
        (None, _) => None,
    };
    let past = asks_clickhouse.or_else(|| feed.as_ref().map(Feed::reader).map(Source::History));
    let api = Api::new(admin.ip(), Arc::clone(&pipeline), exposition, token, Arc::clone(&ready), past);
    let sent = sending.as_ref().map(|(_, sent)| Arc::clone(sent));
    let keeping = match (pipeline.read_journal().transpose()?, feed) {
        (Some(reading), Some(feed)) => {
            let every = storage.checkpoint_every;
            Some(Keeping::start(Arc::clone(&pipeline), reading, feed, sent, every)?)
        }
        _ => None,
    };

    let (stop, stopping) = watch::channel(());
    let (stop_api, api_stopping) = oneshot::channel::<()>();
    let tls = watch.as_ref().map(Watch::tls);
    let public_side = Public { listener: listeners.public, connections, tls, ingest };
    let workers = start_workers(cores, &public_side, &stopping)?;
    let api = tokio::spawn(serve_api(to_tokio(listeners.admin)?, Arc::new(api), api_stopping));
    let protocol = if watch.is_some() { "https" } else { "http" };
    tracing::info!(%public, %admin, protocol, cores, "listening");

    let refreshing = tokio::spawn(keep_fresh(Arc::clone(&pipeline)));
    let making_room = tokio::spawn(make_room(Arc::clone(&pipeline)));
    let watching = watch.map(|watch| tokio::spawn(watch.keep_fresh()));
    shutdown.await;
    refreshing.abort();
    making_room.abort();
    if let Some(watching) = watching {
        watching.abort();
    }
    tracing::info!("stopping: answering what is in flight");
    ready.store(false, Ordering::Relaxed);
    // Nobody new: what waits in the system's queue is for the next one who listens.
    drop(public_side);
    drop(stop);
    for worker in workers {
        // A worker that panicked has said so; what it counted is in its tally all the same.
        let _ended = worker.await;
    }
    if let Some((sending, _)) = sending {
        sending.end().await;
    }
    if let Some(keeping) = keeping {
        keeping.end().await;
    }
    // The metrics stay readable until the last beacon is counted.
    drop(stop_api);
    let _ended = api.await;
    Ok(pipeline.tallies().outcomes())
}

/// Opens what is kept in a data folder: the journal, and the history.
fn open_kept(
    folder: &Path,
    durability: Durability,
    retention: Retention,
) -> Result<(Opened, Feed), RunError> {
    let opened = Opened::open(folder, durability)?;
    let feed = Feed::open(&folder.join(history::FILE), retention)
        .map_err(|source| RunError::History { folder: folder.display().to_string(), source })?;
    Ok((opened.numbering_after(feed.fed()), feed))
}

/// The public listener, and what its accept loops share.
struct Public {
    listener: TcpListener,
    connections: Arc<Connections>,
    tls: Option<Tls>,
    ingest: Arc<Ingest>,
}

/// The usual requests of one core.
struct Lane {
    ingest: Arc<Ingest>,
    core: usize,
}

impl AtOnce for Lane {
    fn answer(&self, peer: SocketAddr, post: &Post<'_>) -> Option<Answer> {
        self.ingest.at_once(self.core, peer, post)
    }

    fn poll_condition(&self, condition: u64, context: &mut Context<'_>) -> Poll<Result<(), Response<Bytes>>> {
        self.ingest.poll_stored(condition, context)
    }
}

/// The connections of the public listener: as many as the configuration and the system allow.
fn visitors(limits: Limits, proxies: Vec<IpNet>) -> Arc<Connections> {
    let files = usize::try_from(open_files_max()).unwrap_or(usize::MAX);
    let possible = files.saturating_sub(FILES_RESERVED).max(1);
    let wanted = limits.connections.unwrap_or(SERVING.connections);
    if wanted > possible {
        tracing::warn!(
            wanted,
            possible,
            "fewer connections than limits.connections: the system allows this process {files} open files"
        );
    }
    let per_client = limits.connections_per_client;
    let serving = serve::Limits {
        connections: wanted.min(possible),
        connections_per_client: per_client.unwrap_or(SERVING.connections_per_client),
        ..SERVING
    };
    // A proxy on this machine that nobody configured as trusted would make all visitors one client.
    let spares_loopback = per_client.is_none();
    Connections::new(serving, move |peer| {
        client::is_trusted(peer, &proxies) || spares_loopback && peer.to_canonical().is_loopback()
    })
}

/// Starts a thread for each core, with a runtime and an accept loop of its own.
fn start_workers(
    cores: usize,
    public: &Public,
    stopping: &watch::Receiver<()>,
) -> io::Result<Vec<oneshot::Receiver<()>>> {
    (0..cores)
        .map(|core| {
            let listener = public.listener.try_clone()?;
            let (connections, tls) = (Arc::clone(&public.connections), public.tls.clone());
            let at_once: Arc<dyn AtOnce> = Arc::new(Lane { ingest: Arc::clone(&public.ingest), core });
            // Counted on this core alone: a counter that all cores write for each request would be slow.
            let ingest = Arc::new(Arc::clone(&public.ingest));
            let mut stopping = stopping.clone();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            let (ended, end) = oneshot::channel();
            thread::Builder::new().name(format!("ingest-{core}")).spawn(move || {
                let pipeline = Arc::clone(ingest.pipeline());
                let answer = move |peer, request| {
                    let ingest = Arc::clone(&ingest);
                    async move { ingest.answer(core, peer, request).await }
                };
                // The sender is dropped when the collector stops; that is the only message.
                let stopped = async move { while stopping.changed().await.is_ok() {} };
                runtime.block_on(async {
                    match to_tokio(listener) {
                        Ok(listener) => {
                            tokio::spawn(async move { pipeline.keep_journal(core).await });
                            serve::serve(listener, connections, tls, answer, Some(at_once), stopped).await;
                        }
                        Err(error) => tracing::error!(%error, core, "can't listen on this core"),
                    }
                });
                // What is still in flight is given up, and counted so, before the counts are read.
                drop(runtime);
                drop(ended);
            })?;
            Ok(end)
        })
        .collect()
}

async fn serve_api(listener: tokio::net::TcpListener, api: Arc<Api>, stopping: oneshot::Receiver<()>) {
    let answer = move |_peer, request: hyper::Request<hyper::body::Incoming>| {
        let api = Arc::clone(&api);
        let (head, _body) = request.into_parts();
        async move { api.answer(&head.method, &head.uri, &head.headers).await }
    };
    let readers = Connections::new(SERVING_ADMIN, |_| true);
    serve::serve(listener, readers, None, answer, None, async { drop(stopping.await) }).await;
}

fn to_tokio(listener: TcpListener) -> io::Result<tokio::net::TcpListener> {
    listener.set_nonblocking(true)?;
    tokio::net::TcpListener::from_std(listener)
}
