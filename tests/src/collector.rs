//! A running collector: where it listens, what it counts, what it says when it ends.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Command;

use crate::beacon::{Beacon, DESKTOP};
use crate::exposition::Metrics;
use crate::process::{Ended, Process, built};
use crate::raw_http::{Response, get};
use crate::wait::{SOON, until};

/// Every outcome that a request to a beacon endpoint can have.
pub const OUTCOMES: [&str; 14] = [
    "accepted",
    "duplicate",
    "bot",
    "invalid",
    "unknown_site",
    "origin_not_allowed",
    "unsigned",
    "method_not_allowed",
    "timeout",
    "too_large",
    "unsupported_media_type",
    "limited",
    "overloaded",
    "not_stored",
];

/// One shop, pages named by themselves or by path, and no limit per client: all tests come from one address.
pub const SHOP: &str = r#"
[limits]
beacons_per_minute_per_client = 0

[[site]]
id = "shop"
origins = ["https://www.shop.example"]
currency = "EUR"

[[site.page]]
name = "home"
path = "/"
stage = "awareness"

[[site.page]]
name = "product"
path = "/p/**"
stage = "interest"
"#;

/// How long a collector may take to finish what is in flight.
pub const DRAIN: Duration = Duration::from_secs(30);

/// A `graadmeter-collector` of this workspace, killed with this value.
#[derive(Debug)]
pub struct Collector {
    /// Where beacons go.
    pub public: SocketAddr,
    /// Where metrics come from.
    pub admin: SocketAddr,
    process: Process,
    folder: TempDir,
}

impl Collector {
    /// `serve` with this configuration.
    pub async fn serve(config: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self::serve_in(folder, config).await
    }

    /// `serve` with this configuration, in a folder that already holds the files it names.
    pub async fn serve_in(folder: TempDir, config: &str) -> Self {
        let file = folder.path().join("graadmeter.toml");
        std::fs::write(&file, config).expect("a temporary file");
        let mut command = command(folder.path());
        command.arg("serve").arg("--config").arg(file);
        Self::start(command, folder).await
    }

    /// `serve` with this configuration, in a folder in which it keeps its data, or another one has kept them.
    pub async fn keeping_in(folder: TempDir, config: &str) -> Self {
        let file = folder.path().join("graadmeter.toml");
        std::fs::write(&file, config).expect("a temporary file");
        let mut command = command(folder.path());
        command.arg("serve").arg("--config").arg(file).arg("--data-dir").arg(folder.path().join("data"));
        Self::start(command, folder).await
    }

    /// The same, where no file may have more than so many KiB: the disk is full, as far as it can tell. Whoever has its
    /// process's id can make room ([`make_room`]).
    pub async fn keeping_little_in(folder: TempDir, config: &str, kib: u32) -> Self {
        let file = folder.path().join("graadmeter.toml");
        std::fs::write(&file, config).expect("a temporary file");
        let mut command = Command::new("bash");
        // The system would end a process that writes more, unless that does not listen.
        let limited = format!("trap '' XFSZ; ulimit -S -f {kib}; exec \"$0\" \"$@\"");
        command.arg("-c").arg(limited).arg(built("graadmeter-collector")).current_dir(folder.path());
        command.arg("serve").arg("--config").arg(file).arg("--data-dir").arg(folder.path().join("data"));
        Self::start(command, folder).await
    }

    /// `serve` without any configuration.
    pub async fn serve_unconfigured() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = command(folder.path());
        command.arg("serve");
        Self::start(command, folder).await
    }

    /// `demo` with these arguments.
    pub async fn demo(arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut command = command(folder.path());
        command.arg("demo").args(arguments);
        Self::start(command, folder).await
    }

    async fn start(mut command: Command, folder: TempDir) -> Self {
        command.args(["--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0"]);
        let mut process = Process::start(command);
        let listening = process.logged("listening").await;
        let (public, admin) = (address(&listening, "public"), address(&listening, "admin"));
        let collector = Self { public, admin, process, folder };
        until(SOON, "the collector is ready", async || match get(admin, "/readyz").await {
            ready if ready.status == 200 => Ok(()),
            not_yet => Err(not_yet),
        })
        .await;
        collector
    }

    /// The folder that it runs in.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Its process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// What it has written so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.process.lines()
    }

    /// One scrape.
    pub async fn metrics(&self) -> Metrics {
        Metrics::parse(&self.exposition().await)
    }

    /// One scrape's text.
    pub async fn exposition(&self) -> String {
        let response = get(self.admin, "/metrics").await;
        assert_eq!(response.status, 200);
        response.text()
    }

    /// The answer to a question to the admin listener: its status, and its JSON.
    pub async fn ask(&self, path_and_query: &str) -> (u16, Value) {
        let response = get(self.admin, path_and_query).await;
        let json = serde_json::from_slice(&response.body);
        (response.status, json.unwrap_or_else(|_| panic!("no JSON: {}", response.everything())))
    }

    /// The first scrape in which `enough` is true.
    pub async fn metrics_when(&self, what: &str, enough: impl Fn(&Metrics) -> bool) -> Metrics {
        until(SOON, what, async || match self.metrics().await {
            metrics if enough(&metrics) => Ok(metrics),
            metrics => Err(metrics),
        })
        .await
    }

    /// A scrape in which `beacons` beacons have been accepted.
    pub async fn metrics_after(&self, beacons: f64) -> Metrics {
        let accepted =
            |metrics: &Metrics| metrics.value("graadmeter_beacons_total", &[("outcome", "accepted")]);
        self.metrics_when(&format!("{beacons} beacons are counted"), |metrics| accepted(metrics) >= beacons)
            .await
    }

    /// How many requests ended so.
    pub async fn outcome(&self, outcome: &str) -> f64 {
        self.metrics().await.value("graadmeter_beacons_total", &[("outcome", outcome)])
    }

    /// Sends a beacon from a desktop browser.
    pub async fn send(&self, beacon: &Beacon) -> Response {
        self.send_from(DESKTOP, beacon).await
    }

    /// Sends a beacon from a browser with this user agent.
    pub async fn send_from(&self, user_agent: &str, beacon: &Beacon) -> Response {
        beacon.from(user_agent).send(self.public).await
    }

    /// Sends beacons from a desktop browser; all must be answered 204.
    pub async fn accept(&self, beacons: &[Beacon]) {
        for beacon in beacons {
            let response = self.send(beacon).await;
            assert_eq!(response.status, 204, "{} for {}", response.everything(), beacon.0);
        }
    }

    /// How many connections were closed for this reason before their client wished.
    pub async fn closed(&self, reason: &str) -> f64 {
        self.metrics().await.value("graadmeter_connections_closed_total", &[("reason", reason)])
    }

    /// Its resident memory now, in KiB.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        self.process.resident_kib()
    }

    /// Waits until it has written `text`.
    pub async fn process_says(&self, text: &str) {
        self.process.line_with(text).await;
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        self.process.terminate();
    }

    /// Waits until it has ended.
    pub async fn ended(self) -> Ended {
        self.process.ended(DRAIN).await
    }

    /// Ends it without asking, as `kill -9` does; what it leaves.
    pub async fn kill(self) -> TempDir {
        let Self { process, folder, .. } = self;
        process.kill().await;
        folder
    }

    /// Asks it to end and waits; what it leaves.
    pub async fn stop_keeping(self) -> TempDir {
        let Self { process, folder, .. } = self;
        process.terminate();
        let ended = process.ended(DRAIN).await;
        assert_eq!(ended.status.code(), Some(0), "{}", ended.text());
        folder
    }

    /// Asks it to end and waits.
    pub async fn stop(self) -> Ended {
        self.terminate();
        self.ended().await
    }
}

/// Lets a process write files of any size.
pub fn make_room(id: u32) {
    let process = Pid::from_raw(id.cast_signed()).expect("a process's id");
    let limits = prlimit(Some(process), Resource::Fsize, Rlimit { current: None, maximum: None });
    limits.expect("own child");
}

/// Runs the collector's program to its end.
pub async fn run(arguments: &[&str], folder: &Path) -> Ended {
    let mut command = command(folder);
    command.args(arguments);
    Process::start(command).ended(DRAIN).await
}

fn command(folder: &Path) -> Command {
    let mut command = Command::new(built("graadmeter-collector"));
    command.current_dir(folder).env_remove("RUST_LOG");
    command
}

fn address(listening: &Value, which: &str) -> SocketAddr {
    let address = listening[which].as_str().unwrap_or_else(|| panic!("no {which:?} address in {listening}"));
    address.parse().unwrap_or_else(|error| panic!("{error}: {address}"))
}
