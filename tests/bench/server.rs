//! The two servers, each on the cores that it is given, and what they cost.

use std::collections::BTreeSet;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::{Duration, Instant};

use graadmeter_tests::collector;
use graadmeter_tests::process::{Process, installed};
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::runtime::Runtime;

/// A header in which a proxy names the country, as the benchmarks configure it.
pub(crate) const COUNTRY_HEADER: &str = "CF-IPCountry";

/// A shop behind a proxy on the same machine, everything else as by default: so the limit per client holds, since
/// the proxy tells clients apart.
pub(crate) const CONFIG: &str = r#"
[geo]
country_header = "CF-IPCountry"

[proxies]
trusted = ["127.0.0.1"]

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

/// A server that takes beacons.
pub(crate) trait Server {
    /// Where beacons go.
    fn address(&self) -> SocketAddr;
    /// Its process.
    fn id(&self) -> u32;

    /// CPU time, user and system, of all its threads and children so far.
    fn cpu(&self) -> Duration {
        process_cpu(self.id())
    }
}

/// A collector of this workspace.
#[derive(Debug)]
pub(crate) struct Collector {
    inner: collector::Collector,
    // After the collector: its processes are reaped by it.
    _runtime: Runtime,
}

impl Collector {
    /// Starts one that may use these cores.
    #[must_use]
    pub(crate) fn on(cores: &[usize]) -> Self {
        let runtime = runtime();
        let inner = with_affinity(cores, || runtime.block_on(collector::Collector::serve(CONFIG)));
        Self { inner, _runtime: runtime }
    }

    /// Starts one that may use these cores, and keeps what it accepts on disk.
    #[must_use]
    pub(crate) fn keeping_on(cores: &[usize]) -> Self {
        let (runtime, folder) = (runtime(), tempfile::tempdir().expect("a temporary folder"));
        let start = || runtime.block_on(collector::Collector::keeping_in(folder, CONFIG));
        let inner = with_affinity(cores, start);
        Self { inner, _runtime: runtime }
    }

    /// Where metrics come from.
    #[must_use]
    pub(crate) fn admin(&self) -> SocketAddr {
        self.inner.admin
    }

    /// CPU time, user and system, of all its threads so far, those that have ended among them; in steps of 10 ms.
    #[must_use]
    pub(crate) fn cpu_of_all_time(&self) -> Duration {
        const TICK: Duration = Duration::from_millis(10);
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.id())).expect("it runs");
        // The name stands in parentheses; of what follows these are `utime` and `stime`.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
        fields.map(|ticks| TICK * ticks.parse().expect("a number of ticks")).sum()
    }

    /// A memory figure of `/proc/PID/status` (`VmRSS`, `VmHWM`), in MiB.
    #[must_use]
    pub(crate) fn memory_mib(&self, figure: &str) -> f64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix(figure)?.strip_prefix(':'));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<f64>().ok());
        kib.unwrap_or_else(|| panic!("no {figure} in {status}")) / 1024.0
    }
}

impl Server for Collector {
    fn address(&self) -> SocketAddr {
        self.inner.public
    }
    fn id(&self) -> u32 {
        self.inner.id()
    }
}

/// nginx, which answers every beacon 204 and does nothing else.
#[derive(Debug)]
pub(crate) struct Nginx {
    address: SocketAddr,
    id: u32,
    _process: Process,
    _folder: TempDir,
    _runtime: Runtime,
}

impl Nginx {
    /// Starts one with a worker for each of these cores.
    #[must_use]
    pub(crate) fn on(cores: &[usize]) -> Self {
        let (runtime, folder) = (runtime(), tempfile::tempdir().expect("a temporary folder"));
        let address = free_address();
        let configuration = folder.path().join("nginx.conf");
        fs::write(&configuration, configure(address, cores.len(), folder.path())).expect("a temporary file");
        let mut command = Command::new(installed("nginx", "nginx-light"));
        command
            .arg("-p")
            .arg(folder.path())
            .arg("-c")
            .arg(&configuration)
            .arg("-e")
            .arg(folder.path().join("error.log"));
        let process = with_affinity(cores, || runtime.block_on(async { Process::start(command) }));
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            assert!(Instant::now() < deadline, "nginx does not listen on {address}: {:#?}", process.lines());
            std::thread::sleep(Duration::from_millis(10));
        }
        Self { address, id: process.id(), _process: process, _folder: folder, _runtime: runtime }
    }
}

impl Server for Nginx {
    fn address(&self) -> SocketAddr {
        self.address
    }
    fn id(&self) -> u32 {
        self.id
    }
}

/// nginx at its fastest: a head and body of 2 KB are taken by one read, nothing is logged or written.
fn configure(address: SocketAddr, workers: usize, folder: &Path) -> String {
    let folder = folder.display();
    let reuseport = if workers > 1 { " reuseport" } else { "" };
    format!(
        "daemon off; worker_processes {workers}; pid {folder}/nginx.pid; error_log {folder}/error.log crit;
         events {{ worker_connections 4096; use epoll; }}
         http {{
           access_log off; keepalive_timeout 1h; keepalive_requests 1000000000; client_header_buffer_size 4k;
           client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
           fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
           server {{ listen {address} backlog=4096{reuseport}; location = /v1/beacon {{ return 204; }} }}
         }}\n"
    )
}

/// An address that was free a moment ago; nginx can't say which port the system chose for it.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound")
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Runs `start` while this thread, and so every process and thread that it starts, may use these cores only.
pub(crate) fn with_affinity<T>(cores: &[usize], start: impl FnOnce() -> T) -> T {
    let before = sched_getaffinity(None).expect("own affinity");
    pin(cores);
    let started = start();
    sched_setaffinity(None, &before).expect("the affinity of before");
    started
}

/// Keeps this thread on these cores.
pub(crate) fn pin(cores: &[usize]) {
    let mut set = CpuSet::new();
    for &core in cores {
        set.set(core);
    }
    sched_setaffinity(None, &set).unwrap_or_else(|error| panic!("cores {cores:?} can't be had: {error}"));
}

/// CPU time of this thread so far.
#[must_use]
pub(crate) fn thread_cpu() -> Duration {
    scheduled(Path::new("/proc/thread-self/schedstat"))
}

fn process_cpu(id: u32) -> Duration {
    let mut tasks: Vec<_> = fs::read_dir(format!("/proc/{id}/task"))
        .unwrap_or_else(|error| panic!("process {id} is gone: {error}"))
        .filter_map(|task| Some(task.ok()?.path()))
        .collect();
    tasks.sort();
    let own: Duration = tasks.iter().map(|task| scheduled(&task.join("schedstat"))).sum();
    let children: BTreeSet<u32> = tasks
        .iter()
        .flat_map(|task| {
            let children = fs::read_to_string(task.join("children")).unwrap_or_default();
            children.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()
        })
        .collect();
    own + children.into_iter().map(process_cpu).sum::<Duration>()
}

/// The first field of a `schedstat`: nanoseconds on a core.
fn scheduled(file: &Path) -> Duration {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let nanoseconds = text.split(' ').next().and_then(|field| field.parse().ok());
    Duration::from_nanos(nanoseconds.unwrap_or_else(|| panic!("no time in {}: {text:?}", file.display())))
}
