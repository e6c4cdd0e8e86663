use std::collections::HashMap;
use std::sync::Arc;

use axum::{
    extract::{Request, State},
    http::{header, StatusCode},
    middleware::Next,
    response::Response,
};
use jsonwebtoken::{decode, decode_header, jwk::JwkSet, Algorithm, DecodingKey, Validation};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
pub struct Claims {
    pub sub: String,
    pub scope: String,
    pub exp: u64,
}

pub struct Verifier {
    keys: HashMap<String, DecodingKey>,
    validation: Validation,
}

#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("token has no usable key id")]
    KeyId,
    #[error(transparent)]
    Jwt(#[from] jsonwebtoken::errors::Error),
}

impl Verifier {
    pub fn new(set: &JwkSet, issuer: &str, audience: &str) -> Result<Self, TokenError> {
        let mut keys = HashMap::new();
        for jwk in &set.keys {
            if let Some(kid) = &jwk.common.key_id {
                keys.insert(kid.clone(), DecodingKey::from_jwk(jwk)?);
            }
        }
        let mut validation = Validation::new(Algorithm::RS256);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[audience]);
        validation.set_required_spec_claims(&["exp", "iss", "aud"]);
        validation.leeway = 20;
        Ok(Verifier { keys, validation })
    }

    pub fn verify(&self, token: &str) -> Result<Claims, TokenError> {
        let kid = decode_header(token)?.kid.ok_or(TokenError::KeyId)?;
        let key = self.keys.get(&kid).ok_or(TokenError::KeyId)?;
        Ok(decode::<Claims>(token, key, &self.validation)?.claims)
    }
}

pub async fn require_token(
    State(verifier): State<Arc<Verifier>>,
    mut req: Request,
    next: Next,
) -> Result<Response, StatusCode> {
    let token = req
        .headers()
        .get(header::AUTHORIZATION)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.strip_prefix("Bearer "))
        .ok_or(StatusCode::UNAUTHORIZED)?;
    let claims = verifier.verify(token).map_err(|e| {
        tracing::debug!("token rejected: {e}");
        StatusCode::UNAUTHORIZED
    })?;
    req.extensions_mut().insert(claims);
    Ok(next.run(req).await)
}
