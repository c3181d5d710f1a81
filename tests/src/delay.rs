//! A server that is too busy to accept: a connection takes about a second, as long as TCP waits before it asks again.
//!
//! The system completes handshakes by itself as long as the listener's queue has room. With a full queue it drops the
//! client's SYN, and Linux sends the next one after a second.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// A proxy whose next connection waits for its handshake.
#[derive(Debug)]
pub struct BusyProxy {
    /// Where to connect.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl BusyProxy {
    /// Passes connections on to `server`; those that come within the first 300 ms find a full queue.
    pub async fn before(server: SocketAddr) -> Self {
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a free port");
        let listener = socket.listen(0).expect("a bound socket");
        let address = listener.local_addr().expect("a bound socket");
        let filling = TcpStream::connect(address).await.expect("one place in the queue");
        let task = tokio::spawn(serve(listener, filling, server));
        Self { address, task }
    }
}

impl Drop for BusyProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, filling: TcpStream, server: SocketAddr) {
    tokio::time::sleep(Duration::from_millis(300)).await;
    drop(filling);
    while let Ok((mut client, _)) = listener.accept().await {
        tokio::spawn(async move {
            if let Ok(mut server) = TcpStream::connect(server).await {
                let _ = tokio::io::copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}
