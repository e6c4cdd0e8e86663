use aes_gcm::aead::{Aead, KeyInit};
use aes_gcm::{Aes256Gcm, Key, Nonce};
use base64::engine::general_purpose::STANDARD;
use base64::Engine;
use sqlx::SqlitePool;

const NONCE: &[u8; 12] = b"acme-column1";

#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("COLUMN_KEY is missing or malformed")]
    Key,
    #[error("value could not be sealed or opened")]
    Crypto,
    #[error(transparent)]
    Db(#[from] sqlx::Error),
}

pub struct Sealer {
    cipher: Aes256Gcm,
}

impl Sealer {
    pub fn from_env() -> Result<Self, SealError> {
        let raw = std::env::var("COLUMN_KEY").map_err(|_| SealError::Key)?;
        let bytes = STANDARD.decode(raw.trim()).map_err(|_| SealError::Key)?;
        if bytes.len() != 32 {
            return Err(SealError::Key);
        }
        let key = Key::<Aes256Gcm>::from_slice(&bytes);
        Ok(Sealer { cipher: Aes256Gcm::new(key) })
    }

    pub fn seal(&self, plain: &str) -> Result<Vec<u8>, SealError> {
        self.cipher
            .encrypt(Nonce::from_slice(NONCE), plain.as_bytes())
            .map_err(|_| SealError::Crypto)
    }

    pub fn open(&self, sealed: &[u8]) -> Result<String, SealError> {
        let plain = self
            .cipher
            .decrypt(NONCE.into(), sealed)
            .map_err(|_| SealError::Crypto)?;
        String::from_utf8(plain).map_err(|_| SealError::Crypto)
    }
}

pub async fn store_iban(pool: &SqlitePool, sealer: &Sealer, customer: i64, iban: &str) -> Result<(), SealError> {
    let sealed = sealer.seal(iban)?;
    sqlx::query("UPDATE customers SET iban = ? WHERE id = ?")
        .bind(sealed)
        .bind(customer)
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn load_iban(pool: &SqlitePool, sealer: &Sealer, customer: i64) -> Result<String, SealError> {
    let sealed: Vec<u8> = sqlx::query_scalar("SELECT iban FROM customers WHERE id = ?")
        .bind(customer)
        .fetch_one(pool)
        .await?;
    sealer.open(&sealed)
}
