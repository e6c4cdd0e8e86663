use aes_gcm::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use secrecy::{ExposeSecret, SecretVec};

const NONCE_LEN: usize = 12;

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum VaultError {
    #[error("key must have 32 bytes")]
    KeyLength,
    #[error("sealed value is damaged")]
    Damaged,
    #[error("encryption failed")]
    Encrypt,
}

pub struct Vault {
    cipher: Aes256Gcm,
}

impl Vault {
    pub fn new(key: &SecretVec<u8>) -> Result<Self, VaultError> {
        let key = key.expose_secret();
        if key.len() != 32 {
            return Err(VaultError::KeyLength);
        }
        Ok(Vault { cipher: Aes256Gcm::new(Key::<Aes256Gcm>::from_slice(key)) })
    }

    pub fn seal(&self, owner: u64, token: &[u8]) -> Result<Vec<u8>, VaultError> {
        let nonce = Aes256Gcm::generate_nonce(&mut OsRng);
        let aad = owner.to_be_bytes();
        let body = self
            .cipher
            .encrypt(&nonce, Payload { msg: token, aad: &aad })
            .map_err(|_| VaultError::Encrypt)?;
        let mut out = Vec::with_capacity(NONCE_LEN + body.len());
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&body);
        Ok(out)
    }

    pub fn open(&self, owner: u64, sealed: &[u8]) -> Result<Vec<u8>, VaultError> {
        if sealed.len() < NONCE_LEN {
            return Err(VaultError::Damaged);
        }
        let (nonce, body) = sealed.split_at(NONCE_LEN);
        let aad = owner.to_be_bytes();
        self.cipher
            .decrypt(Nonce::from_slice(nonce), Payload { msg: body, aad: &aad })
            .map_err(|_| VaultError::Damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_owner_is_rejected() {
        let vault = Vault::new(&SecretVec::new(vec![7u8; 32])).unwrap();
        let sealed = vault.seal(1, b"abc").unwrap();
        assert_eq!(vault.open(1, &sealed).unwrap(), b"abc");
        assert_eq!(vault.open(2, &sealed), Err(VaultError::Damaged));
    }
}
