//! A current ClickHouse: chdb behind the HTTP interface (`tests/chdb/server.py`).

use std::net::SocketAddr;
use std::path::PathBuf;

use tempfile::TempDir;
use tokio::process::Command;

use crate::process::Process;
use crate::repository;

/// A running engine; it goes with this value, and all its data with it.
#[derive(Debug)]
pub struct Chdb {
    /// Where its HTTP interface is.
    pub http: SocketAddr,
    _process: Process,
    _folder: TempDir,
}

impl Chdb {
    /// Starts one.
    pub async fn start() -> Self {
        let mut command = Command::new(python());
        command.arg(repository().join("tests/chdb/server.py"));
        let folder = tempfile::tempdir().expect("a temporary folder");
        // The engine would read a config.xml of the current folder.
        command.current_dir(folder.path());
        let process = Process::start(command);
        let line = process.line_with("listening on ").await;
        let address = line.trim_start_matches("listening on ").parse().expect("an address");
        Self { http: address, _process: process, _folder: folder }
    }

    /// Does all statements of a text.
    pub async fn pipe(&self, sql: &str) {
        for statement in sql.split(';').map(str::trim).filter(|statement| !statement.is_empty()) {
            crate::clickhouse::ask(self.http, statement).await;
        }
    }
}

fn python() -> PathBuf {
    let python = repository().join("tests/.cache/chdb/bin/python");
    assert!(python.is_file(), "chdb is not installed: `tests/run suite` puts it into tests/.cache");
    python
}
