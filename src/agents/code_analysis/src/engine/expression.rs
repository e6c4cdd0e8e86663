//! A regular expression of a rule, compiled when it is first needed: a review needs few of all that are shipped.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// The largest compiled form, in bytes.
const MAXIMUM_REGEX_BYTES: usize = 1 << 20;

/// An expression. One that does not compile fits nothing; [`checked`](Self::checked) tells beforehand.
#[derive(Debug)]
pub(crate) struct Expression {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl Expression {
    /// From text that is known to be sound.
    pub(crate) fn trusted(text: &str) -> Self {
        Self { text: text.to_owned(), regex: OnceLock::new() }
    }

    /// From text that is compiled now.
    ///
    /// # Errors
    /// Why it is not understood.
    pub(crate) fn checked(text: &str) -> Result<Self, String> {
        let regex =
            build(text).map_err(|error| format!("the expression {text:?} is not understood: {}", error.to_string().replace('\n', " ")))?;
        Ok(Self { text: text.to_owned(), regex: OnceLock::from(Some(regex)) })
    }

    /// Whether it fits somewhere in this.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex.get_or_init(|| build(&self.text).ok()).as_ref().is_some_and(|regex| regex.is_match(text))
    }
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(MAXIMUM_REGEX_BYTES).build()
}
