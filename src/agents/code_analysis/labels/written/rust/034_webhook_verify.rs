use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::env;

type HmacSha256 = Hmac<Sha256>;

#[derive(Debug, PartialEq, Eq)]
pub enum VerifyError {
    Missing,
    Malformed,
    Mismatch,
}

pub struct Verifier {
    mac: HmacSha256,
}

impl Verifier {
    pub fn from_env() -> Result<Self, String> {
        let key = env::var("WEBHOOK_KEY").map_err(|_| "WEBHOOK_KEY is not set".to_owned())?;
        if key.len() < 32 {
            return Err("WEBHOOK_KEY is too short".to_owned());
        }
        let mac = HmacSha256::new_from_slice(key.as_bytes()).map_err(|e| e.to_string())?;
        Ok(Self { mac })
    }

    pub fn verify(&self, header: Option<&str>, body: &[u8]) -> Result<(), VerifyError> {
        let header = header.ok_or(VerifyError::Missing)?;
        let hex_part = header.strip_prefix("sha256=").ok_or(VerifyError::Malformed)?;
        let given = hex::decode(hex_part).map_err(|_| VerifyError::Malformed)?;
        let mut mac = self.mac.clone();
        mac.update(body);
        mac.verify_slice(&given).map_err(|_| VerifyError::Mismatch)
    }
}
