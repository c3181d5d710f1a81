//! Headers that the collector reads by itself. Fields: `Accept`, `Accept-Encoding`, `Content-Type`,
//! `Content-Encoding`, `Graadmeter-Signature`, the socket's address, then lines of `X-Forwarded-For`. The input itself
//! is also taken as a body: signed, compressed, and decompressed.

#![no_main]

use std::io::Write;
use std::net::IpAddr;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use graadmeter_collector::admit::signature;
use graadmeter_collector::expose::{Format, accepts_gzip};
use graadmeter_collector::ingest::{body, client};
use graadmeter_collector::outcome::Outcome;
use graadmeter_fuzz::Fields;
use graadmeter_wire::limits::BODY_BYTES_MAX;
use hmac::{Hmac, Mac};
use hyper::header::{HeaderMap, HeaderName, HeaderValue};
use ipnet::IpNet;
use libfuzzer_sys::fuzz_target;
use sha2::Sha256;

const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const SECRET: &[u8] = b"0123456789abcdef";
const NOW: u64 = 1_700_000_000;

fuzz_target!(|input: &[u8]| {
    compressed(input);
    let Some(mut fields) = Fields::of(input) else { return };
    accepted(fields.text(), fields.text());
    content(fields.text(), fields.text());
    signed(fields.text(), input);
    let peer = fields.text().parse().unwrap_or(IpAddr::from([10, 0, 0, 1]));
    forwarded(peer, fields.rest().filter_map(|line| HeaderValue::from_bytes(line.as_bytes()).ok()).collect());
});

/// A scraper gets what it names, in whatever order it names it.
fn accepted(accept: &str, encoding: &str) {
    let turned = |list: &str| list.rsplit(',').collect::<Vec<_>>().join(",");
    let format = Format::accepted(accept);
    assert_eq!(format, Format::accepted(&turned(accept)));
    let names = |list: &str, name: &str| list.to_ascii_lowercase().contains(name);
    assert!(format == Format::Text || names(accept, "application/vnd.google.protobuf"));
    let is_gzip = accepts_gzip(encoding);
    assert_eq!(is_gzip, accepts_gzip(&turned(encoding)));
    assert!(!is_gzip || names(encoding, "gzip") || names(encoding, "*"));
}

/// Only the two types of a beacon are taken, and only gzip is undone.
fn content(kind: &str, encoding: &str) {
    let (Ok(kind), Ok(encoding)) = (HeaderValue::from_str(kind), HeaderValue::from_str(encoding)) else {
        return;
    };
    let (is_beacon, is_gzip) =
        (body::is_beacon_type(Some(kind.as_bytes())), body::is_gzip(Some(encoding.as_bytes())));
    let [kind, encoding] = [kind, encoding].map(|value| value.as_bytes().trim_ascii().to_ascii_lowercase());
    if is_beacon {
        assert!(kind.starts_with(b"text/plain") || kind.starts_with(b"application/json"));
    }
    match is_gzip {
        Ok(true) => assert_eq!(encoding, b"gzip"),
        Ok(false) => assert!(encoding.is_empty() || encoding == b"identity"),
        Err(outcome) => assert_eq!(outcome, Outcome::UnsupportedMediaType),
    }
}

/// What is right is taken, whatever stands beside it, and nothing else is.
fn signed(header: &str, body: &[u8]) {
    let sign = |time: &str| {
        let mac = Hmac::<Sha256>::new_from_slice(SECRET).expect("any key fits");
        hex::encode(mac.chain_update(time).chain_update(".").chain_update(body).finalize().into_bytes())
    };
    let verify = |header: &str| signature::verify(header, body, SECRET, Duration::from_secs(NOW));
    if verify(header).is_some() {
        let mut times = header.split(',').filter_map(|field| field.trim().strip_prefix("t="));
        let right = sign(times.next().expect("a signature has a time"));
        assert!(header.to_ascii_lowercase().contains(&right), "forged: {header:?}");
    }
    let right = format!("t={NOW},v1={},{header}", sign(&NOW.to_string()));
    assert!(verify(&right).is_some(), "refused: {right:?}");
    assert!(verify(&right.replace(&NOW.to_string(), &(NOW + 301).to_string())).is_none());
}

/// Nobody but a trusted proxy is believed, and nothing that stands left of the first stranger matters.
fn forwarded(peer: IpAddr, lines: Vec<HeaderValue>) {
    let trusted: [IpNet; 2] =
        ["10.0.0.0/8", "2001:db8::/32"].map(|network| network.parse().expect("a network"));
    let chain = |lines: &[HeaderValue]| -> HeaderMap {
        lines.iter().map(|line| (FORWARDED_FOR, line.clone())).fold(
            HeaderMap::new(),
            |mut headers, (name, line)| {
                headers.append(name, line);
                headers
            },
        )
    };
    let found = client::address(peer, &chain(&lines), &trusted);
    if !client::is_trusted(peer, &trusted) {
        assert_eq!(found, peer.to_canonical());
    }
    assert_eq!(found, found.to_canonical());
    let first = lines.first().map_or(&b""[..], HeaderValue::as_bytes);
    let longer = HeaderValue::from_bytes(&[b"::6, \xe9, ", first].concat()).expect("a list may be longer");
    let mut forged = vec![HeaderValue::from_static("6.6.6.6"), longer];
    forged.extend(lines.into_iter().skip(1));
    let believed = client::address(peer, &chain(&forged), &trusted);
    assert!(believed == found || client::is_trusted(found, &trusted), "{found} became {believed}");
}

/// An archive of ours comes out as it went in; anybody's never gives more than a body has.
fn compressed(input: &[u8]) {
    match body::decompress(input) {
        Ok(plain) => assert!(plain.len() <= BODY_BYTES_MAX),
        Err(outcome) => assert!(matches!(outcome, Outcome::Invalid | Outcome::TooLarge)),
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(input).expect("memory takes it");
    let archive = encoder.finish().expect("memory takes it");
    match body::decompress(&archive) {
        Ok(plain) => assert_eq!(&plain[..], input),
        Err(outcome) => assert!(outcome == Outcome::TooLarge && input.len() > BODY_BYTES_MAX),
    }
}
