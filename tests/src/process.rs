//! One child process: its log lines, its end, and its certain death with the test.

use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::task::JoinHandle;

use crate::wait::{SOON, until};

/// A running program; killed by its id when it is dropped, with all that it has started.
#[derive(Debug)]
pub struct Process {
    child: Child,
    /// The group of which it is the first: a driver's browser is in there too.
    group: Pid,
    name: String,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

/// What a program said and how it ended.
#[derive(Debug)]
pub struct Ended {
    /// Its exit status.
    pub status: ExitStatus,
    /// All lines of both outputs.
    pub lines: Vec<String>,
}

impl Process {
    /// Starts `command` and gathers the lines of both its outputs.
    #[must_use]
    pub fn start(mut command: Command) -> Self {
        let name = command.as_std().get_program().to_string_lossy().into_owned();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{name} does not start: {error}"));
        let id = child.id().expect("not waited for yet").cast_signed();
        let group = Pid::from_raw(id).expect("a child's id");
        let lines = Arc::default();
        let readers = vec![
            gather(child.stdout.take().expect("stdout is piped"), Arc::clone(&lines)),
            gather(child.stderr.take().expect("stderr is piped"), Arc::clone(&lines)),
        ];
        Self { child, group, name, lines, readers }
    }

    /// Its id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.group.as_raw_pid().cast_unsigned()
    }

    /// Everything it has written so far.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().expect("no reader panics").clone()
    }

    /// The first JSON log line with this `message`, waited for.
    pub async fn logged(&mut self, message: &str) -> Value {
        let name = self.name.clone();
        until(SOON, &format!("{name} logs {message:?}"), async || {
            if let Some(line) = find_message(&self.lines(), message) {
                return Ok(line);
            }
            let end = self.child.try_wait().expect("own child");
            assert!(
                end.is_none(),
                "{name} ended ({end:?}) before it logged {message:?}: {:#?}",
                self.lines()
            );
            Err(self.lines())
        })
        .await
    }

    /// The first line that holds `text`, waited for.
    pub async fn line_with(&self, text: &str) -> String {
        until(SOON, &format!("{} writes {text:?}", self.name), async || {
            self.lines().into_iter().find(|line| line.contains(text)).ok_or_else(|| self.lines())
        })
        .await
    }

    /// Its resident memory now, in KiB.
    #[must_use]
    pub fn resident_kib(&self) -> u64 {
        let status = format!("/proc/{}/status", self.group.as_raw_nonzero());
        let status = std::fs::read_to_string(status).expect("own child");
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it runs");
        resident.trim().trim_end_matches(" kB").parse().expect("a size in KiB")
    }

    /// Ends it without asking, as `kill -9` does, and waits until it is gone.
    pub async fn kill(mut self) {
        self.child.kill().await.expect("own child");
    }

    /// Asks it to end, as a service manager does.
    pub fn terminate(&self) {
        kill_process(self.group, Signal::TERM).expect("own child");
    }

    /// Waits until it has ended, by itself or because it was asked to.
    pub async fn ended(mut self, limit: Duration) -> Ended {
        let status = match tokio::time::timeout(limit, self.child.wait()).await {
            Ok(status) => status.expect("own child"),
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!("{} has not ended after {limit:?}: {:#?}", self.name, self.lines())
            }
        };
        for reader in std::mem::take(&mut self.readers) {
            reader.await.expect("no reader panics");
        }
        let lines = self.lines();
        assert!(!lines.iter().any(|line| line.contains("panicked at")), "{} panicked: {lines:#?}", self.name);
        Ended { status, lines }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // An error means that nobody of the group is left, which is what is wanted.
        let _nobody_left = kill_process_group(self.group, Signal::KILL);
    }
}

impl Ended {
    /// The last JSON log line with this `message`.
    #[must_use]
    pub fn logged(&self, message: &str) -> Value {
        let lines: Vec<_> = self.lines.iter().rev().cloned().collect();
        find_message(&lines, message)
            .unwrap_or_else(|| panic!("no log line {message:?} in {:#?}", self.lines))
    }

    /// Everything it wrote, as one text.
    #[must_use]
    pub fn text(&self) -> String {
        self.lines.join("\n")
    }
}

fn find_message(lines: &[String], message: &str) -> Option<Value> {
    let values = lines.iter().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    values.into_iter().find(|line| line["message"] == message)
}

fn gather(output: impl AsyncRead + Unpin + Send + 'static, lines: Arc<Mutex<Vec<String>>>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let mut output = BufReader::new(output).lines();
        while let Ok(Some(line)) = output.next_line().await {
            lines.lock().expect("no reader panics").push(line);
        }
    })
}

/// A program of this workspace, built beside the test binary.
#[must_use]
pub fn built(name: &str) -> PathBuf {
    let suite = std::env::current_exe().expect("a test binary has a path");
    let folder = suite.ancestors().nth(2).expect("target/PROFILE/deps/suite");
    let program = folder.join(name);
    assert!(
        program.is_file(),
        "{} is not built: run `tests/run`, or `cargo build --release --workspace` first",
        program.display()
    );
    program
}

/// A program of the system, as its Debian package installs it.
#[must_use]
pub fn installed(name: &str, package: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .chain(["/usr/bin", "/usr/sbin"].map(PathBuf::from))
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())
        .unwrap_or_else(|| panic!("{name} is not installed: run `tests/run`, or `apt-get install {package}`"))
}
