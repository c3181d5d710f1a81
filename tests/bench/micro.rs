//! Instructions per beacon of each stage, counted by callgrind: the same on any machine, busy or not.
//!
//! The benchmark runs itself under valgrind, with N and with 2 N beacons; the difference is what N beacons cost,
//! without the program's start.

mod workload;

use std::process::Command;

use graadmeter_tests::process::installed;

use crate::session::Session;

pub(crate) use self::workload::run as run_workload;
use self::workload::{BEACONS, WORKLOADS};

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    let mut peer = 0.0;
    for workload in WORKLOADS {
        let [once, twice] = [1, 2].map(|times| instructions(workload.name, times));
        let each = (twice - once) / workload.units(BEACONS) as f64;
        if workload.name == "untyped" {
            peer = each;
        }
        let against = if workload.name == "decode" {
            format!("{:.2} × untyped serde_json, {peer:.0}", each / peer)
        } else {
            String::new()
        };
        session.table.note(
            &format!("micro: {}", workload.what),
            &format!("{each:.0} instructions"),
            &against,
        );
    }
}

/// Instructions of this program when it runs a workload so many times.
fn instructions(workload: &str, times: usize) -> f64 {
    let own = std::env::current_exe().expect("this program's path");
    let mut command = Command::new(installed("valgrind", "valgrind"));
    command.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(own);
    let output =
        command.args(["--workload", workload, &times.to_string()]).output().expect("valgrind starts");
    let said = String::from_utf8_lossy(&output.stderr);
    let count = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    count.unwrap_or_else(|| panic!("callgrind counted nothing for {workload}: {said}"))
}
