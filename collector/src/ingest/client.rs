//! Who the client is: the socket's peer, or the address that trusted proxies vouch for.
//!
//! `X-Forwarded-For` grows to the right, each proxy adding whom it spoke to. So it is read from the right,
//! as long as the speaker is trusted; what stands further left anybody could have written.

use std::net::IpAddr;

use graadmeter_base::serve::Fields;
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";

/// Whether an address belongs to a trusted proxy.
#[must_use]
pub fn is_trusted(address: IpAddr, trusted: &[IpNet]) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The first address, from the socket outwards, that is no trusted proxy.
#[must_use]
pub fn address(peer: IpAddr, fields: &impl Fields, trusted: &[IpNet]) -> IpAddr {
    let mut client = peer.to_canonical();
    if !is_trusted(client, trusted) {
        return client;
    }
    // Bytes, because what is no text in a stranger's part must not hide what a proxy added to it.
    let lists = fields.all(FORWARDED_FOR).rev();
    let mut hops = lists.flat_map(|list| list.rsplit(|byte| *byte == b','));
    while is_trusted(client, trusted) {
        let Some(next) = hops.next().and_then(|hop| parse(str::from_utf8(hop).ok()?.trim())) else { break };
        client = next;
    }
    client
}

/// An address as proxies write it: bare, with a port, or in brackets.
fn parse(hop: &str) -> Option<IpAddr> {
    let bare = hop.strip_prefix('[').and_then(|rest| rest.split_once(']')).map_or(hop, |(bare, _)| bare);
    let with_port = || hop.parse::<std::net::SocketAddr>().ok().map(|address| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use hyper::header::{HeaderMap, HeaderValue};

    use super::*;

    fn client(peer: &str, forwarded: &[&str]) -> String {
        let trusted: Vec<IpNet> = vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()];
        let mut headers = HeaderMap::new();
        for list in forwarded {
            headers.append(FORWARDED_FOR, HeaderValue::from_bytes(list.as_bytes()).unwrap());
        }
        address(peer.parse().unwrap(), &headers, &trusted).to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn trusted_proxies_are_followed_from_the_right() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["6.6.6.6, 198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "198.51.100.7, 10.0.0.2"]), "198.51.100.7");
        assert_eq!(client("::ffff:10.0.0.1", &["2001:db8::9, 2001:db8:1::2"]), "2001:db8::9");
        assert_eq!(client("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["[2a00::1]:443"]), "2a00::1");
    }

    #[test]
    fn nonsense_ends_the_chain() {
        assert_eq!(client("10.0.0.1", &["198.51.100.7, nonsense"]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[""]), "10.0.0.1");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn nonsense_hides_nothing_that_a_proxy_added() {
        assert_eq!(client("10.0.0.1", &["é, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "é, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["6.6.6.6", "é"]), "10.0.0.1");
    }
}
