//! Whether a sale is what the shop's server signed, and lately.
//!
//! `Graadmeter-Signature: t=UNIX,v1=HEX`, HMAC-SHA-256 (RFC 2104) over `t.body` with the site's secret. More
//! than one `v1` may be given, so that a secret can be changed without a gap.

use std::time::Duration;

use graadmeter_wire::HexId;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// How far the shop's clock may be from ours.
const SKEW_MAX: Duration = Duration::from_mins(5);

/// A signature that is right. The same signature is the same message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Signed {
    /// The signature's first 128 bits.
    pub id: HexId,
}

/// Checks the header `signature` of a `body`, at `now` since the Unix epoch.
#[must_use]
pub fn verify(signature: &str, body: &[u8], secret: &[u8], now: Duration) -> Option<Signed> {
    let fields = || signature.split(',').filter_map(|field| field.trim().split_once('='));
    let (_, signed_at) = fields().find(|(name, _)| *name == "t")?;
    let seconds: u64 = signed_at.parse().ok()?;
    if Duration::from_secs(seconds).abs_diff(now) > SKEW_MAX {
        return None;
    }
    let mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    let mac = mac.chain_update(signed_at).chain_update(".").chain_update(body);
    let given = fields().filter(|(name, _)| *name == "v1").filter_map(|(_, digits)| hex::decode(digits).ok());
    let right = given.take(SIGNATURES_MAX).find(|given| mac.clone().verify_slice(given).is_ok())?;
    let first: [u8; 16] = right.get(..16)?.try_into().ok()?;
    Some(Signed { id: HexId::from(u128::from_be_bytes(first)) })
}

/// Signatures of one message that are tried.
const SIGNATURES_MAX: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"0123456789abcdef";
    /// `printf '1700000000.{"v":1}' | openssl dgst -sha256 -hmac 0123456789abcdef`
    const RIGHT: &str = "7d7078b5a4f592e863b78a87e2c8fece8a1bddfd672427275c08b77d67dea7ef";
    const NOW: Duration = Duration::from_secs(1_700_000_000);

    fn is_right(signature: &str, body: &[u8], secret: &[u8], now: Duration) -> bool {
        verify(signature, body, secret, now).is_some()
    }

    #[test]
    fn openssl_signs_the_same() {
        assert!(is_right(&format!("t=1700000000,v1={RIGHT}"), b"{\"v\":1}", SECRET, NOW));
        assert!(is_right(&format!("v1=00, t=1700000000, v1={RIGHT}"), b"{\"v\":1}", SECRET, NOW));
    }

    #[test]
    fn every_part_counts() {
        let signature = format!("t=1700000000,v1={RIGHT}");
        assert!(!is_right(&signature, b"{\"v\":2}", SECRET, NOW));
        assert!(!is_right(&signature, b"{\"v\":1}", b"another secret..", NOW));
        assert!(!is_right(&format!("t=1700000001,v1={RIGHT}"), b"{\"v\":1}", SECRET, NOW));
        for nonsense in ["", "t=1700000000", "t=1700000000,v1=", "t=1700000000,v1=zz", "v1", "t=x,v1=00"] {
            assert!(!is_right(nonsense, b"{\"v\":1}", SECRET, NOW), "{nonsense}");
        }
    }

    #[test]
    fn a_signature_lasts_five_minutes_either_way() {
        let signature = format!("t=1700000000,v1={RIGHT}");
        let at = |seconds| is_right(&signature, b"{\"v\":1}", SECRET, Duration::from_secs(seconds));
        assert!(at(1_700_000_300) && at(1_699_999_700));
        assert!(!at(1_700_000_301) && !at(1_699_999_699));
    }
}
