//! A site that answers each connection by a script, byte by byte as the test wants it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::check::{Phase, Phases};

/// A delay that a test injects; long, so that a busy machine's own delays stay far below it.
pub(crate) const DELAY: Duration = Duration::from_millis(500);

/// What to do on a connection.
#[derive(Debug, Clone)]
pub(crate) enum Step {
    /// Write these bytes.
    Send(Vec<u8>),
    /// Wait.
    Wait(Duration),
    /// Read a request's head.
    Read,
    /// Write these bytes again and again until the other side goes.
    Forever(Vec<u8>),
    /// Keep the connection open and say nothing.
    Hang,
}

pub(crate) fn send(text: impl Into<String>) -> Step {
    Step::Send(text.into().into_bytes())
}

/// A site on loopback. Connections beyond the last script get the last one again.
pub(crate) struct Site {
    pub(crate) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    _server: JoinSet<()>,
}

impl Site {
    /// Reads a request, then does `steps`, on every connection.
    pub(crate) async fn answering(steps: Vec<Step>) -> Self {
        Self::scripted(vec![[vec![Step::Read], steps].concat()]).await
    }

    /// Follows one script per connection, in the order that they come.
    pub(crate) async fn scripted(scripts: Vec<Vec<Step>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        let mut server = JoinSet::new();
        server.spawn(async move {
            let mut connections = JoinSet::new();
            let mut count = 0;
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let script = scripts[count.min(scripts.len() - 1)].clone();
                count += 1;
                connections.spawn(play(stream, script, Arc::clone(&seen)));
            }
        });
        Self { address, requests, _server: server }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

/// Plays a script; the other side may go at any time.
pub(super) async fn play<S>(mut stream: S, script: Vec<Step>, seen: Arc<Mutex<Vec<String>>>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    for step in script {
        let done = match step {
            Step::Send(bytes) => stream.write_all(&bytes).await.and(stream.flush().await),
            Step::Wait(time) => {
                sleep(time).await;
                Ok(())
            }
            Step::Read => {
                let head = read_head(&mut stream).await;
                seen.lock().unwrap().push(head);
                Ok(())
            }
            Step::Forever(bytes) => loop {
                if let Err(gone) = stream.write_all(&bytes).await {
                    break Err(gone);
                }
            },
            Step::Hang => std::future::pending().await,
        };
        if done.is_err() {
            return;
        }
    }
    let _ = stream.shutdown().await;
}

async fn read_head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let (mut head, mut piece) = (Vec::new(), [0; 1024]);
    while !head.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => break,
            Ok(count) => head.extend_from_slice(&piece[..count]),
        }
    }
    String::from_utf8(head).unwrap()
}

/// Asserts that a delay is in one phase and in no other.
pub(crate) trait Far {
    fn only_slow(&self, slow: Phase);
}

impl Far for Phases {
    fn only_slow(&self, slow: Phase) {
        for (phase, time) in self.iter() {
            if phase == slow {
                assert!(time >= DELAY, "{phase:?} took {time:?} only, of {self:?}");
            } else {
                assert!(time < DELAY / 2, "{phase:?} took {time:?}, of {self:?}");
            }
        }
        assert!(self[slow].is_some(), "{slow:?} is missing in {self:?}");
    }
}
