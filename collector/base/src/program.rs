//! A program among others on a machine: what it writes to standard error, and how it is told to stop.
//! Whoever runs several of ours reads one form of log.

use std::future::Future;
use std::io::{self, IsTerminal, stderr};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// How the names of our crates begin.
const OURS: &str = "graadmeter";

/// Logs what is at least as grave as `level` to standard error: text for a person at a terminal, JSON lines
/// for a machine. To be called once, by `main`.
///
/// What libraries have to say is heard from `warn` on, whatever the level: their details repeat what clients
/// sent, paths and headers among it.
pub fn log_to_stderr(level: LevelFilter) {
    let heard = Targets::new().with_target(OURS, level).with_default(level.min(LevelFilter::WARN));
    let log = tracing_subscriber::fmt::layer().with_writer(stderr).with_target(false);
    if stderr().is_terminal() {
        tracing_subscriber::registry().with(log.with_filter(heard)).init();
    } else {
        let log = log.json().flatten_event(true).with_current_span(false).with_span_list(false);
        tracing_subscriber::registry().with(log.with_filter(heard)).init();
    }
}

/// Lets this process open as many files and sockets as the system allows it, and says how many those are.
#[must_use]
pub fn open_files_max() -> u64 {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
    // `None` is "no limit".
    if raised.is_ok() { maximum } else { current }.unwrap_or(u64::MAX)
}

/// Ends at the first SIGTERM or SIGINT (Ctrl-C). From the call on, these signals no longer kill the program.
///
/// # Errors
///
/// When the system lets nobody wait for them.
pub fn told_to_stop() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
