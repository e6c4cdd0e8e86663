//! Where do two JSON documents differ?

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::canonical::canonical;

/// The most differences that are listed.
pub const MAXIMUM_DIFFERENCES: usize = 50;
/// The most that is shown of a value, in bytes.
pub const MAXIMUM_SHOWN: usize = 1_000;
/// How deep two documents are compared part by part; below that, as wholes.
const MAXIMUM_DEPTH: usize = 128;

/// A place where two documents differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// Where, as a JSON Pointer (RFC 6901).
    pub pointer: String,
    /// What one has there, as JSON; cut if it is long, and nothing if there is nothing.
    pub left: Option<String>,
    /// What the other has there.
    pub right: Option<String>,
}

/// Where two documents differ: members by their names, items by their places; [`MAXIMUM_DIFFERENCES`] at most.
#[must_use]
pub fn differences(left: &Value, right: &Value) -> Vec<Difference> {
    let mut found = Vec::new();
    compare(Some(left), Some(right), &mut String::new(), MAXIMUM_DEPTH, &mut found);
    found
}

fn compare(left: Option<&Value>, right: Option<&Value>, pointer: &mut String, depth: usize, found: &mut Vec<Difference>) {
    if found.len() >= MAXIMUM_DIFFERENCES || left == right {
        return;
    }
    let end = pointer.len();
    match (left, right) {
        (Some(Value::Object(one)), Some(Value::Object(other))) if depth > 0 => {
            for name in one.keys().chain(other.keys()).collect::<BTreeSet<_>>() {
                pointer.push('/');
                pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
                compare(one.get(name), other.get(name), pointer, depth - 1, found);
                pointer.truncate(end);
            }
        }
        (Some(Value::Array(one)), Some(Value::Array(other))) if depth > 0 => {
            for at in 0..one.len().max(other.len()) {
                if found.len() >= MAXIMUM_DIFFERENCES {
                    return;
                }
                pointer.push_str(&format!("/{at}"));
                compare(one.get(at), other.get(at), pointer, depth - 1, found);
                pointer.truncate(end);
            }
        }
        _ => {
            let (left, right) = (left.map(shown), right.map(shown));
            found.push(Difference { pointer: pointer.clone(), left, right });
        }
    }
}

/// A value as it is shown.
fn shown(value: &Value) -> String {
    let mut text = canonical(value).unwrap_or_else(|_| "…".to_owned());
    if text.len() > MAXIMUM_SHOWN {
        let end = (0..=MAXIMUM_SHOWN).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn differences_are_pointed_at() {
        let found = differences(&json!({"a/b": [1, {"x": 1}], "same": 1, "gone": null}), &json!({"a/b": [1, {"x": 2}, 3], "same": 1}));
        let difference = |pointer: &str, left: Option<&str>, right: Option<&str>| Difference {
            pointer: pointer.into(),
            left: left.map(Into::into),
            right: right.map(Into::into),
        };
        let expected = [
            difference("/a~1b/1/x", Some("1"), Some("2")),
            difference("/a~1b/2", None, Some("3")),
            difference("/gone", Some("null"), None),
        ];
        assert_eq!(found, expected);
        assert!(differences(&json!([1, "a"]), &json!([1, "a"])).is_empty());
    }

    #[test]
    fn what_is_listed_and_shown_is_bounded() {
        let (zeros, ones) = (Value::from(vec![0; 200_000]), Value::from(vec![1; 200_000]));
        assert_eq!(differences(&zeros, &ones).len(), MAXIMUM_DIFFERENCES);
        let long = differences(&json!("ü".repeat(10_000)), &json!(1));
        assert!(long[0].left.as_ref().is_some_and(|left| left.len() <= MAXIMUM_SHOWN + 3));
    }
}
