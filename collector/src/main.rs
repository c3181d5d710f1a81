//! `graadmeter-collector`: arguments, logs, signals, exit codes.

use std::fmt::Display;
use std::io::{self, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::{Args, Parser, Subcommand};
use graadmeter_base::program::{log_to_stderr, told_to_stop};
use graadmeter_collector::backup::backup;
use graadmeter_collector::clickhouse::{Name, Schema};
use graadmeter_collector::config::Config;
use graadmeter_collector::outcome::{Outcome, Outcomes};
use graadmeter_collector::tag::{PublicUrl, Site, Tag};
use graadmeter_collector::verify::{Verified, verify};
use graadmeter_collector::{Listeners, demo, run};
use tracing::level_filters::LevelFilter;

/// How fast your pages really are for your visitors, and what that does to conversion.
#[derive(Debug, Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
    /// How much to log: error, warn, info, debug or trace.
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Take beacons and expose metrics.
    Serve {
        /// The configuration. Without one, site `default` is accepted from any origin, on loopback only.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Folder for what is kept on disk, made if there is none. Without one, everything is in memory only.
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
        #[command(flatten)]
        addresses: Addresses,
    },
    /// The same, with a demo webshop on /shop/ and simulated visitors.
    Demo {
        /// Send nobody but yourself to the shop.
        #[arg(long)]
        no_visitors: bool,
        #[command(flatten)]
        addresses: Addresses,
    },
    /// Copy what a collector keeps, while it runs.
    Backup {
        /// The collector's folder.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
        /// Folder for the copy, made if there is none.
        #[arg(long, value_name = "DIR")]
        to: PathBuf,
    },
    /// Check what a collector that has ended has kept, or a copy of it: exits 1 if anything is wrong.
    Verify {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// The collector's folder, or the copy's.
        #[arg(long, value_name = "DIR")]
        data_dir: PathBuf,
    },
    /// Check a configuration: says every mistake with its line, exits 1 if there is one.
    CheckConfig {
        /// The configuration.
        file: PathBuf,
    },
    /// Print the tag for a site's pages, pinned to this version of the script, and in a comment the plain one.
    Tag {
        /// The configuration.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Where pages reach the collector.
        #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:8787")]
        url: PublicUrl,
        /// The site, if the configuration has several.
        #[arg(long, value_name = "ID")]
        site: Option<Site>,
    },
    /// Print the SQL that makes ClickHouse's tables: pipe it to `clickhouse-client --multiquery`.
    ClickhouseSchema {
        /// The database of the tables.
        #[arg(long, value_name = "NAME", default_value = "graadmeter")]
        database: Name,
        /// Make replicated tables on all servers of a cluster.
        #[arg(long, value_name = "NAME")]
        cluster: Option<Name>,
        /// Delete rows after so many days; needs ClickHouse 19.6 or newer.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=3_660))]
        retention_days: Option<u32>,
    },
}

#[derive(Debug, Clone, Copy, Args)]
struct Addresses {
    /// Where beacons come in: internet-facing.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8787")]
    listen: SocketAddr,
    /// Where metrics are read: never internet-facing.
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8788")]
    admin_listen: SocketAddr,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    log_to_stderr(arguments.log);
    let done = match arguments.command {
        Command::Serve { config, data_dir, addresses } => serve(config, data_dir.as_deref(), addresses),
        Command::Demo { no_visitors, addresses } => serve_demo(!no_visitors, addresses),
        Command::Backup { data_dir, to } => back_up(&data_dir, &to),
        Command::Verify { config, data_dir } => check_kept(config.as_deref(), &data_dir),
        Command::CheckConfig { file } => check_config(&file),
        Command::Tag { config, url, site } => print_tag(config.as_deref(), &url, site),
        Command::ClickhouseSchema { database, cluster, retention_days } => {
            print(&Schema { database, cluster, retention_days })
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("graadmeter-collector: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn check_config(file: &Path) -> anyhow::Result<()> {
    let config = Config::load(file)?;
    println!("{}: right, {} sites", file.display(), config.sites.len());
    Ok(())
}

fn print_tag(config: Option<&Path>, url: &PublicUrl, site: Option<Site>) -> anyhow::Result<()> {
    let config = config.map(Config::load).transpose()?;
    print(&Tag::new(config.as_ref(), url, site)?)
}

/// Prints what may be more than its reader wants: `head`, for one, goes when it has its lines.
fn print(what: &impl Display) -> anyhow::Result<()> {
    match io::stdout().write_all(what.to_string().as_bytes()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error).context("can't print"),
        _ => Ok(()),
    }
}

fn back_up(data_dir: &Path, to: &Path) -> anyhow::Result<()> {
    let bytes = backup(data_dir, to)?;
    println!("{}: a copy of {}, {bytes} bytes", to.display(), data_dir.display());
    Ok(())
}

fn check_kept(config: Option<&Path>, data_dir: &Path) -> anyhow::Result<()> {
    let config = config.map_or_else(|| Ok(Config::trial()), Config::load)?;
    let Verified { batches, reports, is_whole, cells, history, wrong } = verify(data_dir, &config)?;
    let again = if is_whole { "counted again from the beginning" } else { "none counted twice" };
    println!("journal: {batches} batches with {reports} reports, {again}; {cells} cells");
    let [minutes, hours, days] = history.sound;
    println!(
        "history: up to batch {}; {minutes} roll-ups of minutes, {hours} of hours, {days} of days",
        history.fed
    );
    if wrong.is_empty() {
        println!("{}: all is sound", data_dir.display());
        return Ok(());
    }
    bail!("{} has damage:\n  {}", data_dir.display(), wrong.join("\n  "))
}

fn serve(config: Option<PathBuf>, data_dir: Option<&Path>, addresses: Addresses) -> anyhow::Result<()> {
    let config = match config {
        Some(file) => Config::load(&file)?,
        None if addresses.listen.ip().is_loopback() => {
            tracing::warn!("no --config: taking beacons of site `default` from any origin, for trying out");
            Config::trial()
        }
        None => bail!(
            "{} is not a loopback address: write your sites into a configuration and pass it with --config",
            addresses.listen
        ),
    };
    if data_dir.is_none() {
        tracing::warn!("no --data-dir: everything is kept in memory, and gone when this program ends");
    }
    let listeners = bind(addresses)?;
    runtime()?.block_on(async {
        let outcomes =
            run(config, listeners, None, data_dir, told_to_stop().context("can't wait for signals")?).await?;
        log_end(&outcomes);
        Ok(())
    })
}

fn serve_demo(with_visitors: bool, addresses: Addresses) -> anyhow::Result<()> {
    let config = demo::config().context("the demo's configuration has mistakes")?;
    let listeners = bind(addresses)?;
    let (public, admin) = (listeners.public.local_addr()?, listeners.admin.local_addr()?);
    println!("{}", demo::greeting(public, admin, with_visitors));
    runtime()?.block_on(async {
        if with_visitors {
            tokio::spawn(async move {
                if let Err(error) = demo::visit(public, rand::random()).await {
                    tracing::error!(%error, "no simulated visitors");
                }
            });
        }
        let outcomes =
            run(config, listeners, Some(demo::page), None, told_to_stop().context("can't wait for signals")?)
                .await?;
        log_end(&outcomes);
        Ok(())
    })
}

fn bind(addresses: Addresses) -> anyhow::Result<Listeners> {
    let bind = |address: SocketAddr, option: &str| {
        TcpListener::bind(address)
            .with_context(|| format!("can't listen on {address}; choose another with {option}"))
    };
    Ok(Listeners {
        public: bind(addresses.listen, "--listen")?,
        admin: bind(addresses.admin_listen, "--admin-listen")?,
    })
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build().context("can't start")
}

/// The last line of the log: how every request ended.
fn log_end(outcomes: &Outcomes) {
    tracing::info!(
        accepted = outcomes[Outcome::Accepted],
        duplicate = outcomes[Outcome::Duplicate],
        bot = outcomes[Outcome::Bot],
        invalid = outcomes[Outcome::Invalid],
        unknown_site = outcomes[Outcome::UnknownSite],
        origin_not_allowed = outcomes[Outcome::OriginNotAllowed],
        unsigned = outcomes[Outcome::Unsigned],
        method_not_allowed = outcomes[Outcome::MethodNotAllowed],
        timeout = outcomes[Outcome::Timeout],
        too_large = outcomes[Outcome::TooLarge],
        unsupported_media_type = outcomes[Outcome::UnsupportedMediaType],
        limited = outcomes[Outcome::Limited],
        overloaded = outcomes[Outcome::Overloaded],
        not_stored = outcomes[Outcome::NotStored],
        "stopped"
    );
}
