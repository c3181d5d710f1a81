//! Debian's ClickHouse: one server, or two shards that a `ZooKeeper` keeps together.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::process::{Process, installed};
use crate::raw_http::Connection;
use crate::wait::until;

/// How long a server may take to start: it replays what it had not finished.
const START: Duration = Duration::from_mins(1);
/// How often other ports are tried, if somebody takes one before the server does.
const ATTEMPTS: usize = 5;
/// What the cluster of two shards is called.
pub const CLUSTER: &str = "two";

/// A running server; its process and its data go with this value.
#[derive(Debug)]
pub struct Server {
    ports: Ports,
    folder: PathBuf,
    process: Option<Process>,
}

/// Servers that know each other.
#[derive(Debug)]
pub struct Servers {
    /// Each, its own shard.
    pub each: Vec<Server>,
    _keeper: Option<Process>,
    _folder: TempDir,
}

#[derive(Debug, Clone, Copy)]
struct Ports {
    http: SocketAddr,
    native: SocketAddr,
    between: SocketAddr,
}

impl Servers {
    /// A server of its own.
    pub async fn one() -> Self {
        Self::start(1).await
    }

    /// The cluster [`CLUSTER`], of two shards with one replica each.
    pub async fn two_shards() -> Self {
        Self::start(2).await
    }

    async fn start(number: usize) -> Self {
        for _ in 0..ATTEMPTS {
            if let Some(servers) = Self::try_start(number).await {
                return servers;
            }
        }
        panic!("somebody took the ports of ClickHouse's servers each time");
    }

    /// Nothing if a port is gone.
    async fn try_start(number: usize) -> Option<Self> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let addresses = free_addresses(3 * number + 1);
        let ports: Vec<_> = addresses[1..]
            .chunks_exact(3)
            .map(|ports| Ports { http: ports[0], native: ports[1], between: ports[2] })
            .collect();
        let keeper = if number > 1 { Some(start_keeper(addresses[0], &folder).await?) } else { None };
        let mut each = Vec::new();
        for (shard, &own) in ports.iter().enumerate() {
            let folder = folder.path().join(format!("shard-{shard}"));
            std::fs::create_dir(&folder).expect("a temporary folder");
            let cluster = if number > 1 { cluster(shard, &ports, addresses[0]) } else { String::new() };
            let config = config(&folder.display().to_string(), own, &cluster);
            std::fs::write(folder.join("config.xml"), config).expect("a temporary file");
            std::fs::write(folder.join("users.xml"), USERS).expect("a temporary file");
            let mut server = Server { ports: own, folder, process: None };
            if !server.try_start().await {
                return None;
            }
            each.push(server);
        }
        Some(Self { each, _keeper: keeper, _folder: folder })
    }
}

impl Server {
    /// Where its HTTP interface is.
    #[must_use]
    pub fn http(&self) -> SocketAddr {
        self.ports.http
    }

    /// Starts it again, with the data that it had.
    pub async fn start(&mut self) {
        assert!(self.try_start().await, "somebody took a port of a stopped server");
    }

    /// Whether it runs; it does not if a port is taken.
    async fn try_start(&mut self) -> bool {
        let mut command = Command::new(installed("clickhouse-server", "clickhouse-server"));
        command.arg("--config-file=config.xml").current_dir(&self.folder);
        let process = Process::start(command);
        let http = self.ports.http;
        let runs = until(START, "ClickHouse answers", async || {
            if process.lines().iter().any(|line| line.contains("Address already in use")) {
                return Ok(false);
            }
            let Ok(mut connection) = Connection::try_open(http).await else { return Err(process.lines()) };
            connection.send(b"GET /ping HTTP/1.1\r\nhost: clickhouse\r\n\r\n").await;
            let answer = connection.try_response().await.ok_or_else(|| process.lines())?;
            if answer.text() == "Ok.\n" { Ok(true) } else { Err(process.lines()) }
        })
        .await;
        self.process = runs.then_some(process);
        runs
    }

    /// Ends it as `kill -9` does.
    pub async fn kill(&mut self) {
        self.process.take().expect("it runs").kill().await;
    }

    /// Has it stand still, connections open, as a machine does that swaps.
    pub fn pause(&self) {
        kill_process(self.id(), Signal::STOP).expect("own child");
    }

    /// Has it go on after a [pause](Self::pause).
    pub fn resume(&self) {
        kill_process(self.id(), Signal::CONT).expect("own child");
    }

    fn id(&self) -> Pid {
        let id = self.process.as_ref().expect("it runs").id();
        Pid::from_raw(id.cast_signed()).expect("a child's id")
    }

    /// Does all statements of a text, as a user does who pipes it to the client.
    pub async fn pipe(&self, sql: &str) {
        let mut client = Command::new(installed("clickhouse-client", "clickhouse-client"))
            .arg(format!("--port={}", self.ports.native.port()))
            .args(["--host=127.0.0.1", "--multiquery"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("clickhouse-client starts");
        let mut stdin = client.stdin.take().expect("stdin is piped");
        stdin.write_all(sql.as_bytes()).await.expect("it reads");
        drop(stdin);
        let ended = client.wait_with_output().await.expect("own child");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    }

    /// What a query answers.
    pub async fn ask(&self, sql: &str) -> String {
        ask(self.ports.http, sql).await
    }
}

/// What a query answers, of whatever speaks ClickHouse's HTTP.
pub async fn ask(http: SocketAddr, sql: &str) -> String {
    let mut connection = Connection::open(http).await;
    let request =
        format!("POST / HTTP/1.1\r\nhost: clickhouse\r\ncontent-length: {}\r\n\r\n{sql}", sql.len());
    connection.send(request.as_bytes()).await;
    let answer = connection.response().await;
    assert_eq!(answer.status, 200, "{sql}: {}", answer.text());
    answer.text().trim_end().to_owned()
}

async fn start_keeper(address: SocketAddr, folder: &TempDir) -> Option<Process> {
    let jar = PathBuf::from("/usr/share/java/zookeeper.jar");
    assert!(jar.is_file(), "ZooKeeper is not installed: run `tests/run`, or `apt-get install zookeeper`");
    let data = folder.path().join("zookeeper");
    let config = folder.path().join("zoo.cfg");
    let text = format!(
        "tickTime=500\ndataDir={}\nclientPort={}\nclientPortAddress=127.0.0.1\nadmin.enableServer=false\n",
        data.display(),
        address.port()
    );
    std::fs::write(&config, text).expect("a temporary file");
    let mut command = Command::new(installed("java", "default-jre-headless"));
    command
        .arg("-Xmx256m")
        .arg("-cp")
        .arg(jar)
        .arg("org.apache.zookeeper.server.ZooKeeperServerMain")
        .arg(config);
    let process = Process::start(command);
    let runs = until(START, "ZooKeeper answers", async || {
        if process.lines().iter().any(|line| line.contains("Address already in use")) {
            return Ok(false);
        }
        let Ok(mut connection) = Connection::try_open(address).await else { return Err(process.lines()) };
        connection.send(b"srvr").await;
        // While it starts it may take a connection and never answer.
        let answer = tokio::time::timeout(Duration::from_secs(1), connection.rest()).await;
        if answer.is_ok_and(|answer| answer.contains("Mode:")) { Ok(true) } else { Err(process.lines()) }
    });
    runs.await.then_some(process)
}

/// Anybody on this machine, from whom it keeps no secrets. Servers of 2018 have `LowCardinality` only if they are asked.
const USERS: &str = "<yandex>
<profiles><default>
<allow_experimental_low_cardinality_type>1</allow_experimental_low_cardinality_type>
</default></profiles>
<users><default><password></password><networks><ip>127.0.0.1</ip></networks><profile>default</profile>
<quota>default</quota></default></users>
<quotas><default></default></quotas>
</yandex>
";

fn config(folder: &str, ports: Ports, cluster: &str) -> String {
    format!(
        "<yandex>
<logger><level>warning</level><console>1</console></logger>
<listen_host>127.0.0.1</listen_host>
<http_port>{}</http_port><tcp_port>{}</tcp_port>
<interserver_http_host>127.0.0.1</interserver_http_host><interserver_http_port>{}</interserver_http_port>
<path>{folder}/data/</path><tmp_path>{folder}/tmp/</tmp_path>
<users_config>users.xml</users_config><default_profile>default</default_profile>
<mark_cache_size>67108864</mark_cache_size><timezone>UTC</timezone>
{cluster}</yandex>
",
        ports.http.port(),
        ports.native.port(),
        ports.between.port()
    )
}

/// What the server of a shard knows of the cluster.
fn cluster(shard: usize, ports: &[Ports], keeper: SocketAddr) -> String {
    let mut shards = String::new();
    for ports in ports {
        write!(
            shards,
            "<shard><internal_replication>true</internal_replication>\
             <replica><host>127.0.0.1</host><port>{}</port></replica></shard>",
            ports.native.port()
        )
        .expect("a text takes all");
    }
    format!(
        "<remote_servers><{CLUSTER}>{shards}</{CLUSTER}></remote_servers>
<zookeeper><node><host>127.0.0.1</host><port>{}</port></node>
<session_timeout_ms>5000</session_timeout_ms></zookeeper>
<distributed_ddl><path>/clickhouse/task_queue/ddl</path></distributed_ddl>
<macros><shard>{shard}</shard><replica>only</replica></macros>
",
        keeper.port()
    )
}

/// Addresses that were free just now, each another.
fn free_addresses(number: usize) -> Vec<SocketAddr> {
    let free = || std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let listeners: Vec<_> = (0..number).map(|_| free()).collect();
    listeners.iter().map(|listener| listener.local_addr().expect("a bound socket")).collect()
}
