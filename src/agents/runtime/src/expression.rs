//! How much text may an expression of somebody's be held against, so that one match ends soon?
//!
//! Matching is linear in the text, but each character may take as many steps as the compiled expression is large, and nothing
//! interrupts a match. So a large expression is held against short texts only.
//!
//! A class of letters of all languages, as `\w`, is large when it is compiled, but at a character only few of its steps are taken. So
//! an expression counts as large as it is where its classes are of ASCII.

use regex::{Error, Regex, RegexBuilder, bytes};

/// The sizes that compiled expressions are told apart by, in bytes.
const SIZES: [usize; 6] = [1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, LARGEST];
/// The most bytes of a compiled expression; what is larger is refused.
const LARGEST: usize = 1 << 20;
/// The most bytes of an expression times bytes of a text: a second or so where every step of the expression is taken for each character.
const WORK: usize = 1 << 32;
/// The longest text that any expression is held against, in bytes.
const LONGEST: usize = 4 << 20;

/// An expression, and how long a text it may be held against.
#[derive(Debug, Clone)]
pub struct Bounded {
    regex: Regex,
    longest: usize,
}

/// The text is too long for the expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a text of {bytes} bytes is too long for this expression, which may be held against {longest}; use a simpler one")]
pub struct TooLong {
    /// Of the text.
    pub bytes: usize,
    /// The most.
    pub longest: usize,
}

impl Bounded {
    /// Compiles an expression.
    ///
    /// # Errors
    /// If it is none, or too large.
    pub fn new(text: &str) -> Result<Self, Error> {
        let regex = RegexBuilder::new(text).size_limit(LARGEST).build()?;
        Ok(Self { regex, longest: (WORK / size(text)).min(LONGEST) })
    }

    /// The expression itself, for whoever holds it against no more than [`longest`](Self::longest) bytes.
    #[must_use]
    pub const fn regex(&self) -> &Regex {
        &self.regex
    }

    /// The longest text that it is held against, in bytes.
    #[must_use]
    pub const fn longest(&self) -> usize {
        self.longest
    }

    /// Whether it fits somewhere in a text.
    ///
    /// # Errors
    /// If the text is too long for it.
    pub fn is_match(&self, text: &str) -> Result<bool, TooLong> {
        if text.len() > self.longest {
            return Err(TooLong { bytes: text.len(), longest: self.longest });
        }
        Ok(self.regex.is_match(text))
    }

    /// Whether it fits somewhere in as much of a text's beginning as it may be held against.
    #[must_use]
    pub fn is_match_at_first(&self, text: &str) -> bool {
        self.regex.is_match(&text[..text.floor_char_boundary(self.longest)])
    }
}

/// As how large an expression counts. Some cannot do without the letters of all languages, as `\pL`; these count as large as they are.
fn size(text: &str) -> usize {
    first(|limit| bytes::RegexBuilder::new(text).unicode(false).size_limit(limit).build().map(drop))
        .or_else(|| first(|limit| RegexBuilder::new(text).size_limit(limit).build().map(drop)))
        .unwrap_or(LARGEST)
}

/// The first of the sizes within which something compiles.
fn first(compile: impl Fn(usize) -> Result<(), Error>) -> Option<usize> {
    for size in SIZES {
        match compile(size) {
            Ok(()) => return Some(size),
            Err(Error::CompiledTooBig(_)) => {}
            Err(_) => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_small_expression_may_be_held_against_the_longest_text() {
        let small = Bounded::new("^2[0-9]{3}-[0-9]{2}").unwrap();
        assert_eq!((small.longest(), small.is_match("2024-05")), (LONGEST, Ok(true)));
        let text = "x".repeat(LONGEST + 1);
        assert_eq!(small.is_match(&text), Err(TooLong { bytes: LONGEST + 1, longest: LONGEST }));
        assert!(!small.is_match_at_first(&text));
    }

    #[test]
    fn classes_of_all_languages_count_as_those_of_ascii() {
        for text in [r"\w+ \w+", r"\w\w\w\w\w\w", r"(?i)import\s+\w+\s+as\s+\w+", r"\d{4}-\d{2}-\d{2}"] {
            let bounded = Bounded::new(text).unwrap();
            assert!(bounded.longest() >= 1 << 20, "{text}: {}", bounded.longest());
        }
        let words = Bounded::new(r"^\w+ \w+$").unwrap();
        assert_eq!((words.is_match("Zoë Łukasz"), words.is_match("Zoë")), (Ok(true), Ok(false)));
        // What has no form in ASCII counts in full.
        let letters = Bounded::new(r"\pL{10}").unwrap();
        assert!(letters.longest() < 64 << 10, "{}", letters.longest());
        assert_eq!(letters.is_match("éééééééééé"), Ok(true));
    }

    #[test]
    fn letters_of_all_languages_take_no_long_time() {
        for text in [r"(\w*\w*)*\d", r"\w{15}\d", r"(\w|\s){8}\d"] {
            let bounded = Bounded::new(text).unwrap();
            let long = "äж".repeat(bounded.longest() / 4);
            #[expect(clippy::disallowed_methods, reason = "a test measures")]
            let began = Instant::now();
            assert_eq!(bounded.is_match(&long), Ok(false), "{text}");
            assert!(began.elapsed() < Duration::from_secs(10), "{text} took {:?} on {}", began.elapsed(), long.len());
        }
    }

    #[test]
    fn hostile_expressions_are_refused_or_end_soon_on_the_longest_text_that_they_may_have() {
        for text in ["(a{1000}){1000}", r"\pL{10000}", "("] {
            assert!(Bounded::new(text).is_err(), "{text}");
        }
        // Each keeps all its states alive for every character.
        for text in ["(a|b)*a(a|b){100}c", "(a|b)*a(a|b){1000}c", "(a?){900}c", r"(\w*\w*)*c", r"(.*a){50}c", r"\w{4}c"] {
            let bounded = Bounded::new(text).unwrap();
            let long = "ab".repeat(bounded.longest() / 2);
            #[expect(clippy::disallowed_methods, reason = "a test measures")]
            let began = Instant::now();
            assert_eq!(bounded.is_match(&long), Ok(false), "{text}");
            assert!(began.elapsed() < Duration::from_secs(10), "{text} took {:?} on {}", began.elapsed(), long.len());
        }
    }
}
