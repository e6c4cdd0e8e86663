//! How does the first administrator prove to be the owner? With a code that the server prints when it starts.

use baton_domain::services::Answer;
use baton_domain::wire::auth::Secret;
use subtle::ConstantTimeEq;

use crate::random;

/// Crockford's alphabet: no letter that looks like another letter or a digit. 32 symbols, five bits each.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Symbols of a code: 60 bits.
const LENGTH: usize = 12;

/// The one-time code of this start of the server. Good only while there is no user.
pub(crate) struct SetupCode([u8; LENGTH]);

impl std::fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SetupCode([redacted])")
    }
}

impl SetupCode {
    /// A new code.
    ///
    /// # Errors
    /// If the operating system has no randomness.
    pub(crate) fn generate() -> Answer<Self> {
        // 256 is a multiple of 32, so every symbol is as likely as any other.
        Ok(Self(random::bytes::<LENGTH>()?.map(|byte| ALPHABET[usize::from(byte % 32)])))
    }

    /// As it is printed: `XXXX-XXXX-XXXX`.
    pub(crate) fn text(&self) -> String {
        let groups: Vec<String> = self.0.chunks(4).map(|group| group.iter().map(|symbol| char::from(*symbol)).collect()).collect();
        groups.join("-")
    }

    /// Whether somebody typed this code; the time taken does not tell how much of it is right. Case, spaces and dashes
    /// do not matter, and O, I and L count as the digits they look like.
    pub(crate) fn fits(&self, typed: &Secret) -> bool {
        let mut symbols = [0; LENGTH];
        let mut count = 0_usize;
        // A code has 14 characters; more than a few spaces around them is no code.
        for c in typed.0.chars().take(64).filter(|c| !c.is_whitespace() && *c != '-') {
            let symbol = match c.to_ascii_uppercase() {
                'O' => b'0',
                'I' | 'L' => b'1',
                other => u8::try_from(other).unwrap_or(0),
            };
            if let Some(place) = symbols.get_mut(count) {
                *place = symbol;
            }
            count = count.saturating_add(1);
        }
        let same: bool = symbols.ct_eq(&self.0).into();
        same && count == LENGTH
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use proptest::prelude::*;

    use super::*;

    fn typed(text: &str) -> Secret {
        Secret(text.to_owned())
    }

    #[test]
    fn a_code_has_three_groups_of_unambiguous_symbols_and_differs_each_time() {
        let text = SetupCode::generate().unwrap().text();
        let groups: Vec<&str> = text.split('-').collect();
        assert!(groups.len() == 3 && groups.iter().all(|group| group.len() == 4), "{text}");
        assert!(text.bytes().all(|byte| byte == b'-' || ALPHABET.contains(&byte)), "{text}");
        assert_ne!(SetupCode::generate().unwrap().text(), SetupCode::generate().unwrap().text());
    }

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = SetupCode(*b"0123456789AB");
        for text in ["0123-4567-89AB", "0123456789ab", " o1z3".replace('z', "2").as_str(), "oi23-4567-89ab", "0L23 4567 89AB\n"] {
            assert_eq!(code.fits(&typed(text)), text.len() > 8, "{text:?}");
        }
    }

    #[test]
    fn a_code_is_not_in_its_debug_form() {
        let code = SetupCode::generate().unwrap();
        assert!(!format!("{code:?}").contains(&code.text()[..4]));
    }

    proptest! {
        #[test]
        fn only_the_code_itself_fits(bytes in prop::array::uniform12(0usize..32), at in 0usize..12, other in 0usize..32) {
            let code = SetupCode(bytes.map(|index| ALPHABET[index]));
            prop_assert!(code.fits(&typed(&code.text())));
            let mut wrong = bytes;
            wrong[at] = other;
            let wrong = SetupCode(wrong.map(|index| ALPHABET[index]));
            prop_assert_eq!(code.fits(&typed(&wrong.text())), other == bytes[at]);
            let code_and_more = format!("{}0", code.text());
            prop_assert!(!code.fits(&typed(&code_and_more)));
        }

        #[test]
        fn no_text_makes_it_fail(text in "\\PC{0,200}") {
            prop_assert!(!SetupCode(*b"0123456789AB").fits(&typed(&text)));
        }
    }
}
