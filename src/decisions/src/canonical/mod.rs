//! Which answers are the same?
//!
//! An answer is brought into a form, once, when it arrives; forms are then put into groups. Grouping reads nothing but the forms, so that no
//! order of the answers and no replay changes it:
//! - `exact`: the same text after Unicode's composition (NFC) and with single spaces; what is no text is taken as JSON.
//! - `number`: all numbers are sorted, and two neighbours belong together if they lie no farther apart than the tolerance. A group may so be wider
//!   than the tolerance, as a chain is longer than its links; in return an answer more never divides a group.
//! - `json`: the same value, whatever the order of keys and however numbers are written, or the same chosen parts.
//! - `clustered`: groups that somebody else found, a model or a measure of similarity, are given as data.

mod cluster;
mod json;
mod number;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

pub use cluster::{by_similarity, merged};
pub use json::canonical_json;

/// The largest answer, in bytes of its form.
pub const MAXIMUM_ANSWER_BYTES: usize = 32 * 1024;
/// The most parts of an answer that can be chosen.
pub const MAXIMUM_FIELDS: usize = 50;
/// The longest pointer to a part that is chosen, in bytes.
pub const MAXIMUM_POINTER_BYTES: usize = 1_000;

/// When two answers are the same.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "method", rename_all = "snake_case", deny_unknown_fields)]
pub enum Canonicalisation {
    /// The same text, spaces aside.
    Exact {
        /// Whether small and capital letters are the same.
        #[serde(default)]
        ignore_case: bool,
    },
    /// Numbers that lie close to one another.
    Number {
        /// By how much neighbours may differ.
        #[serde(default)]
        absolute: f64,
        /// By what share of the larger one neighbours may differ, below 1.
        #[serde(default)]
        relative: f64,
    },
    /// The same JSON.
    Json {
        /// JSON Pointers to what counts; all of it if there are none.
        #[serde(default)]
        fields: Vec<String>,
        /// Whether small and capital letters in texts are the same.
        #[serde(default)]
        ignore_case: bool,
    },
    /// Groups that a model or a measure of similarity finds.
    Clustered,
}

impl Default for Canonicalisation {
    fn default() -> Self {
        Self::Exact { ignore_case: false }
    }
}

/// Why an answer has no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// It is empty.
    Empty,
    /// It is larger than [`MAXIMUM_ANSWER_BYTES`].
    TooLarge,
    /// It is no number.
    NoNumber,
    /// It is no JSON, or has none of the chosen fields.
    NoJson,
}

impl std::fmt::Display for Unfit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Empty => f.write_str("The answer is empty."),
            Self::TooLarge => {
                write!(f, "An answer has at most {MAXIMUM_ANSWER_BYTES} bytes: store more as an artifact and answer with its id.")
            }
            Self::NoNumber => f.write_str("The answer is no number."),
            Self::NoJson => f.write_str("The answer is no JSON, or has none of the fields that count."),
        }
    }
}

/// A text with composed letters and single spaces; without difference of case if asked for.
#[must_use]
pub fn text(text: &str, ignore_case: bool) -> String {
    let composed: String = text.nfc().collect();
    let mut spaced = String::with_capacity(composed.len());
    for word in composed.split_whitespace() {
        if !spaced.is_empty() {
            spaced.push(' ');
        }
        spaced.push_str(word);
    }
    // Lower case may leave letters in parts again.
    if ignore_case { spaced.to_lowercase().nfc().collect() } else { spaced }
}

impl Canonicalisation {
    /// The first setting that cannot be, and what to do.
    #[must_use]
    pub fn wrong(&self) -> Option<(String, String)> {
        match self {
            Self::Number { absolute, relative } => {
                if !(absolute.is_finite() && *absolute >= 0.0) {
                    return Some(("absolute".into(), "A tolerance is a number, 0 or more.".into()));
                }
                let fits = (0.0..1.0).contains(relative);
                (!fits).then(|| ("relative".into(), "A tolerance that is a share is 0 or more and below 1.".into()))
            }
            Self::Json { fields, .. } => {
                if fields.len() > MAXIMUM_FIELDS {
                    return Some(("fields".into(), format!("At most {MAXIMUM_FIELDS} fields.")));
                }
                if let Some(long) = fields.iter().position(|field| field.len() > MAXIMUM_POINTER_BYTES) {
                    return Some((format!("fields/{long}"), format!("A JSON Pointer has at most {MAXIMUM_POINTER_BYTES} bytes.")));
                }
                let wrong = fields.iter().position(|field| !(field.is_empty() || field.starts_with('/')))?;
                Some((format!("fields/{wrong}"), "A JSON Pointer begins with a slash, as `/total`.".into()))
            }
            Self::Exact { .. } | Self::Clustered => None,
        }
    }

    /// The form of an answer: answers of the same form are the same.
    ///
    /// # Errors
    /// Why it has none.
    pub fn form(&self, answer: &Value) -> Result<String, Unfit> {
        let form = match self {
            Self::Exact { ignore_case } => plain(answer, *ignore_case),
            Self::Clustered => plain(answer, false),
            Self::Number { .. } => number::form(answer)?,
            Self::Json { fields, ignore_case } => json::form(answer, fields, *ignore_case)?,
        };
        match form.len() {
            0 => Err(Unfit::Empty),
            1..=MAXIMUM_ANSWER_BYTES => Ok(form),
            _ => Err(Unfit::TooLarge),
        }
    }

    /// Puts forms into groups, whose members are named by their places. Groups come in the order of their least form, members in that of
    /// their forms and then their places; nothing depends on the order in which they are given but the places' numbers.
    #[must_use]
    pub fn groups(&self, forms: &[&str]) -> Vec<Vec<usize>> {
        let mut same: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, form) in forms.iter().enumerate() {
            same.entry(form).or_default().push(place);
        }
        match self {
            Self::Number { absolute, relative } => number::groups(same, *absolute, *relative),
            _ => same.into_values().collect(),
        }
    }

    /// Whether a group keeps the same form whatever else is answered: where tolerances join forms, a group's middle moves.
    #[must_use]
    pub fn is_rigid(&self) -> bool {
        match self {
            Self::Exact { .. } | Self::Json { .. } => true,
            Self::Number { absolute, relative } => *absolute == 0.0 && *relative == 0.0,
            Self::Clustered => false,
        }
    }
}

/// A text as it is read, anything else as JSON.
fn plain(answer: &Value, ignore_case: bool) -> String {
    match answer {
        Value::String(words) => text(words, ignore_case),
        Value::Null => String::new(),
        other => text(&canonical_json(other), ignore_case),
    }
}

/// Whether answers differ: then a decision is needed. Answers without a form differ from all others.
#[must_use]
pub fn differ(answers: &[Value], by: &Canonicalisation) -> bool {
    let forms: Vec<Option<String>> = answers.iter().map(|answer| by.form(answer).ok()).collect();
    if answers.len() > 1 && forms.iter().any(Option::is_none) {
        return true;
    }
    let forms: Vec<&str> = forms.iter().flatten().map(String::as_str).collect();
    by.groups(&forms).len() > 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_the_same_whatever_their_spaces_and_composition() {
        let exact = Canonicalisation::default();
        let form = |text: &str| exact.form(&json!(text)).unwrap();
        assert_eq!(form(" caf\u{e9}\n\tau  lait "), form("cafe\u{301} au lait"));
        assert_ne!(form("Yes"), form("yes"));
        assert_ne!(form("x\u{b2}"), form("x2"), "compatibility forms are other texts");
        let caseless = Canonicalisation::Exact { ignore_case: true };
        assert_eq!(caseless.form(&json!("\u{130}stanbul")), caseless.form(&json!("i\u{307}stanbul")));
        assert_eq!(exact.form(&json!("  ")), Err(Unfit::Empty));
        assert_eq!(exact.form(&Value::Null), Err(Unfit::Empty));
        assert_eq!(exact.form(&json!("x".repeat(MAXIMUM_ANSWER_BYTES + 1))), Err(Unfit::TooLarge));
        assert_eq!(exact.form(&json!(true)), exact.form(&json!("true")));
    }

    #[test]
    fn only_so_many_parts_can_be_chosen() {
        let by = |count: usize| Canonicalisation::Json { fields: vec!["/x".into(); count], ignore_case: false };
        assert_eq!(by(MAXIMUM_FIELDS).wrong(), None);
        assert!(by(MAXIMUM_FIELDS + 1).wrong().is_some());
        assert_eq!(Canonicalisation::Json { fields: vec!["/x".into(), "y".into()], ignore_case: false }.wrong().unwrap().0, "fields/1");
    }

    #[test]
    fn differing_answers_are_told() {
        let by = Canonicalisation::Number { absolute: 0.1, relative: 0.0 };
        assert!(!differ(&[json!(1.0), json!("1.05"), json!(1)], &by));
        assert!(differ(&[json!(1.0), json!(1.2)], &by));
        assert!(differ(&[json!(1.0), json!("one")], &by), "who knows");
        assert!(!differ(&[json!("one")], &by) && !differ(&[], &by), "one answer differs from nothing");
    }

    fn methods() -> impl Strategy<Value = Canonicalisation> {
        prop_oneof![
            any::<bool>().prop_map(|ignore_case| Canonicalisation::Exact { ignore_case }),
            (0.0_f64..2.0, 0.0_f64..0.5).prop_map(|(absolute, relative)| Canonicalisation::Number { absolute, relative }),
        ]
    }

    proptest! {
        #[test]
        fn the_order_of_answers_changes_no_group(
            (numbers, turned) in prop::collection::vec(-20_i32..20, 0..12).prop_flat_map(|all| (Just(all.clone()), Just(all).prop_shuffle())),
            by in methods(),
        ) {
            let groups = |numbers: &[i32]| {
                let forms: Vec<String> = numbers.iter().map(|number| by.form(&json!(f64::from(*number) / 4.0)).unwrap()).collect();
                let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
                by.groups(&forms).into_iter().map(|group| group.into_iter().map(|place| numbers[place]).collect::<Vec<_>>()).collect::<Vec<_>>()
            };
            prop_assert_eq!(groups(&numbers), groups(&turned));
        }

        #[test]
        fn one_answer_more_divides_no_group(numbers in prop::collection::vec(-40_i32..40, 2..10), more in -40_i32..40, by in methods()) {
            let forms: Vec<String> = numbers.iter().chain([&more]).map(|number| by.form(&json!(f64::from(*number) / 4.0)).unwrap()).collect();
            let forms: Vec<&str> = forms.iter().map(String::as_str).collect();
            let after = by.groups(&forms);
            for group in by.groups(&forms[..numbers.len()]) {
                prop_assert!(after.iter().any(|other| group.iter().all(|place| other.contains(place))));
            }
        }
    }
}
