use argon2::password_hash::{rand_core::OsRng, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};
use sqlx::PgPool;

const MIN_LEN: usize = 12;
const MAX_LEN: usize = 256;

#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("password must have between {MIN_LEN} and {MAX_LEN} bytes")]
    Length,
    #[error("password hashing failed")]
    Hash(argon2::password_hash::Error),
    #[error("database error")]
    Db(#[from] sqlx::Error),
    #[error("worker stopped")]
    Worker(#[from] tokio::task::JoinError),
}

fn hasher() -> Argon2<'static> {
    let params = Params::new(64 * 1024, 3, 1, None).unwrap_or_default();
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

fn hash(password: &str) -> Result<String, CredentialError> {
    let salt = SaltString::generate(&mut OsRng);
    hasher()
        .hash_password(password.as_bytes(), &salt)
        .map(|h| h.to_string())
        .map_err(CredentialError::Hash)
}

fn matches(password: &str, stored: &str) -> bool {
    PasswordHash::new(stored)
        .map(|parsed| hasher().verify_password(password.as_bytes(), &parsed).is_ok())
        .unwrap_or(false)
}

pub async fn set_password(pool: &PgPool, user: i64, password: String) -> Result<(), CredentialError> {
    if !(MIN_LEN..=MAX_LEN).contains(&password.len()) {
        return Err(CredentialError::Length);
    }
    let hashed = tokio::task::spawn_blocking(move || hash(&password)).await??;
    sqlx::query("UPDATE users SET password_hash = $1 WHERE id = $2")
        .bind(hashed)
        .bind(user)
        .execute(pool)
        .await?;
    Ok(())
}

pub async fn verify(pool: &PgPool, user: i64, password: String) -> Result<bool, CredentialError> {
    if password.len() > MAX_LEN {
        return Ok(false);
    }
    let stored: Option<String> = sqlx::query_scalar("SELECT password_hash FROM users WHERE id = $1")
        .bind(user)
        .fetch_optional(pool)
        .await?;
    let Some(stored) = stored else {
        return Ok(false);
    };
    Ok(tokio::task::spawn_blocking(move || matches(&password, &stored)).await?)
}
