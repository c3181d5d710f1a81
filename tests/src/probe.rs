//! Running the probe: once for a terminal, or on and on with a configuration.

use std::net::SocketAddr;
use std::time::Duration;

use tempfile::TempDir;
use tokio::process::Command;

use crate::exposition::Metrics;
use crate::process::{Ended, Process, built};
use crate::raw_http::get;

/// A `graadmeter-probe run` of this workspace, killed with this value.
#[derive(Debug)]
pub struct Probe {
    /// Where its own metrics are.
    pub address: SocketAddr,
    process: Process,
    _folder: TempDir,
}

impl Probe {
    /// `run` with this configuration.
    pub async fn run(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = folder.path().join("probe.toml");
        std::fs::write(&file, config).expect("a temporary file");
        let mut command = command(&folder);
        command.arg("run").arg("--config").arg(file).args(["--listen", "127.0.0.1:0"]);
        let mut process = Process::start(command);
        let runs = process.logged("the probe runs").await;
        let address = runs["address"].as_str().and_then(|address| address.parse().ok());
        let address = address.unwrap_or_else(|| panic!("no \"address\" in {runs}"));
        Self { address, process, _folder: folder }
    }

    /// One scrape of its own metrics.
    pub async fn metrics(&self) -> Metrics {
        Metrics::parse(&get(self.address, "/metrics").await.text())
    }

    /// Asks it to end and waits.
    pub async fn stop(self) -> Ended {
        self.process.terminate();
        self.process.ended(Duration::from_secs(30)).await
    }
}

/// `check` with these arguments, to its end.
pub async fn check(arguments: &[&str]) -> Ended {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut command = command(&folder);
    command.arg("check").args(arguments);
    Process::start(command).ended(Duration::from_mins(1)).await
}

fn command(folder: &TempDir) -> Command {
    let mut command = Command::new(built("graadmeter-probe"));
    command.current_dir(folder.path()).env_remove("RUST_LOG");
    command
}
