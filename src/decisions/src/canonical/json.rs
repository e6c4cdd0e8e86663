//! When are two JSON values the same?

use serde_json::{Map, Number, Value};
use unicode_normalization::UnicodeNormalization;

use super::{Unfit, text};

/// A value as text that is the same for the same value: keys sorted, numbers in one form, texts composed.
#[must_use]
pub fn canonical_json(value: &Value) -> String {
    normal(value, false).to_string()
}

/// The form of an answer, or of those of its parts that count.
pub(super) fn form(answer: &Value, fields: &[String], ignore_case: bool) -> Result<String, Unfit> {
    // Models write JSON as text.
    let parsed;
    let value = match answer {
        Value::String(written) => {
            parsed = serde_json::from_str::<Value>(written.trim()).map_err(|_| Unfit::NoJson)?;
            &parsed
        }
        Value::Null => return Err(Unfit::Empty),
        other => other,
    };
    if fields.is_empty() {
        return Ok(normal(value, ignore_case).to_string());
    }
    let chosen: Map<String, Value> =
        fields.iter().filter_map(|field| Some((field.clone(), normal(value.pointer(field)?, ignore_case)))).collect();
    if chosen.is_empty() { Err(Unfit::NoJson) } else { Ok(Value::Object(chosen).to_string()) }
}

fn normal(value: &Value, ignore_case: bool) -> Value {
    match value {
        Value::Number(number) => Value::Number(plain(number)),
        Value::String(words) if ignore_case => Value::String(text(words, true)),
        Value::String(words) => Value::String(words.nfc().collect()),
        Value::Array(items) => Value::Array(items.iter().map(|item| normal(item, ignore_case)).collect()),
        Value::Object(members) => {
            // Sorted by hand: the map keeps the order of insertion where another crate asks for that.
            let mut sorted: Vec<(String, Value)> =
                members.iter().map(|(key, member)| (key.nfc().collect(), normal(member, ignore_case))).collect();
            sorted.sort_by(|one, other| one.0.cmp(&other.0));
            Value::Object(sorted.into_iter().collect())
        }
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

/// A whole number without a fraction if it is one: `1.0` and `1` are the same.
fn plain(number: &Number) -> Number {
    /// Whole numbers up to here are exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match number.as_f64() {
        Some(value) if number.is_f64() && value.fract() == 0.0 && value.abs() <= EXACT => Number::from(value as i64),
        _ => number.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::canonical::Canonicalisation;

    fn by(fields: &[&str]) -> Canonicalisation {
        Canonicalisation::Json { fields: fields.iter().map(|field| (*field).to_owned()).collect(), ignore_case: false }
    }

    #[test]
    fn keys_may_stand_in_any_order_and_numbers_be_written_in_any_form() {
        let form = |written: &str| by(&[]).form(&json!(written)).unwrap();
        assert_eq!(form(r#"{"b": [1.0, -0.0], "a": "caf\u00e9"}"#), form("{\"a\": \"cafe\u{301}\", \"b\": [1e0, 0]}"));
        assert_ne!(form("[1, 2]"), form("[2, 1]"));
        assert_ne!(form(r#"{"a": null}"#), form("{}"));
        assert_ne!(form("9007199254740993"), form("9007199254740992"), "large whole numbers keep their digits");
        assert_eq!(by(&[]).form(&json!("{")), Err(Unfit::NoJson));
    }

    #[test]
    fn only_the_chosen_parts_count() {
        let form = |answer: Value| by(&["/verdict", "/lines/0"]).form(&answer);
        let one = form(json!({"verdict": "bug", "lines": [3, 4], "why": "it overflows"})).unwrap();
        assert_eq!(form(json!({"lines": [3.0], "verdict": "bug", "why": "see line 3"})), Ok(one.clone()));
        assert_ne!(form(json!({"verdict": "bug"})), Ok(one.clone()), "what is missing is missing");
        assert_eq!(form(json!({"why": "it overflows"})), Err(Unfit::NoJson));
        assert_ne!(form(json!({"verdict": "bug", "lines": [null]})), form(json!({"verdict": "bug"})));
        let caseless = Canonicalisation::Json { fields: vec!["/verdict".into()], ignore_case: true };
        assert_eq!(caseless.form(&json!({"verdict": "BUG "})), caseless.form(&json!({"verdict": "bug"})));
    }
}
