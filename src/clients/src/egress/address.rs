//! Which addresses are not public? Those of IANA's special-purpose registries, and those that wrap another address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Blocks of IPv4 that agents must not reach: first address, length of the prefix, what it is.
/// Source: IANA IPv4 Special-Purpose Address Registry (RFC 6890 and later), multicast (RFC 5771) and what one cloud keeps in public space.
const V4: &[([u8; 4], u32, &str)] = &[
    ([0, 0, 0, 0], 8, "this network"),
    ([10, 0, 0, 0], 8, "private"),
    ([100, 64, 0, 0], 10, "shared (CGNAT)"),
    ([127, 0, 0, 0], 8, "loopback"),
    // The metadata service of most clouds is 169.254.169.254.
    ([169, 254, 0, 0], 16, "link-local"),
    ([172, 16, 0, 0], 12, "private"),
    ([192, 0, 0, 0], 24, "reserved"),
    ([192, 0, 2, 0], 24, "documentation"),
    ([192, 88, 99, 0], 24, "6to4 relay"),
    ([192, 168, 0, 0], 16, "private"),
    ([198, 18, 0, 0], 15, "benchmarking"),
    ([198, 51, 100, 0], 24, "documentation"),
    ([203, 0, 113, 0], 24, "documentation"),
    ([224, 0, 0, 0], 4, "multicast"),
    ([240, 0, 0, 0], 4, "reserved"),
    // A public address that only Azure's machines reach: their platform's metadata and DNS.
    ([168, 63, 129, 16], 32, "cloud platform"),
];

/// Within the global unicast space of IPv6, 2000::/3, what is not a host of the internet.
/// Source: IANA IPv6 Special-Purpose Address Registry. Everything outside 2000::/3 is refused as a whole.
const V6: &[(Ipv6Addr, u32, &str)] = &[
    // Teredo, ORCHID, benchmarking and other protocols; Teredo wraps an IPv4 address.
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23, "reserved for protocols"),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32, "documentation"),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16, "6to4"),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20, "documentation"),
];

/// Why an address is not one of the public internet; `None` if it is.
#[must_use]
pub fn special(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(address) => special_v4(address),
        IpAddr::V6(address) => special_v6(address),
    }
}

fn special_v4(address: Ipv4Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let within = |first: [u8; 4], length: u32| (bits ^ u32::from_be_bytes(first)) >> (32 - length) == 0;
    V4.iter().find(|(first, length, _)| within(*first, *length)).map(|(_, _, what)| *what)
}

fn special_v6(address: Ipv6Addr) -> Option<&'static str> {
    let bits = address.to_bits();
    let within = |first: Ipv6Addr, length: u32| (bits ^ first.to_bits()) >> (128 - length) == 0;
    if !within(Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3) {
        return Some(match address.segments() {
            [0, 0, 0, 0, 0, 0xffff, ..] => "IPv4-mapped",
            [0x64, 0xff9b, ..] => "NAT64",
            [0, 0, 0, 0, 0, 0, 0, 1] => "loopback",
            [first, ..] if first & 0xffc0 == 0xfe80 => "link-local",
            [first, ..] if first & 0xfe00 == 0xfc00 => "private",
            [first, ..] if first & 0xff00 == 0xff00 => "multicast",
            _ => "reserved",
        });
    }
    V6.iter().find(|(first, length, _)| within(*first, *length)).map(|(_, _, what)| *what)
}
