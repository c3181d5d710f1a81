//! Whether cores share anything on a beacon's way: one collector on two cores, against two collectors on one each.
//!
//! Core by core the load is the same: a generator and half of the requests. So caches, clock and memory are as busy
//! in both cases, and what differs is only that two workers are one process. nginx with one worker of two, against
//! two with one, is the control: what the kernel takes for sharing a port between cores meets it too.

use std::thread;
use std::time::Duration;

use graadmeter_tests::statistics::median;

use crate::beacons::page_views;
use crate::load::{Length, Load, Pace, Report};
use crate::server::{Collector, Nginx, Server, pin};
use crate::session::Session;
use graadmeter_tests::requests::Requests;

/// Requests a second of each core's generator, well below what one core can take.
const RATE: f64 = 8_000.0;
const CONNECTIONS: usize = 32;
const PAIRS: usize = 8;
const BAR: f64 = 1.1;

/// Some servers, and a generator's connections to them for each core.
struct Case {
    servers: Vec<Box<dyn Server>>,
    loads: [Load; 2],
}

impl Case {
    /// A server for each core, each with a generator of its own.
    fn apart<S: Server + 'static>(start: fn(&[usize]) -> S) -> Self {
        let servers = [start(&[0]), start(&[1])];
        let loads = servers.each_ref().map(|server| Load::new(server.address(), CONNECTIONS));
        Self { servers: servers.map(|server| Box::new(server) as Box<dyn Server>).into(), loads }
    }

    /// One server on both cores.
    fn together<S: Server + 'static>(start: fn(&[usize]) -> S) -> Self {
        let server = start(&[0, 1]);
        let loads = [(); 2].map(|()| Load::new(server.address(), CONNECTIONS));
        Self { servers: vec![Box::new(server)], loads }
    }

    /// CPU time per request over one slice, in µs.
    fn slice(&mut self, requests: &mut [Requests; 2], time: Duration) -> f64 {
        let cpu = || self.servers.iter().map(|server| server.cpu()).sum::<Duration>();
        let before = cpu();
        let reports: Vec<Report> = thread::scope(|scope| {
            let generators =
                self.loads.iter_mut().zip(requests).enumerate().map(|(core, (load, requests))| {
                    scope.spawn(move || {
                        pin(&[core]);
                        load.run(requests, Pace::PerSecond { rate: RATE, spins: false }, Length::Time(time))
                    })
                });
            let generators: Vec<_> = generators.collect();
            generators.into_iter().map(|generator| generator.join().expect("a generator")).collect()
        });
        reports.iter().for_each(Report::assert_clean);
        let accepted: u64 = reports.iter().map(|report| report.accepted).sum();
        // A server at its limit shows how it queues, and not what a request costs.
        let reached = accepted as f64 / time.as_secs_f64();
        assert!(
            reached > 0.9 * 2.0 * RATE,
            "only {reached:.0} requests/s were answered: the cores are too busy"
        );
        cpu().saturating_sub(before).as_secs_f64() * 1e6 / accepted as f64
    }
}

/// Runs the benchmark.
pub(crate) fn run(session: &mut Session) {
    pin(&[0, 1]);
    let time = Duration::from_millis(if session.quick { 400 } else { 1500 });
    let mut requests = [2, 3].map(|seed| Requests::evenly(page_views(2048, seed), seed));
    let (mut apart, mut together) = (Case::apart(Collector::on), Case::together(Collector::on));
    let (mut control_apart, mut control_together) = (Case::apart(Nginx::on), Case::together(Nginx::on));
    let (mut ours, mut control) = (Vec::new(), Vec::new());
    // The first round warms up.
    for round in 0..=PAIRS {
        let ours_now = (apart.slice(&mut requests, time), together.slice(&mut requests, time));
        let control_now =
            (control_apart.slice(&mut requests, time), control_together.slice(&mut requests, time));
        if round > 0 {
            ours.push(ours_now);
            control.push(control_now);
        }
    }
    let ratio = |pairs: &[(f64, f64)]| median(pairs.iter().map(|(apart, together)| together / apart));
    let tell = |pairs: &[(f64, f64)]| {
        let (apart, together) = (pairs.iter().map(|pair| pair.0), pairs.iter().map(|pair| pair.1));
        format!("{:.2} × ({:.2} µs, apart {:.2} µs)", ratio(pairs), median(together), median(apart))
    };
    session.table.judge(
        "cores: CPU per beacon on two cores against one",
        "≤ 1.1 ×",
        &tell(&ours),
        &format!("nginx {}", tell(&control)),
        ratio(&ours) <= BAR,
    );
}
