//! Answers as HTTP/1.1 writes them, with the date of when they were written.

use std::cell::Cell;
use std::time::SystemTime;

use bytes::Bytes;
use hyper::{Response, StatusCode};

/// A date as HTTP writes it is this long.
const DATE_LENGTH: usize = "Sun, 06 Nov 1994 08:49:37 GMT".len();

thread_local! {
    /// The last date that was written, and the time of the connections' clock at which it was asked for.
    static DATE: Cell<Option<(u64, [u8; DATE_LENGTH])>> = const { Cell::new(None) };
}

/// Appends an answer. `now_ms` is a clock that may stand still for a second, so that the time is not asked for
/// each of them.
pub(super) fn write_response(response: &Response<Bytes>, is_last: bool, now_ms: u64, out: &mut Vec<u8>) {
    let (status, body) = (response.status(), response.body());
    out.extend_from_slice(b"HTTP/1.1 ");
    out.extend_from_slice(status.as_str().as_bytes());
    out.extend_from_slice(b" ");
    out.extend_from_slice(status.canonical_reason().unwrap_or_default().as_bytes());
    for (name, value) in response.headers() {
        out.extend_from_slice(b"\r\n");
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
    }
    // RFC 9110, section 8.6: never with this status.
    if status != StatusCode::NO_CONTENT {
        out.extend_from_slice(b"\r\ncontent-length: ");
        out.extend_from_slice(body.len().to_string().as_bytes());
    }
    if is_last {
        out.extend_from_slice(b"\r\nconnection: close");
    }
    if let Some(date) = date(now_ms) {
        out.extend_from_slice(b"\r\ndate: ");
        out.extend_from_slice(&date);
    }
    out.extend_from_slice(b"\r\n\r\n");
    out.extend_from_slice(body);
}

fn date(now_ms: u64) -> Option<[u8; DATE_LENGTH]> {
    if let Some((asked_ms, date)) = DATE.get()
        && asked_ms == now_ms
    {
        return Some(date);
    }
    let date = httpdate::fmt_http_date(SystemTime::now()).as_bytes().try_into().ok()?;
    DATE.set(Some((now_ms, date)));
    Some(date)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use hyper::header::{ALLOW, HeaderValue};

    use super::*;

    fn written(response: &Response<Bytes>, is_last: bool) -> String {
        let mut out = Vec::new();
        write_response(response, is_last, 1, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn writes_what_a_client_understands() {
        let mut refusal = Response::new(Bytes::from_static(b"no"));
        *refusal.status_mut() = StatusCode::METHOD_NOT_ALLOWED;
        refusal.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        let text = written(&refusal, true);
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        let mut lines = head.lines();
        assert_eq!(lines.next(), Some("HTTP/1.1 405 Method Not Allowed"));
        let mut headers: Vec<_> = lines.filter(|line| !line.starts_with("date: ")).collect();
        headers.sort_unstable();
        assert_eq!((headers, body), (vec!["allow: POST", "connection: close", "content-length: 2"], "no"));
    }

    #[test]
    fn an_empty_answer_has_no_length_but_a_date() {
        let mut empty = Response::new(Bytes::new());
        *empty.status_mut() = StatusCode::NO_CONTENT;
        let text = written(&empty, false);
        let date = text.strip_prefix("HTTP/1.1 204 No Content\r\ndate: ").unwrap();
        let date = httpdate::parse_http_date(date.strip_suffix("\r\n\r\n").unwrap()).unwrap();
        assert!(date.elapsed().unwrap() < Duration::from_mins(1));
    }
}
