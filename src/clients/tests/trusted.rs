//! Is a certificate authority read before it is trusted?

use baton_clients::trusted::{check_authority, client};
use std::time::Duration;

fn pem(name: &str) -> String {
    rcgen::generate_simple_self_signed(vec![name.to_owned()]).unwrap().cert.pem()
}

#[test]
fn certificates_are_read_to_their_end() {
    let (one, other) = (pem("one.test"), pem("other.test"));
    let both = format!("# Ours\n{one}\n{other}");
    for good in [&one, &both, &one.replace('\n', "\r\n")] {
        assert_eq!(check_authority(good), Ok(()), "{good}");
        assert!(client(Some(good), Duration::from_secs(1)).is_ok());
    }
    let begin = "-----BEGIN CERTIFICATE-----";
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let cut = &one[..one.len() / 2];
    for (bad, says) in [
        ("", "no certificate"),
        ("none", "no certificate"),
        (begin, "line breaks"),
        (one.replace('\n', " ").as_str(), "line breaks"),
        (cut, "line breaks"),
        (one.replacen("MII", "AAA", 1).as_str(), "certificate 1"),
        (format!("{one}{begin}\nAAAA\n-----END CERTIFICATE-----\n").as_str(), "certificate 2"),
        (format!("{one}{key}").as_str(), "private key"),
    ] {
        let refused = check_authority(bad).unwrap_err();
        assert!(refused.contains(says), "{bad}: {refused}");
    }
}
