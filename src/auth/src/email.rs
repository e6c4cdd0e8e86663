//! What is an email address here? Text with one `@`, at most 254 bytes, in lower case.

use baton_domain::problem::Problem;

/// The longest address that mail systems accept.
const MAXIMUM_BYTES: usize = 254;

/// The address as it is stored and compared.
///
/// # Errors
/// `REQUEST-002` for `/email`, with what is wrong.
pub(crate) fn normalise(text: &str) -> Result<String, Problem> {
    let wrong = |message: &str| Err(Problem::invalid_field("/email", message));
    // Checked before anything is copied, and again below: lower case can be longer.
    if text.len() > MAXIMUM_BYTES {
        return wrong("is longer than 254 bytes");
    }
    let address = text.trim().to_lowercase();
    if address.len() > MAXIMUM_BYTES {
        return wrong("is longer than 254 bytes");
    }
    if address.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return wrong("has a space or a control character in it");
    }
    match address.split_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() && !domain.contains('@') => Ok(address),
        _ => wrong("is no email address: expected name@example.com"),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::normalise;

    #[test]
    fn an_address_is_compared_in_lower_case_without_the_space_around_it() {
        assert_eq!(normalise(" Ada@Example.COM ").unwrap(), "ada@example.com");
    }

    #[test]
    fn what_is_no_address_is_refused_by_field() {
        let long = format!("{}@example.com", "a".repeat(250));
        for text in ["", "ada", "@example.com", "ada@", "a@b@c", "a da@example.com", "ada@exam\r\nple.com", &long] {
            let problem = normalise(text).unwrap_err();
            assert_eq!((problem.code.as_str(), problem.errors[0].field.as_str()), ("REQUEST-002", "/email"), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_address_stays_as_it_is(text in "\\PC{0,300}|[a-zA-Zİß]{0,200}@[a-zA-Z.]{0,80}") {
            if let Ok(address) = normalise(&text) {
                prop_assert!(address.len() <= 254);
                prop_assert_eq!(normalise(&address).unwrap(), address);
            }
        }
    }
}
