//! A line that breaks: it passes bytes on between a client and a server, and cuts connections at the worst moments.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// One in so many pieces of an answer, and of a request, is the last of its connection.
const ANSWERS: u32 = 3;
const REQUESTS: u32 = 8;

/// The line; it goes with this value.
#[derive(Debug)]
pub struct Cut {
    /// Where the client connects to.
    pub address: SocketAddr,
    lost: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Cut {
    /// A line to a server.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a bound socket");
        let lost = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&lost);
        let task = tokio::spawn(async move {
            let mut seed = 0;
            while let Ok((client, _)) = listener.accept().await {
                seed += 1;
                let lost = Arc::clone(&counted);
                tokio::spawn(pass(client, server, SmallRng::seed_from_u64(seed), lost));
            }
        });
        Self { address, lost, task }
    }

    /// How many answers were lost: what they answer was done.
    #[must_use]
    pub fn answers_lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }
}

impl Drop for Cut {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Both ends close when this returns.
async fn pass(mut client: TcpStream, server: SocketAddr, mut random: SmallRng, lost: Arc<AtomicUsize>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let (mut request, mut answer) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let sent = tokio::select! {
            read = client.read(&mut request) => match read {
                Ok(bytes) if bytes > 0 && random.random_range(0..REQUESTS) > 0 => server.write_all(&request[..bytes]).await,
                _ => return,
            },
            read = server.read(&mut answer) => match read {
                Ok(bytes) if bytes > 0 && random.random_range(0..ANSWERS) > 0 => client.write_all(&answer[..bytes]).await,
                Ok(bytes) if bytes > 0 => {
                    lost.fetch_add(1, Ordering::Relaxed);
                    return;
                }
                _ => return,
            },
        };
        if sent.is_err() {
            return;
        }
    }
}
