//! Whether the rules of addresses and hosts let nothing private through, however it is written.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use baton_clients::egress::{Media, Rules, shown, sniff, special};
use baton_domain::egress::EgressPolicy;
use baton_domain::problem::Code;
use proptest::prelude::*;

#[test]
fn the_addresses_agree_with_the_reference() {
    let mut public = 0;
    for line in include_str!("reference/addresses.tsv").lines() {
        let (address, global) = line.split_once('\t').unwrap();
        let address: IpAddr = address.parse().unwrap();
        if global == "false" {
            assert!(special(address).is_some(), "{address} is not public");
        } else if special(address).is_none() {
            public += 1;
        } else {
            // What is global to IANA and refused here.
            let more = matches!(
                special(address).unwrap(),
                "6to4" | "6to4 relay" | "NAT64" | "reserved" | "reserved for protocols" | "documentation" | "IPv4-mapped"
            );
            assert!(more, "{address}: {:?}", special(address));
        }
    }
    assert!(public > 400, "{public} public addresses");
}

#[test]
fn metadata_services_of_clouds_are_refused() {
    for address in ["169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254"] {
        assert!(special(address.parse().unwrap()).is_some(), "{address}");
    }
}

proptest! {
    #[test]
    fn no_ipv6_form_smuggles_an_ipv4_address(bits: u32) {
        let v4 = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = v4.octets().map(u16::from);
        let (high, low) = (a << 8 | b, c << 8 | d);
        for form in [
            v4.to_ipv6_mapped(),
            v4.to_ipv6_compatible(),
            Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low),
            Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low),
            Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1),
            Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, !high, !low),
        ] {
            prop_assert!(special(IpAddr::V6(form)).is_some(), "{}", form);
        }
    }

    #[test]
    fn what_the_standard_library_calls_special_is_special(bits: u32, six: u128) {
        let v4 = Ipv4Addr::from_bits(bits);
        if v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast() || v4.is_broadcast() || v4.is_documentation() || v4.is_unspecified() {
            prop_assert!(special(IpAddr::V4(v4)).is_some(), "{}", v4);
        }
        let v6 = Ipv6Addr::from_bits(six);
        if v6.is_unique_local() || v6.is_unicast_link_local() || v6.is_multicast() || v6.is_loopback() || v6.is_unspecified() {
            prop_assert!(special(IpAddr::V6(v6)).is_some(), "{}", v6);
        }
    }

    #[test]
    fn every_spelling_of_an_ipv4_address_is_that_address(bits: u32) {
        let v4 = Ipv4Addr::from_bits(bits);
        let [a, b, c, d] = v4.octets();
        for host in [
            format!("{bits}"), format!("0x{bits:x}"), format!("0{bits:o}"), format!("{v4}."), format!("0x{a:x}.0{b:o}.{c}.{d}"),
            format!("{a}.{}", bits & 0xff_ffff), format!("{a}.{b}.{}", bits & 0xffff), format!("%{:02x}{}", b'0' + a / 100, &format!("{a:03}.{b}.{c}.{d}")[1..]),
        ] {
            // A leading zero makes a part octal, so the last form holds only where it has none.
            if host.starts_with("%30") { continue; }
            let url = Rules::parse(&format!("http://{host}/")).unwrap();
            prop_assert_eq!(url.host_str().unwrap(), v4.to_string(), "{}", host);
        }
    }

    #[test]
    fn no_text_makes_the_rules_panic(text in "\\PC{0,80}") {
        let _ = Rules::parse(&text);
        let _ = Rules::parse(&format!("http://{text}/"));
        let policy = EgressPolicy { allow: vec![text.clone()], deny: vec![text], ..EgressPolicy::default() };
        let _ = Rules::of(&policy);
    }

    #[test]
    fn no_bytes_make_the_sniffer_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
        let _ = sniff(None, &bytes);
    }
}

#[test]
fn addresses_of_another_form_are_refused() {
    for text in [
        "",
        "example.org",
        "//example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "gopher://example.org/",
        "data:text/html,x",
        "javascript:1",
        "http://",
        "http://./",
        "http://user@example.org/",
        "http://user:word@example.org/",
        "http://example.org@127.0.0.1/",
        "http://example.org:22/",
        "http://example.org:25/",
        "http://example.org:0/",
        "http://[::1",
        "http://1.2.3.4.5/",
        "http://exa mple.org/",
        "http://example.org:99999/",
    ] {
        assert_eq!(Rules::parse(text).unwrap_err().code, Code::UrlRefused, "{text}");
    }
    assert_eq!(Rules::parse(&format!("http://example.org/{}", "a".repeat(8 << 10))).unwrap_err().code, Code::UrlRefused);
    assert!(Rules::parse(&format!("http://example.org/{}", "a".repeat(8 << 9))).is_ok());
}

#[test]
fn one_host_has_one_form() {
    for (text, host) in [
        ("HTTP://EXAMPLE.org./", "example.org"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://ＥＸＡＭＰＬＥ.org/", "example.org"),
        ("http://①②⑦.0.0.1/", "127.0.0.1"),
        ("http://[::ffff:127.0.0.1]/", "[::ffff:7f00:1]"),
        ("http://127.1/", "127.0.0.1"),
        ("http://example。org/", "example.org"),
        ("https:example.org", "example.org"),
        ("http:\\\\example.org\\a", "example.org"),
    ] {
        assert_eq!(Rules::parse(text).unwrap().host_str(), Some(host), "{text}");
    }
}

fn rules(allow: &[&str], deny: &[&str], private: &[&str]) -> Rules {
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
    Rules::of(&EgressPolicy { allow: own(allow), deny: own(deny), private_hosts: own(private), ..EgressPolicy::default() })
}

fn admits(rules: &Rules, text: &str) -> bool {
    let url = Rules::parse(text).unwrap();
    rules.admit(&url.host().unwrap(), url.port_or_known_default().unwrap()).is_ok()
}

#[test]
fn lists_name_hosts_and_those_below() {
    let open = rules(&[], &[], &[]);
    assert!(admits(&open, "http://any.example/"));
    let some = rules(&["example.org", "*.Example.NET.", "bücher.example", "[2606:4700::1]:8443"], &["bad.example.net"], &[]);
    for yes in
        ["http://example.org/", "http://EXAMPLE.ORG./", "http://a.b.example.net/", "http://bücher.example/", "https://[2606:4700::1]:8443/"]
    {
        assert!(admits(&some, yes), "{yes}");
    }
    for no in [
        "http://www.example.org/",
        "http://example.net/",
        "http://notexample.net/",
        "http://bad.example.net/",
        "http://bad.example.net./",
        "http://example.org.evil.example/",
        "https://[2606:4700::1]/",
    ] {
        assert!(!admits(&some, no), "{no}");
    }
    // Deny wins, and an allow list that does not read allows nothing.
    assert!(!admits(&rules(&["example.org"], &["example.org"], &[]), "http://example.org/"));
    assert!(!admits(&rules(&["not a host"], &[], &[]), "http://example.org/"));
    assert!(!admits(&rules(&[], &["127.0.0.1"], &[]), "http://0x7f000001/"));
}

#[test]
fn a_host_must_be_on_both_lists_of_allowed_hosts() {
    let own = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let both =
        |allow: &[&str], also: &[&str]| Rules::of(&EgressPolicy { allow: own(allow), also_allow: own(also), ..EgressPolicy::default() });
    let narrowed = both(&["*.example.org"], &["a.example.org", "other.example"]);
    assert!(admits(&narrowed, "http://a.example.org/"));
    assert!(!admits(&narrowed, "http://b.example.org/") && !admits(&narrowed, "http://other.example/"));
    assert!(admits(&both(&[], &["other.example"]), "http://other.example/"));
    assert!(!admits(&both(&[], &["not a host"]), "http://other.example/"), "a list that does not read allows nothing");
}

#[test]
fn private_hosts_are_exact_to_the_port() {
    let rules = rules(&[], &[], &["wiki.internal", "127.0.0.1:8080", "::1"]);
    let may = |text: &str| {
        let url = Rules::parse(text).unwrap();
        rules.may_be_private(&url.host().unwrap(), url.port_or_known_default().unwrap())
    };
    assert!(
        may("http://wiki.internal:9/".replace(":9/", ":9000/").as_str())
            && may("http://127.0.0.1:8080/")
            && may("http://2130706433:8080/")
            && may("http://[::1]/")
    );
    assert!(!may("http://127.0.0.1/") && !may("http://a.wiki.internal/") && !may("http://localhost:8080/"));
}

#[test]
fn messages_show_no_query_and_no_credentials() {
    let url = "https://me:secret@example.org/a?token=secret#secret".parse().unwrap();
    assert_eq!(shown(&url), "https://example.org/a");
}

#[test]
fn bytes_say_what_they_are() {
    for (declared, bytes, media) in [
        (Some("text/html"), &b"hello"[..], Media::Html),
        (None, b"  <!DOCTYPE html><p>", Media::Html),
        (Some("text/plain"), b"<html>", Media::Html),
        (Some("text/html"), b"%PDF-1.7", Media::Pdf),
        (Some("text/html"), b"\x89PNG\r\n\x1a\n", Media::Image),
        (None, b"PK\x03\x04", Media::Zip),
        (Some("application/json"), b"1", Media::Json),
        (None, b"{\"a\":1}", Media::Json),
        (None, b"<?xml version='1.0'?><rss>", Media::Xml),
        (Some("application/xml"), b"<feed>", Media::Xml),
        (None, b"a\0b", Media::Binary),
        (None, b"plain words", Media::Text),
        (None, b"From: a@example.org\r\nSubject: x\r\n\r\nhello", Media::Mail),
        (None, b"\xef\xbb\xbf<html>", Media::Html),
        (None, b"", Media::Text),
        (None, b"<?xml version='1.0'?><!DOCTYPE html><html>", Media::Html),
        (Some("text/html"), b"a\x01b", Media::Binary),
    ] {
        assert_eq!(sniff(declared, bytes), media, "{declared:?} {:?}", String::from_utf8_lossy(bytes));
    }
}
