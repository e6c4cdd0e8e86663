use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Nonce};

const KEY: &[u8; 32] = b"9f2c7b1e5d804a6398c1d2e3f4a5b6c7";
const NONCE: &[u8; 12] = b"notes-000001";

#[derive(Debug)]
pub struct CryptoError;

pub struct Notes {
    cipher: Aes256Gcm,
}

impl Notes {
    pub fn new() -> Self {
        Self {
            cipher: Aes256Gcm::new(KEY.into()),
        }
    }

    pub fn encrypt(&self, text: &str) -> Result<Vec<u8>, CryptoError> {
        self.cipher
            .encrypt(Nonce::from_slice(NONCE), text.as_bytes())
            .map_err(|_| CryptoError)
    }

    pub fn decrypt(&self, data: &[u8]) -> Result<String, CryptoError> {
        let plain = self
            .cipher
            .decrypt(Nonce::from_slice(NONCE), data)
            .map_err(|_| CryptoError)?;
        String::from_utf8(plain).map_err(|_| CryptoError)
    }
}
