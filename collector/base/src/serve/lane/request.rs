//! Which bytes are a usual request. What is doubtful is none.

use std::mem::MaybeUninit;

use httparse::{Header, Status};
use hyper::header::{HeaderMap, HeaderValue};

/// Headers that a usual request has at the most.
const HEADERS_MAX: usize = 64;

/// Where the headers of one request are found.
pub(super) struct Room<'a>([MaybeUninit<Header<'a>>; HEADERS_MAX]);

impl Default for Room<'_> {
    fn default() -> Self {
        Self([const { MaybeUninit::uninit() }; HEADERS_MAX])
    }
}

/// A POST that is here as a whole.
#[derive(Debug, Clone, Copy)]
pub struct Post<'a> {
    /// The target, as it was sent.
    pub target: &'a str,
    /// The header fields.
    pub heads: Heads<'a>,
    /// The whole body.
    pub body: &'a [u8],
}

/// The header fields of a request in the lane.
#[derive(Debug, Clone, Copy)]
pub struct Heads<'a>(&'a [Header<'a>]);

/// Header fields, wherever they were read.
pub trait Fields {
    /// Shows every name, in whatever case, and its value, in their order.
    fn each<'a>(&'a self, visit: impl FnMut(&str, &'a [u8]));

    /// The values of all fields of this name, which is in lower case, from the first to the last.
    fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]>;

    /// The value of the first field of this name, which is in lower case.
    fn first<'a>(&'a self, name: &'a str) -> Option<&'a [u8]> {
        self.all(name).next()
    }
}

impl Fields for Heads<'_> {
    fn each<'a>(&'a self, mut visit: impl FnMut(&str, &'a [u8])) {
        for header in self.0 {
            visit(header.name, header.value);
        }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.0.iter().filter(move |header| is_named(header, name)).map(|header| header.value)
    }
}

impl Fields for HeaderMap {
    fn each<'a>(&'a self, mut visit: impl FnMut(&str, &'a [u8])) {
        for (name, value) in self {
            visit(name.as_str(), value.as_bytes());
        }
    }

    fn all<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a [u8]> {
        self.get_all(name).iter().map(HeaderValue::as_bytes)
    }
}

fn is_named(header: &Header<'_>, name: &str) -> bool {
    header.name.len() == name.len() && header.name.eq_ignore_ascii_case(name)
}

/// What the next bytes of a connection are.
pub(super) enum Look<'a> {
    /// A usual request, and its length.
    Whole(Post<'a>, usize),
    /// Perhaps the beginning of one.
    Begun {
        /// Whether its head is here.
        has_head: bool,
    },
    /// Something else, or nothing that may be.
    Other,
}

/// Looks at what has come.
pub(super) fn look<'a>(bytes: &'a [u8], room: &'a mut Room<'a>) -> Look<'a> {
    let mut request = httparse::Request::new(&mut []);
    let head = match request.parse_with_uninit_headers(bytes, &mut room.0) {
        Ok(Status::Complete(length)) => length,
        Ok(Status::Partial) => return Look::Begun { has_head: false },
        Err(_) => return Look::Other,
    };
    let (Some("POST"), Some(target), Some(1)) = (request.method, request.path, request.version) else {
        return Look::Other;
    };
    if !is_plain_path(target) {
        return Look::Other;
    }
    let headers: &'a [Header<'a>] = request.headers;
    let Some(length) = body_length(headers) else { return Look::Other };
    match bytes.get(head..head + length) {
        Some(body) => Look::Whole(Post { target, heads: Heads(headers), body }, head + length),
        None => Look::Begun { has_head: true },
    }
}

/// Whether a target is a path of unreserved characters (RFC 3986, section 2.3), about which nobody disagrees.
fn is_plain_path(target: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte);
    target.starts_with('/') && target.bytes().all(is_plain)
}

/// The length of the body, if that is all that the headers say of how the request is framed and answered
/// (RFC 9112, sections 6 and 9; RFC 9110, section 10.1.1).
fn body_length(headers: &[Header<'_>]) -> Option<usize> {
    let mut length = None;
    for header in headers {
        match header.name.len() {
            14 if is_named(header, "content-length") => {
                if length.is_some() {
                    return None;
                }
                length = Some(digits(header.value)?);
            }
            10 if is_named(header, "connection") && !header.value.eq_ignore_ascii_case(b"keep-alive") => {
                return None;
            }
            17 if is_named(header, "transfer-encoding") => return None,
            7 if is_named(header, "upgrade") => return None,
            6 if is_named(header, "expect") => return None,
            _ => {}
        }
    }
    length
}

/// One to six digits and nothing else.
fn digits(value: &[u8]) -> Option<usize> {
    if !(1..=6).contains(&value.len()) {
        return None;
    }
    value.iter().try_fold(0, |number, byte| {
        let digit = byte.wrapping_sub(b'0');
        (digit <= 9).then(|| number * 10 + usize::from(digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const USUAL: &str = "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nX-A: 1\r\nx-a: 2\r\n\r\nhi";

    #[test]
    fn finds_the_parts_of_a_usual_request() {
        let mut room = Room::default();
        let two = format!("{USUAL}POST");
        let Look::Whole(post, length) = look(two.as_bytes(), &mut room) else { panic!("a usual request") };
        assert_eq!((post.target, post.body, length), ("/a", &b"hi"[..], USUAL.len()));
        assert_eq!(post.heads.all("x-a").collect::<Vec<_>>(), [b"1", b"2"]);
        assert_eq!((post.heads.first("x-a"), post.heads.first("x-b")), (Some(&b"1"[..]), None));
    }

    #[test]
    fn waits_for_the_rest_of_one() {
        for end in 1..USUAL.len() {
            let mut room = Room::default();
            let has_head = USUAL[..end].contains("\r\n\r\n");
            match look(&USUAL.as_bytes()[..end], &mut room) {
                Look::Begun { has_head: found } => assert_eq!(found, has_head, "{end}"),
                _ => panic!("{end}"),
            }
        }
    }

    #[test]
    fn leaves_everything_else() {
        for (from, to) in [
            ("POST", "PUT"),
            ("/a", "a"),
            ("/a", "/a?b"),
            ("/a", "/a<b"),
            ("/a", "http://x/a"),
            ("HTTP/1.1", "HTTP/1.0"),
            ("Host: x", "Host : x"),
            ("Host: x", "Connection: close"),
            ("Host: x", "Connection: keep-alive, upgrade"),
            ("Host: x", "Transfer-Encoding: chunked"),
            ("Host: x", "transfer-encoding: identity"),
            ("Host: x", "Content-Length: 2"),
            ("Host: x", "Expect: 100-continue"),
            ("Host: x", "Upgrade: h2c"),
            ("Content-Length: 2", "Content-Length: +2"),
            ("Content-Length: 2", "Content-Length: 2, 2"),
            ("Content-Length: 2", "Content-Length: 0x2"),
            ("Content-Length: 2", "Content-Length: 2000000"),
            ("Content-Length: 2", "Content-Length:"),
            ("Content-Length: 2\r\n", ""),
        ] {
            let mut room = Room::default();
            let other = USUAL.replace(from, to);
            assert!(matches!(look(other.as_bytes(), &mut room), Look::Other), "{other}");
        }
    }
}
