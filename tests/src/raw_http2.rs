//! HTTP/2 by hand, frame by frame: tests send what no polite client would (RFC 9113; header blocks by RFC 7541, each
//! field a literal that no table keeps).

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;

const PATIENCE: Duration = Duration::from_mins(1);
const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
const FRAME_HEAD_BYTES: usize = 9;

/// Types of frames.
pub const DATA: u8 = 0;
/// See [`DATA`].
pub const HEADERS: u8 = 1;
/// See [`DATA`].
pub const RST_STREAM: u8 = 3;
/// See [`DATA`].
pub const SETTINGS: u8 = 4;
/// See [`DATA`].
pub const PING: u8 = 6;
/// See [`DATA`].
pub const GOAWAY: u8 = 7;
/// See [`DATA`].
pub const CONTINUATION: u8 = 9;

/// Nothing follows on this stream; on `SETTINGS` and `PING`, an acknowledgement.
pub const END_STREAM: u8 = 1;
/// The header block ends here.
pub const END_HEADERS: u8 = 4;

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Its type.
    pub kind: u8,
    /// Its flags.
    pub flags: u8,
    /// Its stream; 0 is the connection.
    pub stream: u32,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Frame {
    /// A frame to be sent.
    #[must_use]
    pub fn new(kind: u8, flags: u8, stream: u32, payload: impl Into<Vec<u8>>) -> Self {
        Self { kind, flags, stream, payload: payload.into() }
    }

    /// A request's head.
    #[must_use]
    pub fn headers(stream: u32, flags: u8, fields: &[(&str, &str)]) -> Self {
        Self::new(HEADERS, flags | END_HEADERS, stream, block(fields))
    }

    /// The bytes that go over the wire.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let length = u32::try_from(self.payload.len()).expect("a short payload").to_be_bytes();
        let head = [&length[1..], &[self.kind, self.flags], &self.stream.to_be_bytes()].concat();
        [head, self.payload.clone()].concat()
    }
}

/// A header block.
#[must_use]
pub fn block(fields: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in fields {
        block.push(0);
        for text in [name, value] {
            write_length(&mut block, text.len());
            block.extend(text.bytes());
        }
    }
    block
}

/// An integer with a prefix of seven bits (RFC 7541, section 5.1).
fn write_length(block: &mut Vec<u8>, length: usize) {
    if length < 127 {
        block.push(length as u8);
        return;
    }
    block.push(127);
    let mut rest = length - 127;
    while rest >= 128 {
        block.push((rest % 128) as u8 | 128);
        rest /= 128;
    }
    block.push(rest as u8);
}

/// A connection that has said it speaks HTTP/2.
#[derive(Debug)]
pub struct Connection<S = TcpStream> {
    stream: S,
    received: Vec<u8>,
}

impl Connection {
    /// Connects, knowing that HTTP/2 is spoken there.
    pub async fn open(to: SocketAddr) -> Self {
        let stream = TcpStream::connect(to).await.unwrap_or_else(|error| panic!("{to}: {error}"));
        Self::over(stream).await
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Connection<S> {
    /// Begins on a connection that is there.
    pub async fn over(mut stream: S) -> Self {
        let greeting = [PREFACE, &Frame::new(SETTINGS, 0, 0, []).bytes()].concat();
        stream.write_all(&greeting).await.expect("it reads");
        Self { stream, received: Vec::new() }
    }

    /// Writes frames. That the other side no longer reads is not an error: its answer says why.
    pub async fn send(&mut self, frames: &[Frame]) -> bool {
        let bytes: Vec<u8> = frames.iter().flat_map(Frame::bytes).collect();
        self.stream.write_all(&bytes).await.is_ok()
    }

    /// The next frame, or nothing when the connection is closed.
    pub async fn frame(&mut self) -> Option<Frame> {
        self.fill(FRAME_HEAD_BYTES).await?;
        let head: Vec<u8> = self.received.drain(..FRAME_HEAD_BYTES).collect();
        let length = u32::from_be_bytes([0, head[0], head[1], head[2]]) as usize;
        self.fill(length).await?;
        let payload = self.received.drain(..length).collect();
        let stream = u32::from_be_bytes([head[5], head[6], head[7], head[8]]);
        Some(Frame { kind: head[3], flags: head[4], stream, payload })
    }

    /// The next frame of one of these types on a stream.
    pub async fn frame_of(&mut self, kinds: &[u8], stream: u32) -> Option<Frame> {
        loop {
            let frame = self.frame().await?;
            if kinds.contains(&frame.kind) && frame.stream == stream {
                return Some(frame);
            }
        }
    }

    /// The status of the answer on a stream: of those that are in HPACK's static table, or spelt out.
    pub async fn status(&mut self, stream: u32) -> Option<u16> {
        const INDEXED: [(u8, u16); 7] =
            [(0x88, 200), (0x89, 204), (0x8a, 206), (0x8b, 304), (0x8c, 400), (0x8d, 404), (0x8e, 500)];
        let head =
            self.frame_of(&[HEADERS, RST_STREAM], stream).await.filter(|frame| frame.kind == HEADERS)?;
        // A change of the table's size may come first (RFC 7541, section 6.3).
        let field = head.payload.iter().position(|byte| byte & 0xe0 != 0x20).expect("a field");
        let indexed = INDEXED.iter().find(|(byte, _)| *byte == head.payload[field]);
        Some(indexed.unwrap_or_else(|| panic!("no status: {:?}", head.payload)).1)
    }

    /// Whether the other side says that it takes no more, or simply closes; waits for it.
    pub async fn is_sent_away(&mut self) -> bool {
        self.frame_of(&[GOAWAY], 0).await;
        true
    }

    async fn fill(&mut self, length: usize) -> Option<()> {
        while self.received.len() < length {
            let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
            let read = read.unwrap_or_else(|_| panic!("nothing came within {PATIENCE:?}"));
            read.ok().filter(|bytes| *bytes > 0)?;
        }
        Some(())
    }
}
