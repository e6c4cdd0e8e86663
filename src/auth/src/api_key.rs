//! What is an API key? `bk_<id>_<secret>`: the id finds the key, the secret, of which only the hash is kept, proves it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_domain::id::ApiKeyId;
use baton_domain::services::Answer;
use baton_domain::wire::auth::Secret;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::random;

/// What every key begins with, so that one found in a file is recognised.
const PREFIX: &str = "bk_";
/// Characters of a UUID without dashes.
const ID_LENGTH: usize = 32;
/// Characters of 32 bytes in base64url.
const SECRET_LENGTH: usize = 43;

/// A key as a request brings it.
pub(crate) struct PresentedKey {
    pub(crate) id: ApiKeyId,
    hash: [u8; 32],
}

impl PresentedKey {
    /// Whether a bearer's text means to be a key rather than an access token.
    pub(crate) fn is_meant(text: &str) -> bool {
        text.starts_with(PREFIX)
    }

    /// Takes a key apart; `None` if it is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (id, secret) = rest.split_at_checked(ID_LENGTH)?;
        let secret = secret.strip_prefix('_')?;
        // Only the form in which ids are given out; the UUID parser alone takes others too.
        let plain = id.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if !plain || secret.len() != SECRET_LENGTH {
            return None;
        }
        let id = Uuid::try_parse(id).ok()?;
        Some(Self { id: ApiKeyId::new(id), hash: hash(secret) })
    }

    /// Whether the secret is the one that was hashed; takes the same time wherever they differ.
    pub(crate) fn fits(&self, stored: &[u8; 32]) -> bool {
        self.hash.ct_eq(stored).into()
    }
}

/// A new key: its text, to be shown once, and the hash to keep.
///
/// # Errors
/// If the operating system has no randomness.
pub(crate) fn generate(id: ApiKeyId) -> Answer<(Secret, [u8; 32])> {
    let secret = URL_SAFE_NO_PAD.encode(random::bytes::<32>()?);
    let hash = hash(&secret);
    Ok((Secret(format!("{PREFIX}{}_{secret}", id.as_uuid().simple())), hash))
}

/// A random secret of 256 bits needs no slow hash.
fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_finds_itself_and_fits_only_its_own_hash() {
        let id = ApiKeyId::new(Uuid::from_u128(77));
        let (one, hash) = generate(id).unwrap();
        let (two, other) = generate(id).unwrap();
        let presented = PresentedKey::parse(&one.0).unwrap();
        assert_eq!(presented.id, id);
        assert!(presented.fits(&hash) && !presented.fits(&other));
        assert!(PresentedKey::parse(&two.0).unwrap().fits(&other));
    }

    #[test]
    fn what_is_almost_a_key_is_none() {
        let (key, _) = generate(ApiKeyId::new(Uuid::from_u128(77))).unwrap();
        let text = key.0;
        let upper = text.replacen("4d", "4D", 1);
        for wrong in ["bk_", "bk__", &text[3..], &text[..text.len() - 1], &format!("{text}A"), &text.replacen('_', "-", 1)] {
            assert!(PresentedKey::parse(wrong).is_none(), "{} characters", wrong.len());
        }
        assert!(upper == text || PresentedKey::parse(&upper).is_none());
    }

    proptest! {
        #[test]
        fn no_text_makes_the_parser_fail(text in "bk_\\PC{0,120}") {
            let _ = PresentedKey::parse(&text);
        }
    }
}
