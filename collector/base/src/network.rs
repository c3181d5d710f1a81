//! Who counts as one client, wherever clients have a share.

use std::net::IpAddr;

/// An IPv4 address, or the /64 of an IPv6 address, which one customer has whole (RFC 6177).
#[must_use]
pub fn network(client: IpAddr) -> u128 {
    match client.to_canonical() {
        IpAddr::V4(address) => u128::from(address.to_bits()),
        IpAddr::V6(address) => address.to_bits() >> 64 << 64,
    }
}
