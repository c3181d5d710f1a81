//! Asking for `/metrics` as Prometheus does.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// What Prometheus asks for when native histograms are on.
pub(crate) const NATIVE: &str = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.8,application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.4,*/*;q=0.2";
/// The classic text format.
pub(crate) const TEXT: &str = "text/plain;version=0.0.4";

/// Longest time that a scrape may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// One scrape.
#[derive(Debug)]
pub(crate) struct Scrape {
    /// From the request to the last byte.
    pub(crate) took: Duration,
    /// Bytes on the wire, head included.
    pub(crate) bytes: usize,
    /// The head, in lower case.
    pub(crate) head: String,
    /// The body as it came, perhaps compressed.
    pub(crate) body: Vec<u8>,
}

impl Scrape {
    /// `Content-Type`, without its parameters, and `Content-Encoding`.
    #[must_use]
    pub(crate) fn kind(&self) -> String {
        let header = |name: &str| self.head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
        let kind = header("content-type:").unwrap_or("no type");
        let kind = kind.split(';').next().unwrap_or(kind);
        header("content-encoding:").map_or_else(|| kind.to_owned(), |encoding| format!("{kind}, {encoding}"))
    }
}

/// Scrapes once, on a connection of its own.
#[must_use]
pub(crate) fn scrape(admin: SocketAddr, accept: &str, encoding: &str) -> Scrape {
    let mut all = Vec::new();
    let (took, bytes) = ask(admin, accept, encoding, |mut stream| stream.read_to_end(&mut all));
    let (head, length) = head(&all);
    let body = all.split_off(length);
    let is_chunked = head.contains("transfer-encoding: chunked");
    Scrape { took, bytes, head, body: if is_chunked { without_chunks(&body) } else { body } }
}

/// Scrapes once and keeps no more than the head: what a scraper does with a body, it does on a machine of its own in life.
/// `buffer` is what is read at a time.
#[must_use]
pub(crate) fn scrape_head(admin: SocketAddr, accept: &str, encoding: &str, buffer: &mut [u8]) -> Scrape {
    let mut begin = Vec::new();
    let (took, bytes) = ask(admin, accept, encoding, |mut stream| {
        let (mut bytes, mut last) = (0, Vec::new());
        loop {
            let read = stream.read(buffer)?;
            if read == 0 {
                assert!(last.ends_with(b"0\r\n\r\n"), "a scrape was cut short");
                return Ok(bytes);
            }
            if begin.is_empty() {
                begin.extend_from_slice(&buffer[..read]);
            }
            last.drain(..last.len().saturating_sub(5));
            last.extend_from_slice(&buffer[read.saturating_sub(5)..read]);
            bytes += read;
        }
    });
    Scrape { took, bytes, head: head(&begin).0, body: Vec::new() }
}

/// Asks, and lets `read` read the answer to its end and count its bytes; tells how long both took.
fn ask(
    admin: SocketAddr,
    accept: &str,
    encoding: &str,
    read: impl FnOnce(&TcpStream) -> io::Result<usize>,
) -> (Duration, usize) {
    let began = Instant::now();
    let mut stream = TcpStream::connect(admin).unwrap_or_else(|error| panic!("{admin}: {error}"));
    stream.set_read_timeout(Some(PATIENCE)).expect("not zero");
    let request = format!(
        "GET /metrics HTTP/1.1\r\nHost: {admin}\r\nUser-Agent: Prometheus/2.42.0\r\nAccept: {accept}\r\nAccept-Encoding: {encoding}\r\nX-Prometheus-Scrape-Timeout-Seconds: 10\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).expect("the collector takes a request");
    let bytes = read(&stream).expect("the collector answers");
    (began.elapsed(), bytes)
}

/// The head of an answer in lower case, and its length.
fn head(answer: &[u8]) -> (String, usize) {
    let length = 4 + answer.windows(4).position(|part| part == b"\r\n\r\n").expect("a head");
    let head = String::from_utf8_lossy(&answer[..length]).to_ascii_lowercase();
    assert!(head.starts_with("http/1.1 200"), "a scrape was answered {head}");
    (head, length)
}

fn without_chunks(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::with_capacity(chunks.len());
    while let Some(end) = chunks.windows(2).position(|part| part == b"\r\n") {
        let size = str::from_utf8(&chunks[..end]).ok().and_then(|size| usize::from_str_radix(size, 16).ok());
        let size = size.expect("a chunk's size");
        body.extend_from_slice(&chunks[end + 2..end + 2 + size]);
        chunks = &chunks[end + 2 + size + 2..];
    }
    body
}

/// The value of a series without a time, by its full name with labels; nothing if it is not there.
///
/// A scrape of ten thousand cells is large, so it is searched and not parsed.
#[must_use]
pub(crate) fn value(text: &[u8], series: &str) -> Option<f64> {
    let lines = text.split(|&byte| byte == b'\n');
    let mut values = lines.filter_map(|line| line.strip_prefix(series.as_bytes())?.strip_prefix(b" "));
    values.next().and_then(|value| str::from_utf8(value).ok()?.trim().parse().ok())
}

/// Panics unless a scraped text says that exactly so many beacons were accepted.
pub(crate) fn assert_accepted(text: &[u8], sent: u64) {
    let counted = value(text, r#"graadmeter_beacons_total{outcome="accepted"}"#).unwrap_or_default() as u64;
    assert!(counted == sent, "{sent} beacons were answered 204, but {counted} were counted as accepted");
}
