//! The command line of the probe: arguments, logs, signals, exit codes.

use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::{Args, Parser, Subcommand};
use graadmeter_base::program::{log_to_stderr, told_to_stop};
use graadmeter_probe::check::assert::{Budget, Expectations, StatusRule};
use graadmeter_probe::check::{Hosts, Method, Request};
use graadmeter_probe::config::roots::Roots;
use graadmeter_probe::config::{self, Config};
use graadmeter_probe::limits::{BODY_BYTES_DEFAULT, TIMEOUT_MAX, TIMEOUT_MIN};
use graadmeter_probe::oneshot::{self, Worst};
use graadmeter_probe::report::{json, terminal};
use tokio::net::TcpListener;
use tracing::level_filters::LevelFilter;
use url::Url;

/// Measures a shop on purpose: once from a terminal or CI, or all the time from a region.
#[derive(Parser)]
#[command(name = "graadmeter-probe", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    /// How much to log: error, warn, info, debug or trace.
    #[arg(long, global = true, value_name = "LEVEL", default_value = "info")]
    log: LevelFilter,
}

#[derive(Subcommand)]
enum Command {
    /// Check URLs once, one after another. Exit code: 0 ok, 1 over budget, 2 error.
    Check(CheckArgs),
    /// Run the checks of a configuration until told to stop.
    Run(RunArgs),
}

#[derive(Args)]
struct CheckArgs {
    /// What to check, as <https://www.shop.example/>
    #[arg(required = true, value_name = "URL", value_parser = config::page_url)]
    urls: Vec<Url>,
    /// The longest that something may take, as ttfb=800ms (the default) or total=2s. Of redirect, dns,
    /// connect, tls, wait, ttfb, transfer and total. May be repeated.
    #[arg(long = "budget", value_name = "NAME=TIME")]
    budgets: Vec<Budget>,
    /// Time for each URL, redirects included.
    #[arg(long, default_value = "10s", value_parser = timeout)]
    timeout: Duration,
    /// Where this probe stands; repeated in the JSON.
    #[arg(long, default_value = config::REGION_DEFAULT, value_parser = config::name)]
    region: String,
    /// Print one JSON document instead of tables.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct RunArgs {
    /// The configuration (TOML); its keys are in the probe's README.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// Where /metrics, /probe, /healthz and /readyz are answered.
    #[arg(long, default_value = "127.0.0.1:8789", value_name = "ADDRESS")]
    listen: SocketAddr,
}

fn timeout(given: &str) -> Result<Duration, String> {
    let time = humantime::parse_duration(given)
        .map_err(|_| "write a time with its unit, as 800ms or 10s".to_owned())?;
    let show = humantime::format_duration;
    let within = || format!("expected {} to {}", show(TIMEOUT_MIN), show(TIMEOUT_MAX));
    if (TIMEOUT_MIN..=TIMEOUT_MAX).contains(&time) { Ok(time) } else { Err(within()) }
}

#[tokio::main]
async fn main() -> ExitCode {
    // A usage error ends here, with exit code 2.
    let cli = Cli::parse();
    log_to_stderr(cli.log);
    let done = match cli.command {
        Command::Check(args) => check(args).await,
        Command::Run(args) => run(&args.config, args.listen).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("graadmeter-probe: {error:#}");
        ExitCode::from(Worst::Error.exit_code())
    })
}

async fn check(args: CheckArgs) -> anyhow::Result<ExitCode> {
    let expected = Expectations { status: StatusRule::Below400, budgets: oneshot::budgets(&args.budgets) };
    let trust = Roots::system().trust();
    let mut checked = Vec::new();
    for url in args.urls {
        let request = Request {
            url,
            method: Method::Get,
            timeout: args.timeout,
            follow_redirects: true,
            body_bytes_max: BODY_BYTES_DEFAULT,
            body_contains: None,
            hosts: Hosts::Any,
            trust: trust.clone(),
        };
        let one = oneshot::check(&request, &expected).await;
        if !args.json {
            let between = if checked.is_empty() { "" } else { "\n" };
            print(&format!("{between}{}", terminal::render(&one, &expected.budgets)))?;
        }
        checked.push(one);
    }
    if args.json {
        print(&json::render(&checked, &args.region))?;
    }
    Ok(ExitCode::from(Worst::of(&checked).exit_code()))
}

fn print(text: &str) -> anyhow::Result<()> {
    io::stdout().write_all(text.as_bytes()).context("can't write the result")
}

async fn run(file: &Path, listen: SocketAddr) -> anyhow::Result<ExitCode> {
    let config = Config::load(file)?;
    let stop = told_to_stop().context("can't wait for signals")?;
    let listener = TcpListener::bind(listen).await.with_context(|| format!("can't listen on {listen}"))?;
    graadmeter_probe::run(config, listener, stop).await?;
    Ok(ExitCode::SUCCESS)
}
