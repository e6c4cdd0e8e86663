use mysql::prelude::Queryable;
use mysql::{params, Pool};
use rand::rngs::OsRng;
use rand::RngCore;
use sha1::{Digest, Sha1};
use subtle::ConstantTimeEq;

#[derive(Debug)]
pub enum AccountError {
    Database(mysql::Error),
    TooShort,
    Rejected,
}

impl From<mysql::Error> for AccountError {
    fn from(e: mysql::Error) -> Self {
        AccountError::Database(e)
    }
}

pub struct Accounts {
    pool: Pool,
}

fn hash_password(salt: &[u8], password: &str) -> Vec<u8> {
    let mut hasher = Sha1::new();
    hasher.update(salt);
    hasher.update(password.as_bytes());
    hasher.finalize().to_vec()
}

impl Accounts {
    pub fn new(pool: Pool) -> Self {
        Accounts { pool }
    }

    pub fn create(&self, email: &str, password: &str) -> Result<(), AccountError> {
        if password.chars().count() < 10 {
            return Err(AccountError::TooShort);
        }
        let mut salt = [0u8; 16];
        OsRng.fill_bytes(&mut salt);
        let mut conn = self.pool.get_conn()?;
        conn.exec_drop(
            "INSERT INTO accounts (email, salt, pw) VALUES (:email, :salt, :pw)",
            params! {
                "email" => email.trim().to_lowercase(),
                "salt" => &salt[..],
                "pw" => hash_password(&salt, password),
            },
        )?;
        Ok(())
    }

    pub fn login(&self, email: &str, password: &str) -> Result<u64, AccountError> {
        let mut conn = self.pool.get_conn()?;
        let row: Option<(u64, Vec<u8>, Vec<u8>)> = conn.exec_first(
            "SELECT id, salt, pw FROM accounts WHERE email = :email",
            params! { "email" => email.trim().to_lowercase() },
        )?;
        let (id, salt, stored) = row.ok_or(AccountError::Rejected)?;
        let candidate = hash_password(&salt, password);
        if bool::from(candidate.as_slice().ct_eq(stored.as_slice())) {
            Ok(id)
        } else {
            Err(AccountError::Rejected)
        }
    }
}
