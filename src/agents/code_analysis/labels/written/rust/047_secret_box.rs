use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

const NONCE_LEN: usize = 24;

#[derive(Debug)]
pub enum BoxError {
    Key,
    Short,
    Crypto,
}

pub struct SecretBox {
    cipher: XChaCha20Poly1305,
}

impl SecretBox {
    pub fn new(key: &[u8]) -> Result<Self, BoxError> {
        let cipher = XChaCha20Poly1305::new_from_slice(key).map_err(|_| BoxError::Key)?;
        Ok(Self { cipher })
    }

    pub fn seal(&self, plain: &[u8], aad: &[u8]) -> Result<Vec<u8>, BoxError> {
        let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
        let sealed = self
            .cipher
            .encrypt(&nonce, Payload { msg: plain, aad })
            .map_err(|_| BoxError::Crypto)?;
        let mut out = nonce.to_vec();
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    pub fn open(&self, data: &[u8], aad: &[u8]) -> Result<Vec<u8>, BoxError> {
        if data.len() < NONCE_LEN {
            return Err(BoxError::Short);
        }
        let (nonce, body) = data.split_at(NONCE_LEN);
        self.cipher
            .decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad })
            .map_err(|_| BoxError::Crypto)
    }
}
