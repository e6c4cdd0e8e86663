//! A regular expression of a rule, compiled when it is first needed: a review needs few of all that are shipped.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_agents_runtime::expression::Bounded;
use regex::{Regex, RegexBuilder};

use crate::source::cut;

/// The largest compiled form of a shipped one, in bytes.
const MAXIMUM_REGEX_BYTES: usize = 1 << 20;
/// As many characters of one that is not understood are repeated.
const REPEATED: usize = 200;

/// An expression. One that does not compile fits nothing; [`checked`](Self::checked) tells beforehand.
#[derive(Debug)]
pub(crate) struct Expression {
    text: String,
    form: Form,
}

/// Shipped expressions are known to be sound, and read files whole. Of a user's own, which may be made to take long, the larger one is held
/// against the beginning of a text only, and remembers that it was.
#[derive(Debug)]
enum Form {
    Shipped(OnceLock<Option<Regex>>),
    Own { regex: Bounded, cut: AtomicBool },
}

impl Expression {
    /// From text that is known to be sound.
    pub(crate) fn trusted(text: &str) -> Self {
        Self { text: text.to_owned(), form: Form::Shipped(OnceLock::new()) }
    }

    /// From text that is compiled now.
    ///
    /// # Errors
    /// Why it is not understood.
    pub(crate) fn checked(text: &str) -> Result<Self, String> {
        let regex = bounded(text)?;
        Ok(Self { text: text.to_owned(), form: Form::Own { regex, cut: AtomicBool::new(false) } })
    }

    /// Whether it fits somewhere in this.
    pub(crate) fn is_match(&self, text: &str) -> bool {
        match &self.form {
            Form::Shipped(regex) => regex.get_or_init(|| build(&self.text).ok()).as_ref().is_some_and(|regex| regex.is_match(text)),
            Form::Own { regex, cut } => {
                if text.len() > regex.longest() {
                    cut.store(true, Ordering::Relaxed);
                }
                regex.is_match_at_first(text)
            }
        }
    }

    /// How many bytes of a text were looked at where there were more, if that was so.
    pub(crate) fn cut_at(&self) -> Option<usize> {
        match &self.form {
            Form::Own { regex, cut } if cut.load(Ordering::Relaxed) => Some(regex.longest()),
            _ => None,
        }
    }
}

/// A user's own expression.
///
/// # Errors
/// Why it is not understood.
pub(crate) fn bounded(text: &str) -> Result<Bounded, String> {
    Bounded::new(text).map_err(|error| {
        let why = error.to_string().replace('\n', " ");
        format!("the expression {:?} is not understood: {why}", cut(text, REPEATED))
    })
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(MAXIMUM_REGEX_BYTES).build()
}
