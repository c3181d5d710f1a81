//! HTTP/1.1 by hand, over a plain socket: tests send what no polite client would, and see every byte that comes back.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

const PATIENCE: Duration = Duration::from_mins(1);

/// A request to be written out.
#[derive(Debug, Clone)]
pub struct Request {
    head: String,
    body: Vec<u8>,
}

impl Request {
    /// `METHOD /path`, with a `Host` and nothing else yet.
    #[must_use]
    pub fn new(method: &str, path: &str) -> Self {
        Self { head: format!("{method} {path} HTTP/1.1\r\nHost: collector.test\r\n"), body: Vec::new() }
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        for part in [name, ": ", value, "\r\n"] {
            self.head.push_str(part);
        }
        self
    }

    /// Sets the body and its `Content-Length`.
    #[must_use]
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("Content-Length", &length)
    }

    /// Sets a body that is sent in chunks of `size` bytes.
    #[must_use]
    pub fn chunked(mut self, body: &[u8], size: usize) -> Self {
        for chunk in body.chunks(size) {
            self.body.extend(format!("{:x}\r\n", chunk.len()).bytes());
            self.body.extend(chunk);
            self.body.extend(b"\r\n");
        }
        self.body.extend(b"0\r\n\r\n");
        self.header("Transfer-Encoding", "chunked")
    }

    /// The bytes that go over the wire.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        [self.head.as_bytes(), b"\r\n", &self.body].concat()
    }

    /// Sends it on a connection of its own.
    pub async fn send(&self, to: SocketAddr) -> Response {
        let mut connection = Connection::open(to).await;
        connection.send(&self.bytes()).await;
        connection.response().await
    }
}

/// `GET path`
pub async fn get(from: SocketAddr, path: &str) -> Response {
    Request::new("GET", path).send(from).await
}

/// A response, read to its end.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The body, without chunks.
    pub body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Response {
    /// The value of a header, if it is there.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| &**value)
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {:?}", self.text()))
    }

    /// Everything that came back, as one text: to look for what must not be there.
    #[must_use]
    pub fn everything(&self) -> String {
        let headers = self.headers.iter().map(|(name, value)| format!("{name}: {value}\n"));
        headers.collect::<String>() + &self.text()
    }
}

/// An open connection.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub async fn open(to: SocketAddr) -> Self {
        Self::try_open(to).await.unwrap_or_else(|error| panic!("{to}: {error}"))
    }

    /// Connects, if anybody listens.
    ///
    /// # Errors
    ///
    /// What the system says when nobody does.
    pub async fn try_open(to: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(to).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: Vec::new() })
    }

    /// Connects from this address of the machine, as another client.
    pub async fn open_from(from: IpAddr, to: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::new(from, 0)).expect("an address of loopback");
        let stream = socket.connect(to).await.unwrap_or_else(|error| panic!("{to}: {error}"));
        Self { stream, received: Vec::new() }
    }

    /// Sends this piece every so often, until the other side closes.
    pub async fn drip(mut self, piece: &[u8], every: Duration) {
        loop {
            tokio::select! {
                read = self.stream.read_buf(&mut self.received) => {
                    if !read.is_ok_and(|bytes| bytes > 0) {
                        return;
                    }
                }
                () = tokio::time::sleep(every) => self.send(piece).await,
            }
        }
    }

    /// Writes bytes. That the other side no longer reads is not an error: its answer says why.
    pub async fn send(&mut self, bytes: &[u8]) {
        let _ = self.stream.write_all(bytes).await;
    }

    /// Says that nothing more will be sent.
    pub async fn finish(&mut self) {
        let _ = self.stream.shutdown().await;
    }

    /// Reads one response.
    pub async fn response(&mut self) -> Response {
        self.try_response().await.expect("the connection was closed without an answer")
    }

    /// Reads a response's head and leaves its body, if any: for answers to `HEAD`.
    pub async fn head(&mut self) -> Response {
        self.try_head().await.expect("the connection was closed without an answer")
    }

    async fn try_head(&mut self) -> Option<Response> {
        let end = self.read_until(b"\r\n\r\n").await?;
        let head = String::from_utf8_lossy(&self.received[..end]).into_owned();
        self.received.drain(..end);
        let mut lines = head.trim_end().split("\r\n");
        let status: u16 = lines.next()?.split(' ').nth(1)?.parse().expect("a status line");
        let headers: Vec<(String, String)> = lines
            .filter_map(|line| line.split_once(':'))
            .map(|(name, value)| (name.to_owned(), value.trim().to_owned()))
            .collect();
        Some(Response { status, body: Vec::new(), headers })
    }

    /// Reads one response, or nothing if the connection ends before one is complete.
    pub async fn try_response(&mut self) -> Option<Response> {
        let mut response = self.try_head().await?;
        response.body = match (
            response.status,
            response.header("content-length"),
            response.header("transfer-encoding"),
        ) {
            (100..=199 | 204 | 304, ..) => Vec::new(),
            (_, Some(length), _) => self.take(length.parse().expect("a length")).await?,
            (_, None, Some(_)) => self.take_chunks().await?,
            (_, None, None) => self.take_rest().await,
        };
        Some(response)
    }

    /// Whether the other side has closed; waits for it.
    pub async fn is_closed(&mut self) -> bool {
        self.received.is_empty() && !self.fill().await
    }

    async fn take_chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let end = self.read_until(b"\r\n").await?;
            let size = String::from_utf8_lossy(&self.received[..end]).trim().to_owned();
            self.received.drain(..end);
            let size = usize::from_str_radix(&size, 16).expect("a chunk's size");
            let chunk = self.take(size + 2).await?;
            if size == 0 {
                return Some(body);
            }
            body.extend(&chunk[..size]);
        }
    }

    async fn take(&mut self, length: usize) -> Option<Vec<u8>> {
        while self.received.len() < length {
            if !self.fill().await {
                return None;
            }
        }
        Some(self.received.drain(..length).collect())
    }

    /// Everything until the other side closes, as text: of one that speaks no HTTP.
    pub async fn rest(&mut self) -> String {
        String::from_utf8_lossy(&self.take_rest().await).into_owned()
    }

    async fn take_rest(&mut self) -> Vec<u8> {
        while self.fill().await {}
        std::mem::take(&mut self.received)
    }

    async fn read_until(&mut self, mark: &[u8]) -> Option<usize> {
        loop {
            if let Some(start) = self.received.windows(mark.len()).position(|window| window == mark) {
                return Some(start + mark.len());
            }
            if !self.fill().await {
                return None;
            }
        }
    }

    async fn fill(&mut self) -> bool {
        let read = tokio::time::timeout(PATIENCE, self.stream.read_buf(&mut self.received)).await;
        let read = read.unwrap_or_else(|_| panic!("no answer within {PATIENCE:?}"));
        read.is_ok_and(|bytes| bytes > 0)
    }
}
