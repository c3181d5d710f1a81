//! Bodies that are more than they seem.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use graadmeter_tests::beacon::{Beacon, DESKTOP, post};
use graadmeter_tests::collector::{Collector, SHOP};
use graadmeter_tests::raw_http::Connection;
use graadmeter_wire::limits::BODY_BYTES_MAX;

use super::assert_growth;

const BOMBS: usize = 200;
/// What all that may leave behind.
const GROWTH_KIB: u64 = 16 * 1024;

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).and_then(|()| encoder.finish()).expect("memory")
}

#[tokio::test]
async fn archives_that_expand_a_thousandfold_are_refused() {
    let collector = Collector::serve(SHOP).await;
    let (one, part) = (gzip(&vec![b' '; 15_000_000]), gzip(&[b' '; 4_000]));
    let many: Vec<u8> = part.repeat(BODY_BYTES_MAX / part.len());
    assert!(one.len() <= BODY_BYTES_MAX && many.len() <= BODY_BYTES_MAX, "they fit as they are sent");
    let before = collector.resident_kib();
    let mut connection = Connection::open(collector.public).await;
    for number in 0..BOMBS {
        let bomb = if number % 2 == 0 { &one } else { &many };
        connection.send(&post(DESKTOP).header("Content-Encoding", "gzip").body(bomb.clone()).bytes()).await;
        assert_eq!(connection.response().await.status, 413);
    }
    assert_growth(&collector, before, GROWTH_KIB);
    assert_eq!(collector.outcome("too_large").await, BOMBS as f64);
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}

#[tokio::test]
async fn chunks_that_overrun_are_cut_off() {
    let collector = Collector::serve(SHOP).await;
    let before = collector.resident_kib();
    let megabyte = |piece: &[u8]| piece.repeat((1 << 20) / piece.len());
    let cases = [
        (
            "chunks without an end",
            megabyte(&[b"1000\r\n", &[b' '; 0x1000][..], b"\r\n"].concat()),
            "too_large",
        ),
        ("an extension without an end", [b"1;", &megabyte(b"x")[..]].concat(), "invalid"),
        ("many extensions", megabyte(b"1;extension=extension\r\n \r\n"), "invalid"),
        ("a size beyond 64 bits", b"fffffffffffffffff\r\n".to_vec(), "invalid"),
        ("no size", b"size\r\n".to_vec(), "invalid"),
        ("a negative size", b"-1\r\n".to_vec(), "invalid"),
        ("trailers without an end", [b"0\r\n", &megabyte(b"X: x\r\n")[..]].concat(), "invalid"),
    ];
    for (what, chunks, outcome) in cases {
        let counted = collector.outcome(outcome).await;
        let mut connection = Connection::open(collector.public).await;
        connection.send(&post(DESKTOP).header("Transfer-Encoding", "chunked").bytes()).await;
        connection.send(&chunks).await;
        if let Some(response) = connection.try_response().await {
            assert!(matches!(response.status, 400 | 413), "{what}: {}", response.everything());
        }
        assert_eq!(collector.outcome(outcome).await, counted + 1.0, "{what}");
    }
    assert_eq!(collector.outcome("accepted").await, 0.0);
    assert_growth(&collector, before, GROWTH_KIB);
    assert_eq!(collector.send(&Beacon::page()).await.status, 204);
}
