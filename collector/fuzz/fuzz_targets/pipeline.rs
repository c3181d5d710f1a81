//! The whole way of some requests, a line each (`Request`), to what is exposed: nothing breaks out of a label, no budget
//! is passed, nothing that was accepted is lost, and both formats say the same.

#![no_main]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use graadmeter_base::serve::Connections;
use graadmeter_collector::config::{Config, Secret};
use graadmeter_collector::expose::{Exposition, Format};
use graadmeter_collector::limits::SERVING;
use graadmeter_collector::outcome::Outcome;
use graadmeter_collector::pipeline::{Handled, Pipeline};
use graadmeter_fuzz::{Request, exposition};
use graadmeter_wire::{Kind, Source, decode, decode_sale};
use libfuzzer_sys::fuzz_target;

const CONFIG: &str = r#"
    [limits]
    beacons_per_minute_per_client = 30
    visitor_cells = 4
    page_cells = 7
    synthetic_cells = 3
    third_party_hosts = 3
    [[site]]
    id = "shop"
    origins = ["https://www.shop.example"]
    currency = "EUR"
    [[site.page]]
    name = "product"
    path = "/p/**"
    [[site.channel]]
    name = "partner"
    medium = "partner*"
    [[site]]
    id = "open"
    origins = ["*"]
    robots = "include"
    regions = true
"#;
/// The views: the labels that name their cells, and how many cells each may have.
const VIEWS: [(&[&str], usize); 4] = [
    (&["device", "channel", "country"], 4),
    (&["device", "page"], 7),
    (&["check", "region", "device"], 3),
    (&["host"], 3),
];
const CORES: usize = 2;
/// When the clocks of the shop's server and of the collector begin, since the Unix epoch.
const BEGIN: Duration = Duration::from_secs(1_700_000_000);

fuzz_target!(|input: &str| {
    let pipeline = Arc::new(pipeline());
    let (mut views, mut conversions, mut now) = (0, 0, Duration::ZERO);
    for (core, line) in input.split('\n').enumerate() {
        let request = Request::of(line);
        now += request.at;
        let body = request.body.as_bytes();
        let ended = match request.signature {
            Some(signature) => pipeline.handle_sale(body, signature, now, BEGIN, core),
            None => pipeline.handle(body, &request.arrival, now, core),
        };
        if ended != Ok(Handled::Ended(Outcome::Accepted)) {
            continue;
        }
        if request.signature.is_some() {
            conversions += decode_sale(body).expect("it was accepted").context.rate.weight();
            continue;
        }
        let beacon = decode(body).expect("it was accepted").beacon;
        match (beacon.source, beacon.kind) {
            (Source::Rum, Kind::Page) => views += beacon.rate.weight(),
            (Source::Rum, Kind::Conversion) => conversions += beacon.rate.weight(),
            (Source::Probe, _) => {}
        }
    }

    let text = String::from_utf8(written(&pipeline, Format::Text)).expect("text is UTF-8");
    let families = exposition::of_text(&text);
    for site in ["shop", "open"] {
        for (labels, cells_max) in VIEWS {
            let cells = exposition::cells(&families, site, labels);
            assert!(cells.len() <= cells_max, "past the budget of {cells_max}: {cells:?}");
        }
    }
    assert_eq!(exposition::sum(&families, "rum_page_views_total"), views as f64);
    assert_eq!(exposition::sum(&families, "rum_conversions_total"), conversions as f64);
    assert_eq!(families, exposition::of_protobuf(&written(&pipeline, Format::Protobuf)));
});

fn pipeline() -> Pipeline {
    let mut config = Config::parse(CONFIG, Path::new(".")).expect("the configuration is right");
    // Small tables, since there is a pipeline for each input.
    config.limits.clients_watched = 64;
    config.limits.reports_remembered = 512;
    for site in &mut config.sites {
        site.secret = Some(Secret(b"0123456789abcdef".to_vec()));
    }
    Pipeline::new(config, CORES, BEGIN)
}

fn written(pipeline: &Arc<Pipeline>, format: Format) -> Vec<u8> {
    let connections = Connections::new(SERVING, |_| false);
    let exposition =
        Exposition::new(pipeline, &connections, SystemTime::UNIX_EPOCH + BEGIN).expect("no name twice");
    let mut out = Vec::new();
    exposition.write(format, &mut out).expect("memory takes it");
    out
}
