//! What callgrind counts: one stage of the collector, over prepared beacons.

use std::hint::black_box;
use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use graadmeter_base::serve::Connections;
use graadmeter_collector::aggregate::Aggregate;
use graadmeter_collector::aggregate::budget::Budgets;
use graadmeter_collector::aggregate::cells::{Moment, Seconds};
use graadmeter_collector::arrival::Arrival;
use graadmeter_collector::config::Config;
use graadmeter_collector::expose::{Exposition, Format};
use graadmeter_collector::limits::SERVING;
use graadmeter_collector::outcome::Outcome;
use graadmeter_collector::pipeline::{Handled, Pipeline};
use graadmeter_collector::place::Placer;
use graadmeter_collector::place::channel::Sources;
use graadmeter_collector::place::country::Geography;
use graadmeter_wire::decode;

use crate::beacons::page_views;
use crate::server::CONFIG;
use graadmeter_tests::requests::Requests;

/// Beacons of one run of a workload.
pub(crate) const BEACONS: usize = 2_000;

/// One stage.
pub(crate) struct Workload {
    /// How the command line calls it.
    pub(crate) name: &'static str,
    /// What one of its units is, for the table.
    pub(crate) what: &'static str,
    run: fn(&[Message], usize),
}

/// A request in its parts.
struct Message {
    body: Vec<u8>,
    user_agent: String,
}

impl Message {
    fn arrival(&self) -> Arrival<'_> {
        let client = IpAddr::V4(Ipv4Addr::new(198, 51, 100, 7));
        let origin = Some(graadmeter_tests::beacon::ORIGIN);
        Arrival { client, origin, user_agent: &self.user_agent, ..Arrival::NOBODY }
    }
}

/// Every workload; the peer of `decode` comes before it.
pub(crate) const WORKLOADS: [Workload; 7] = [
    Workload { name: "untyped", what: "untyped JSON, per beacon", run: untyped },
    Workload { name: "decode", what: "decode, per beacon", run: typed },
    Workload { name: "place", what: "place, per beacon", run: place },
    Workload { name: "aggregate", what: "aggregate, per beacon", run: aggregate },
    Workload { name: "handle", what: "the whole pipeline, per beacon", run: handle },
    Workload { name: "text", what: "text exposition, per scrape of 500 beacons", run: text },
    Workload { name: "native", what: "native exposition, per scrape of 500 beacons", run: native },
];

impl Workload {
    /// Of how many things a run over so many beacons is made.
    pub(crate) fn units(&self, beacons: usize) -> usize {
        if matches!(self.name, "text" | "native") { 1 } else { beacons }
    }
}

/// Runs a workload so many times; the preparation is always the same.
pub(crate) fn run(name: &str, times: usize) {
    let workload = WORKLOADS.iter().find(|workload| workload.name == name).expect("a workload's name");
    let mut requests = Requests::evenly(page_views(1_000, 7), 7);
    let messages: Vec<Message> = (0..2 * BEACONS).map(|_| message(requests.next_request())).collect();
    (workload.run)(&messages, times);
}

fn message(request: &[u8]) -> Message {
    let request = str::from_utf8(request).expect("text");
    let (head, body) = request.split_once("\r\n\r\n").expect("a head and a body");
    let user_agent = head.lines().find_map(|line| line.strip_prefix("User-Agent: ")).expect("a user agent");
    Message { body: body.into(), user_agent: user_agent.to_owned() }
}

fn untyped(messages: &[Message], times: usize) {
    for message in &messages[..times * BEACONS] {
        black_box(serde_json::from_slice::<serde_json::Value>(&message.body).expect("JSON"));
    }
}

fn typed(messages: &[Message], times: usize) {
    for message in &messages[..times * BEACONS] {
        black_box(decode(&message.body).expect("a beacon"));
    }
}

fn config() -> Config {
    Config::parse(CONFIG, Path::new(".")).expect("a right configuration")
}

fn placer() -> Placer {
    Placer { geography: Geography::new(None), sources: Sources::new() }
}

fn place(messages: &[Message], times: usize) {
    let (config, placer) = (config(), placer());
    let decoded: Vec<_> = messages.iter().map(|message| decode(&message.body).expect("a beacon")).collect();
    for (decoded, message) in decoded.iter().zip(messages).take(times * BEACONS) {
        black_box(placer.place(&decoded.beacon, &message.arrival(), &config.sites[0].places));
    }
}

fn aggregate(messages: &[Message], times: usize) {
    let (config, placer) = (config(), placer());
    let decoded: Vec<_> = messages.iter().map(|message| decode(&message.body).expect("a beacon")).collect();
    let observations: Vec<_> = decoded
        .iter()
        .zip(messages)
        .map(|(decoded, message)| placer.place(&decoded.beacon, &message.arrival(), &config.sites[0].places))
        .collect();
    let budgets = Budgets::new(config.limits.cells, std::iter::once(std::iter::empty()));
    let mut aggregate = Aggregate::new(1);
    // The first pass makes the cells, which later beacons find.
    for observation in observations.iter().chain(&observations[..times * BEACONS]) {
        aggregate.record(observation, &budgets, Moment::at(Seconds(0)));
    }
    black_box(&aggregate);
}

fn handle(messages: &[Message], times: usize) {
    let pipeline = Pipeline::new(config(), 1, Duration::ZERO);
    handle_all(&pipeline, &messages[..times * BEACONS]);
}

fn handle_all(pipeline: &Pipeline, messages: &[Message]) {
    for (second, message) in messages.iter().enumerate() {
        // A beacon a second, so that no client is over its share.
        let now = Duration::from_secs(second as u64);
        let handled = pipeline.handle(&message.body, &message.arrival(), now, 0).expect("a beacon");
        assert!(handled == Handled::Ended(Outcome::Accepted), "{handled:?}");
    }
}

fn text(messages: &[Message], times: usize) {
    scrape(messages, times, Format::Text);
}

fn native(messages: &[Message], times: usize) {
    scrape(messages, times, Format::Protobuf);
}

fn scrape(messages: &[Message], times: usize, format: Format) {
    let pipeline = Arc::new(Pipeline::new(config(), 1, Duration::ZERO));
    handle_all(&pipeline, &messages[..500]);
    let nobody = Connections::new(SERVING, |_| true);
    let exposition = Exposition::new(&pipeline, &nobody, SystemTime::now()).expect("metrics");
    for _ in 0..times {
        exposition.write(format, &mut std::io::sink()).expect("a scrape");
    }
}
