use jsonwebtoken::{decode, Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};

#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub scope: String,
    pub exp: u64,
}

pub struct Tokens {
    key: DecodingKey,
    validation: Validation,
}

impl Tokens {
    pub fn new(public_pem: &[u8], issuer: &str, audience: &str) -> jsonwebtoken::errors::Result<Self> {
        let mut validation = Validation::new(Algorithm::ES256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        validation.leeway = 30;
        Ok(Self {
            key: DecodingKey::from_ec_pem(public_pem)?,
            validation,
        })
    }

    pub fn subject(&self, header: &str, scope: &str) -> Option<String> {
        let token = header.strip_prefix("Bearer ")?;
        let data = decode::<Claims>(token, &self.key, &self.validation).ok()?;
        data.claims
            .scope
            .split(' ')
            .any(|s| s == scope)
            .then_some(data.claims.sub)
    }
}
