//! Which passwords are accepted? 8 to 128 characters, none of the best-known ones, and not the address itself.
//!
//! There are no rules of composition: they make passwords more alike, not stronger.

use std::collections::HashSet;
use std::sync::LazyLock;

use baton_domain::problem::Problem;

/// The fewest characters.
pub(crate) const MINIMUM_CHARACTERS: usize = 8;
/// The most characters; hashing more would only cost time.
pub(crate) const MAXIMUM_CHARACTERS: usize = 128;

static BEST_KNOWN: LazyLock<HashSet<&'static str>> = LazyLock::new(|| include_str!("../data/common_passwords.txt").lines().collect());

/// Whether a password may be chosen by the person with this (normalised) address.
///
/// # Errors
/// `REQUEST-002` for `/password`, with what is wrong; never with the password.
pub(crate) fn check(password: &str, email: &str) -> Result<(), Problem> {
    let wrong = |message: &str| Err(Problem::invalid_field("/password", message));
    let characters = password.chars().take(MAXIMUM_CHARACTERS + 1).count();
    if characters < MINIMUM_CHARACTERS {
        return wrong("is too short: use at least 8 characters");
    }
    if characters > MAXIMUM_CHARACTERS {
        return wrong("is too long: use at most 128 characters");
    }
    let lower = password.to_lowercase();
    if BEST_KNOWN.contains(lower.as_str()) {
        return wrong("is one of the best-known passwords: choose another");
    }
    let local = email.split('@').next().unwrap_or_default();
    if lower == email || lower == local {
        return wrong("is the email address: choose another");
    }
    let mut all = password.chars();
    let first = all.next();
    if all.all(|c| Some(c) == first) {
        return wrong("repeats one character: choose another");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn refusal(password: &str) -> Option<String> {
        check(password, "ada.lovelace@example.com").err().map(|problem| {
            assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("REQUEST-002", "/password"));
            problem.errors[0].message.clone()
        })
    }

    #[test]
    fn the_length_counts_characters_not_bytes() {
        assert!(refusal("ñandú77").unwrap().contains("too short"));
        assert_eq!(refusal("ñandú777"), None);
        assert_eq!(refusal(&"äbc!".repeat(32)), None);
        assert!(refusal(&format!("{}x", "äbc!".repeat(32))).unwrap().contains("too long"));
    }

    #[test]
    fn the_best_known_passwords_are_refused_in_any_case() {
        assert!(BEST_KNOWN.len() >= 3000, "{} passwords", BEST_KNOWN.len());
        for password in ["password", "PassWord1", "12345678", "qwertyuiop", "trustno1"] {
            assert!(refusal(password).unwrap().contains("best-known"), "{password}");
        }
        for password in BEST_KNOWN.iter() {
            assert!(check(password, "a@b").is_err(), "{password}");
        }
    }

    #[test]
    fn the_address_is_no_password() {
        for password in ["ada.lovelace@example.com", "Ada.Lovelace", "zzzzzzzzzzzzz"] {
            assert!(refusal(password).is_some(), "{password}");
        }
    }

    #[test]
    fn a_long_phrase_without_digits_is_accepted() {
        assert_eq!(refusal("many small green turtles"), None);
    }
}
