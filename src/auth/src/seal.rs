//! How are secrets kept that must be used again? Sealed: encrypted for one place with a key that the database does not hold.

use baton_domain::ports::Sealer;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};

use crate::TokenKey;
use crate::random;

/// The first byte of what is sealed: how.
const VERSION: u8 = 1;
/// Bytes of the number that is used once. Random ones of this length do not meet (XChaCha20, draft-irtf-cfrg-xchacha).
const NONCE: usize = 24;

/// Seals secrets with XChaCha20-Poly1305. The place that a secret is for is authenticated with it, so that a sealed secret that is
/// moved to another row does not open there.
#[derive(Clone)]
pub struct SecretSealer {
    cipher: XChaCha20Poly1305,
}

impl std::fmt::Debug for SecretSealer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretSealer([redacted])")
    }
}

impl SecretSealer {
    /// Seals with what is derived from this key, which may serve for something else too.
    #[must_use]
    pub fn new(key: &TokenKey) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"baton: secrets at rest, 1");
        hash.update(key.as_bytes());
        let derived: [u8; 32] = hash.finalize().into();
        Self { cipher: XChaCha20Poly1305::new(Key::from_slice(&derived)) }
    }
}

impl Sealer for SecretSealer {
    fn seal(&self, place: &str, secret: &str) -> Result<Vec<u8>, String> {
        let nonce = random::bytes::<NONCE>().map_err(|problem| problem.detail)?;
        let payload = Payload { msg: secret.as_bytes(), aad: place.as_bytes() };
        let sealed = self.cipher.encrypt(XNonce::from_slice(&nonce), payload).map_err(|_| "the secret cannot be sealed".to_owned())?;
        let mut whole = Vec::with_capacity(1 + NONCE + sealed.len());
        whole.push(VERSION);
        whole.extend(nonce);
        whole.extend(sealed);
        Ok(whole)
    }

    fn open(&self, place: &str, sealed: &[u8]) -> Result<String, String> {
        let wrong = || "the secret does not open: it was sealed with another key, or it is damaged".to_owned();
        let (&version, rest) = sealed.split_first().ok_or_else(wrong)?;
        let (nonce, text) = rest.split_at_checked(NONCE).ok_or_else(wrong)?;
        if version != VERSION {
            return Err(format!("the secret was sealed in a way (version {version}) that this program does not know"));
        }
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let opened = self.cipher.decrypt(XNonce::from_slice(nonce), payload).map_err(|_| wrong())?;
        String::from_utf8(opened).map_err(|_| wrong())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn sealer(first: u8) -> SecretSealer {
        let bytes: Vec<u8> = (first..first + 32).collect();
        SecretSealer::new(&TokenKey::parse(&hex::encode(bytes)).unwrap())
    }

    #[test]
    fn a_secret_opens_where_it_was_sealed_for_and_nowhere_else() {
        let sealed = sealer(0).seal("connection:1", "top secret").unwrap();
        assert_eq!(sealer(0).open("connection:1", &sealed).unwrap(), "top secret");
        assert!(sealer(0).open("connection:2", &sealed).is_err(), "another place");
        assert!(sealer(1).open("connection:1", &sealed).is_err(), "another key");
        assert!(!sealed.windows(6).any(|bytes| bytes == b"secret"));
    }

    #[test]
    fn the_same_secret_is_never_sealed_the_same_way_twice() {
        assert_ne!(sealer(0).seal("p", "s").unwrap(), sealer(0).seal("p", "s").unwrap());
    }

    proptest! {
        #[test]
        fn what_is_damaged_does_not_open(secret in ".{0,40}", place in any::<prop::sample::Index>(), bit in 0..8_u8) {
            let mut sealed = sealer(0).seal("p", &secret).unwrap();
            let place = place.index(sealed.len());
            sealed[place] ^= 1 << bit;
            prop_assert!(sealer(0).open("p", &sealed).is_err());
            prop_assert!(sealer(0).open("p", &sealed[..place]).is_err());
        }
    }
}
