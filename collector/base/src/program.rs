//! A program among others on a machine: what it writes to standard error, and how it is told to stop.
//! Whoever runs several of ours reads one form of log.

use std::future::Future;
use std::io::{self, IsTerminal, stderr};

use tokio::signal::unix::{SignalKind, signal};
use tracing::level_filters::LevelFilter;

/// Logs what is at least as grave as `level` to standard error: text for a person at a terminal, JSON lines
/// for a machine. To be called once, by `main`.
pub fn log_to_stderr(level: LevelFilter) {
    let log = tracing_subscriber::fmt().with_max_level(level).with_writer(stderr).with_target(false);
    if stderr().is_terminal() {
        log.init();
    } else {
        log.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
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
