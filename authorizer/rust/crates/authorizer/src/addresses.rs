//! IP networks in CIDR form, and addresses as API Gateway writes them (docs/reference/decision.md, 21).

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// A network: its first address, and how many leading bits count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// IPv4 (RFC 4632).
    V4(Ipv4Addr, u8),
    /// IPv6 (RFC 4291 section 2.3).
    V6(Ipv6Addr, u8),
}

impl Network {
    /// Reads the one form of a network: no host bits, RFC 5952, no zone, no IPv4 in IPv6.
    pub fn read(text: &str) -> Option<Self> {
        let (address, length) = text.split_once('/')?;
        let length: u8 = length.parse().ok()?;
        let network = match address.parse().ok()? {
            IpAddr::V4(address) => {
                let host = u32::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                (length <= 32 && u32::from(address) & host == 0).then_some(Network::V4(address, length))
            }
            IpAddr::V6(address) => {
                let host = u128::MAX.checked_shr(u32::from(length)).unwrap_or(0);
                let plain = u128::from(address) & host == 0 && address.to_ipv4_mapped().is_none();
                (length <= 128 && plain).then_some(Network::V6(address, length))
            }
        }?;
        (network.to_string() == text).then_some(network)
    }

    /// Whether the address lies in it: IPv4 only in IPv4 networks, IPv6 (also an IPv4-mapped one) only in IPv6 ones.
    pub fn holds(&self, address: IpAddr) -> bool {
        match (*self, address) {
            (Network::V4(first, length), IpAddr::V4(address)) => {
                let differing = u32::from(first) ^ u32::from(address);
                differing.leading_zeros() >= u32::from(length)
            }
            (Network::V6(first, length), IpAddr::V6(address)) => {
                let differing = u128::from(first) ^ u128::from(address);
                differing.leading_zeros() >= u32::from(length)
            }
            _ => false,
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Network::V4(address, length) => write!(formatter, "{address}/{length}"),
            Network::V6(address, length) => write!(formatter, "{address}/{length}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_lies_in_its_networks_and_in_no_other() {
        let holds = |network: &str, address: &str| Network::read(network).unwrap().holds(address.parse().unwrap());
        assert!(holds("192.0.2.0/24", "192.0.2.255"));
        assert!(!holds("192.0.2.0/24", "192.0.3.0"));
        assert!(holds("0.0.0.0/0", "203.0.113.9"));
        assert!(holds("192.0.2.7/32", "192.0.2.7"));
        assert!(!holds("192.0.2.7/32", "192.0.2.6"));
        assert!(holds("2001:db8::/32", "2001:db8:ffff::1"));
        assert!(!holds("::/0", "192.0.2.1"));
        assert!(!holds("192.0.2.0/24", "::ffff:192.0.2.1"));
    }

    #[test]
    fn a_network_has_one_text() {
        for text in ["192.0.2.1/24", "192.0.2.0/+24", "192.0.2.0/024", "192.0.2.0", "192.0.2.0/33", "2001:DB8::/32"] {
            assert_eq!(Network::read(text), None, "{text}");
        }
        for text in ["2001:db8:0::/32", "::ffff:0:0/96", "fe80::%1/64", "::/129", "1::2/64", "2001:db8::/32 "] {
            assert_eq!(Network::read(text), None, "{text}");
        }
        assert!(Network::read("::/0").is_some());
    }
}
