//! What differs from one run to the next although nothing else does, and what stands for it?
//!
//! Identifiers of runs, tasks and artifacts, and when a run began. An artifact is its content: `artifact:SHA-256`. Texts that only look like such an
//! identifier stay as they are.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};
use uuid::Uuid;

/// How long an identifier is as text.
const LENGTH: usize = 36;
/// Where its hyphens are.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];

/// How an instant is written, up to its seconds: `0` is any digit.
const INSTANT: &[u8] = b"0000-00-00T00:00:00";
/// The most bytes that follow: a point, nine digits and the `Z`.
const FRACTION: usize = 11;

/// Says what stands for what.
#[derive(Debug, Default)]
pub(crate) struct Rewriter {
    known: BTreeMap<Uuid, String>,
    /// Instants as they are written, as that at which a run began. There is one for each run of a recording, so they are looked up, not searched for.
    instants: BTreeMap<String, String>,
}

impl Rewriter {
    pub(crate) fn know(&mut self, id: Uuid, name: impl Into<String>) {
        self.known.entry(id).or_insert_with(|| name.into());
    }

    pub(crate) fn knows(&self, id: &Uuid) -> bool {
        self.known.contains_key(id)
    }

    /// Knows an instant by how it is written. One that is written otherwise than RFC 3339 says, as that of a broken clock, is left alone.
    pub(crate) fn instant(&mut self, text: String, name: impl Into<String>) {
        self.instants.entry(text).or_insert_with(|| name.into());
    }

    /// The same with what is known rewritten. Names of members are left alone, unless they are identifiers.
    pub(crate) fn rewritten(&self, value: Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.of_text(text)),
            Value::Array(items) => items.into_iter().map(|item| self.rewritten(item)).collect(),
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, value)| (self.of_text(name), self.rewritten(value)));
                Value::Object(members.collect::<Map<_, _>>())
            }
            other => other,
        }
    }

    fn of_text(&self, text: String) -> String {
        let text = replaced(text, |text| {
            let found = if self.instants.is_empty() { Vec::new() } else { instants(text) };
            found.into_iter().filter_map(|(at, instant)| Some((at, instant.len(), self.instants.get(instant)?))).collect()
        });
        replaced(text, |text| identifiers(text).into_iter().filter_map(|(at, id)| Some((at, LENGTH, self.known.get(&id)?))).collect())
    }
}

/// A text with other pieces in place of those that are found: where each begins, how long it is, and what stands for it. They do not overlap.
fn replaced<'a>(text: String, find: impl FnOnce(&str) -> Vec<(usize, usize, &'a String)>) -> String {
    let found = find(&text);
    if found.is_empty() {
        return text;
    }
    let mut written = String::new();
    let mut from = 0;
    for (at, length, name) in found {
        written.push_str(text.get(from..at).unwrap_or_default());
        written.push_str(name);
        from = at + length;
    }
    written.push_str(text.get(from..).unwrap_or_default());
    written
}

/// What may be an instant in a text, as RFC 3339 writes it in UTC, with its place; they do not overlap.
fn instants(text: &str) -> Vec<(usize, &str)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + INSTANT.len() < bytes.len() {
        let window = &bytes[at..at + INSTANT.len()];
        let well_formed = window.iter().zip(INSTANT).all(|(byte, form)| if *form == b'0' { byte.is_ascii_digit() } else { byte == form });
        if !well_formed {
            at += 1;
            continue;
        }
        // Fractions of a second have at most nine digits.
        let rest = bytes.iter().enumerate().skip(at + INSTANT.len()).take(FRACTION);
        let end = rest.take_while(|(_, byte)| matches!(byte, b'.' | b'Z') || byte.is_ascii_digit()).find(|(_, byte)| **byte == b'Z');
        match end.and_then(|(end, _)| Some((end + 1, text.get(at..=end)?))) {
            Some((end, instant)) => {
                found.push((at, instant));
                at = end;
            }
            None => at += 1,
        }
    }
    found
}

/// The identifiers in a text, with their places; they do not overlap.
fn identifiers(text: &str) -> Vec<(usize, Uuid)> {
    let bytes = text.as_bytes();
    let mut found = Vec::new();
    let mut at = 0;
    while at + LENGTH <= bytes.len() {
        let window = &bytes[at..at + LENGTH];
        let well_formed =
            window.iter().enumerate().all(|(place, byte)| if HYPHENS.contains(&place) { *byte == b'-' } else { byte.is_ascii_hexdigit() });
        let id = if well_formed { text.get(at..at + LENGTH).and_then(|text| Uuid::try_parse(text).ok()) } else { None };
        match id {
            Some(id) => {
                found.push((at, id));
                at += LENGTH;
            }
            None => at += 1,
        }
    }
    found
}

/// All identifiers in a value.
pub(crate) fn identifiers_in(value: &Value, found: &mut BTreeSet<Uuid>) {
    match value {
        Value::String(text) => found.extend(identifiers(text).into_iter().map(|(_, id)| id)),
        Value::Array(items) => items.iter().for_each(|item| identifiers_in(item, found)),
        Value::Object(members) => {
            for (name, value) in members {
                found.extend(identifiers(name).into_iter().map(|(_, id)| id));
                identifiers_in(value, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const ONE: &str = "0193e0a5-0000-7000-8000-000000000001";
    const OTHER: &str = "0193e0a5-0000-7000-8000-000000000002";

    fn id(text: &str) -> Uuid {
        Uuid::try_parse(text).unwrap()
    }

    #[test]
    fn what_is_known_is_rewritten_wherever_it_stands() {
        let mut rewriter = Rewriter::default();
        rewriter.know(id(ONE), "artifact:ab");
        rewriter.instant("2026-01-02T03:04:05.678Z".to_owned(), "(began)");
        let value = json!({
            "file": ONE, "link": format!("ü/artifacts/{ONE}/content?x={OTHER}"), "many": [ONE, 1, null], ONE: {"at": "2026-01-02T03:04:05.678Z"},
            "upper": ONE.to_uppercase(), "almost": &ONE[1..]
        });
        let expected = json!({
            "file": "artifact:ab", "link": format!("ü/artifacts/artifact:ab/content?x={OTHER}"), "many": ["artifact:ab", 1, null],
            "artifact:ab": {"at": "(began)"}, "upper": "artifact:ab", "almost": &ONE[1..]
        });
        assert_eq!(rewriter.rewritten(value), expected);
    }

    #[test]
    fn an_instant_is_found_wherever_it_stands_and_no_other_is() {
        let mut rewriter = Rewriter::default();
        for instant in ["2026-01-02T03:04:05.678Z", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.6Z"] {
            rewriter.instant(instant.to_owned(), "(began)");
        }
        let cases = [
            ("2026-01-02T03:04:05Z", "(began)"),
            ("from 2026-01-02T03:04:05.6Z to 2026-01-02T03:04:05.678Z!", "from (began) to (began)!"),
            ("é2026-01-02T03:04:05Z2026-01-02T03:04:05Zé", "é(began)(began)é"),
            ("12026-01-02T03:04:05Z", "1(began)"),
            ("2026-01-02T03:04:05.67Z", "2026-01-02T03:04:05.67Z"),
            ("2026-01-02T03:04:05+00:00 Z", "2026-01-02T03:04:05+00:00 Z"),
            ("2026-01-02T03:04:05", "2026-01-02T03:04:05"),
        ];
        for (text, expected) in cases {
            assert_eq!(rewriter.rewritten(json!(text)), json!(expected));
        }
    }

    #[test]
    fn many_instants_take_no_longer_than_few() {
        let mut rewriter = Rewriter::default();
        let instant = |n: u32| format!("2026-01-02T03:{:02}:{:02}.{:03}Z", n / 60_000, n / 1_000 % 60, n % 1_000);
        (0..100_000).for_each(|n| rewriter.instant(instant(n), "(began)"));
        let texts: Value = (0..100_000).map(instant).map(Value::String).collect();
        let rewritten = rewriter.rewritten(texts);
        assert!(rewritten.as_array().unwrap().iter().all(|text| text == "(began)"));
    }

    #[test]
    fn identifiers_are_found_in_names_and_values() {
        let mut found = BTreeSet::new();
        identifiers_in(&json!({ONE: [format!("a{OTHER}b")]}), &mut found);
        assert_eq!(found, BTreeSet::from([id(ONE), id(OTHER)]));
        assert!(identifiers("é").is_empty());
    }
}
