//! From a name to an open connection: the phases `resolve` and `connect`.
//!
//! Addresses are tried in the system's order (RFC 6724), one after another. Each gets an equal part of the
//! time that is left, so that one address that swallows packets can't use up the others' time.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpStream, lookup_host};
use tokio::time::{Instant, timeout};

use super::error::CheckError;
use crate::limits::ADDRESSES_MAX;

/// The addresses of one name: at least one, at most [`ADDRESSES_MAX`].
pub(super) struct Addresses {
    first: SocketAddr,
    others: Vec<SocketAddr>,
}

/// The addresses of `host`, which may be an address itself.
pub(super) async fn resolve(host: &str, port: u16) -> Result<Addresses, CheckError> {
    let found = lookup_host((host, port)).await;
    let mut found = found.map_err(|source| CheckError::Resolve { host: host.to_owned(), source })?;
    let first = found.next().ok_or_else(|| CheckError::NoAddress { host: host.to_owned() })?;
    Ok(Addresses { first, others: found.take(ADDRESSES_MAX - 1).collect() })
}

/// A connection to the first of `addresses` that takes one.
pub(super) async fn connect(addresses: &Addresses, deadline: Instant) -> Result<TcpStream, CheckError> {
    let mut address = addresses.first;
    for (tried, next) in addresses.others.iter().enumerate() {
        let left = deadline.saturating_duration_since(Instant::now());
        let share = left / (addresses.others.len() + 1 - tried) as u32; // at most ADDRESSES_MAX
        if let Ok(Ok(stream)) = timeout(share, open(address)).await {
            return Ok(stream);
        }
        address = *next;
    }
    // The last one has all the time that is left, which the caller limits.
    open(address).await.map_err(|source| CheckError::Connect { address: address.to_string(), source })
}

/// Small packets go out at once: waiting for more of them would be measured as the server's time.
async fn open(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::net::TcpListener;

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_refuses() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let deadline = Instant::now() + Duration::from_secs(10);
        let addresses = Addresses { first: closed, others: vec![open] };
        let stream = connect(&addresses, deadline).await.unwrap();
        assert_eq!(stream.peer_addr().unwrap(), open);
    }

    #[tokio::test]
    async fn the_last_refusal_is_told_with_its_address() {
        let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let addresses = Addresses { first: closed, others: Vec::new() };
        let error = connect(&addresses, Instant::now() + Duration::from_secs(10)).await.unwrap_err();
        let message = error.to_string();
        assert!(message.contains(&closed.to_string()) && message.contains("refused"), "{message}");
    }

    #[tokio::test]
    async fn addresses_need_no_resolver() {
        for (host, address) in [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80")] {
            let addresses = resolve(host, 80).await.unwrap();
            assert_eq!((addresses.first.to_string().as_str(), addresses.others.len()), (address, 0));
        }
    }

    #[tokio::test]
    async fn a_name_that_can_not_exist_is_not_found() {
        // RFC 6761 reserves `.invalid` for this.
        let error = resolve("shop.invalid", 80).await.err().unwrap();
        assert!(matches!(&error, CheckError::Resolve { host, .. } if host == "shop.invalid"), "{error}");
    }
}
