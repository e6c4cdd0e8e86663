//! How is a password kept and checked? As an Argon2id hash (a PHC string), made and verified off the runtime's
//! threads, two at a time.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use baton_domain::problem::{Code, Problem};
use baton_domain::services::Answer;
use baton_domain::wire::auth::Secret;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::password_rules::MAXIMUM_CHARACTERS;

/// Hashes at once: each takes 19 MiB and a core for tens of milliseconds.
const AT_ONCE: usize = 2;
/// Callers that may wait for their turn; more are sent away, so that a flood cannot pile up.
const WAITING: usize = 64;

/// What a hash costs an attacker, and us.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Memory in KiB.
    pub(crate) memory: u32,
    /// Passes over it.
    pub(crate) passes: u32,
    /// Lanes.
    pub(crate) lanes: u32,
}

impl Cost {
    /// What OWASP's password storage cheat sheet asks for first.
    pub(crate) const OWASP: Self = Self { memory: 19_456, passes: 2, lanes: 1 };
}

/// Hashes and verifies passwords.
pub(crate) struct Passwords {
    argon2: Argon2<'static>,
    /// A hash that no password fits. It is verified when there is no such user, so that both take the same time.
    decoy: Arc<str>,
    running: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Passwords {
    /// With this cost.
    ///
    /// # Errors
    /// If Argon2 does not take such a cost.
    pub(crate) fn new(cost: Cost) -> Answer<Self> {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, None)
            .map_err(|error| Problem::new(Code::ConfigurationInvalid, format!("Argon2 does not take these parameters: {error}.")))?;
        // A salt of 16 and a hash of 32 bytes, as real ones have, in base64; the hash was not made from a password.
        let (salt, hash) = ("QmF0b25zIGRlY295c2FsdA", "bm8gcGFzc3dvcmQgaGFzIGV2ZXIgbWFkZSB0aGlzISE");
        let decoy = format!("$argon2id$v=19$m={},t={},p={}${salt}${hash}", cost.memory, cost.passes, cost.lanes);
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            decoy: decoy.into(),
            running: Arc::new(Semaphore::new(AT_ONCE)),
            waiting: Arc::new(Semaphore::new(WAITING + AT_ONCE)),
        })
    }

    /// Waits for a turn to hash.
    ///
    /// # Errors
    /// `REQUEST-007` if too many wait already.
    pub(crate) async fn turn(&self) -> Answer<Turn> {
        let place = Arc::clone(&self.waiting).try_acquire_owned().map_err(|_| {
            Problem::new(Code::TooManyRequests, "Too many people sign in at this moment. Try again in a moment.").retry_after(2)
        })?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| stopped())?;
        Ok(Turn { argon2: self.argon2.clone(), decoy: Arc::clone(&self.decoy), held: (place, permit) })
    }
}

impl std::fmt::Debug for Passwords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passwords")
    }
}

/// The right to hash now. It travels into the hashing thread, so that a caller who goes away does not free it early.
pub(crate) struct Turn {
    argon2: Argon2<'static>,
    decoy: Arc<str>,
    held: (OwnedSemaphorePermit, OwnedSemaphorePermit),
}

impl Turn {
    /// The hash of a new password, as a PHC string with a salt of its own.
    ///
    /// # Errors
    /// `INTERNAL-001`.
    pub(crate) async fn hash(self, password: Secret) -> Answer<String> {
        tokio::task::spawn_blocking(move || {
            let hash: Result<PasswordHash, _> = self.argon2.hash_password(password.0.as_bytes());
            drop(self.held);
            hash.map(|hash| hash.to_string())
        })
        .await
        .map_err(|_| stopped())?
        .map_err(|error| {
            tracing::error!(%error, "a password could not be hashed");
            Problem::new(Code::Internal, "The password could not be hashed. The server's log says more.")
        })
    }

    /// Whether the password fits the stored hash; takes as long when there is none. Gives the turn back, so that the
    /// caller can act on the result before the next one has theirs.
    ///
    /// # Errors
    /// `INTERNAL-001`, also when the stored hash does not read.
    pub(crate) async fn verify(self, password: Secret, stored: Option<String>) -> Answer<(bool, Self)> {
        tokio::task::spawn_blocking(move || {
            let too_long = password.0.chars().nth(MAXIMUM_CHARACTERS).is_some();
            let candidate = if too_long { "" } else { password.0.as_str() };
            let known = stored.is_some() && !too_long;
            let hash = stored.as_deref().unwrap_or(&self.decoy);
            match self.argon2.verify_password(candidate.as_bytes(), hash) {
                Ok(()) => Ok((known, self)),
                Err(argon2::password_hash::Error::PasswordInvalid) => Ok((false, self)),
                Err(error) => {
                    tracing::error!(%error, "a stored password hash does not read");
                    Err(Problem::new(Code::Internal, "The stored password does not read. The server's log says more."))
                }
            }
        })
        .await
        .map_err(|_| stopped())?
    }
}

fn stopped() -> Problem {
    Problem::new(Code::ShuttingDown, "Try again in a moment.").retry_after(2)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    /// Enough to be Argon2id, little enough for tests.
    const CHEAP: Cost = Cost { memory: 16, passes: 1, lanes: 1 };

    fn secret(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    async fn verify(passwords: &Passwords, password: &str, stored: Option<String>) -> bool {
        passwords.turn().await.unwrap().verify(secret(password), stored).await.unwrap().0
    }

    #[tokio::test]
    async fn only_the_right_password_fits_and_each_hash_has_its_own_salt() {
        let passwords = Passwords::new(CHEAP).unwrap();
        let one = passwords.turn().await.unwrap().hash(secret("many green turtles")).await.unwrap();
        let two = passwords.turn().await.unwrap().hash(secret("many green turtles")).await.unwrap();
        assert_ne!(one, two);
        assert!(verify(&passwords, "many green turtles", Some(one.clone())).await);
        assert!(!verify(&passwords, "many green turtle", Some(one)).await);
    }

    #[tokio::test]
    async fn the_stored_form_names_argon2id_and_the_parameters_that_owasp_asks_for() {
        let passwords = Passwords::new(Cost::OWASP).unwrap();
        let hash = passwords.turn().await.unwrap().hash(secret("many green turtles")).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        let shape = |text: &str| {
            let parsed = PasswordHash::new(text).unwrap();
            (parsed.algorithm, parsed.version, parsed.params.clone(), parsed.salt.map(|s| s.len()), parsed.hash.map(|h| h.len()))
        };
        assert_eq!(shape(&hash), shape(&passwords.decoy), "verifying the decoy must cost what a real hash costs");
    }

    #[tokio::test]
    async fn without_a_user_no_password_fits() {
        let passwords = Passwords::new(CHEAP).unwrap();
        for password in ["", "many green turtles", "no password has ever made this!!"] {
            assert!(!verify(&passwords, password, None).await);
        }
    }

    #[tokio::test]
    async fn a_password_beyond_the_limit_is_not_hashed_and_never_fits() {
        let passwords = Passwords::new(CHEAP).unwrap();
        let empty = passwords.turn().await.unwrap().hash(secret("")).await.unwrap();
        assert!(!verify(&passwords, &"x".repeat(1_000_000), Some(empty)).await);
    }

    #[tokio::test]
    async fn two_hash_at_once_and_a_flood_is_sent_away() {
        let passwords = Passwords::new(CHEAP).unwrap();
        let held = (passwords.turn().await.unwrap(), passwords.turn().await.unwrap());
        let mut waiting: Vec<_> = (0..WAITING).map(|_| Box::pin(passwords.turn())).collect();
        for turn in &mut waiting {
            let waited = tokio::time::timeout(std::time::Duration::ZERO, turn.as_mut()).await;
            assert!(waited.is_err(), "a third one got its turn");
        }
        let refused = passwords.turn().await.err().unwrap();
        assert_eq!((refused.code.as_str(), refused.retry_after), ("REQUEST-007", Some(2)));
        drop(held);
        assert!(waiting.remove(0).await.is_ok());
    }
}
