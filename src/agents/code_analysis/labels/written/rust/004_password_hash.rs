use argon2::password_hash::{rand_core::OsRng, PasswordHash, PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, Version};

pub struct Passwords {
    argon: Argon2<'static>,
    placeholder: String,
}

impl Passwords {
    pub fn new() -> Result<Self, argon2::password_hash::Error> {
        let params = Params::new(64 * 1024, 3, 1, None)?;
        let argon = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let salt = SaltString::generate(&mut OsRng);
        let placeholder = argon.hash_password(salt.as_str().as_bytes(), &salt)?.to_string();
        Ok(Self { argon, placeholder })
    }

    pub fn hash(&self, password: &str) -> Result<String, argon2::password_hash::Error> {
        let salt = SaltString::generate(&mut OsRng);
        Ok(self.argon.hash_password(password.as_bytes(), &salt)?.to_string())
    }

    pub fn verify(&self, password: &str, stored: Option<&str>) -> bool {
        let known = stored.is_some();
        let text = stored.unwrap_or(&self.placeholder);
        let matches = PasswordHash::new(text)
            .and_then(|h| self.argon.verify_password(password.as_bytes(), &h))
            .is_ok();
        known && matches
    }
}
