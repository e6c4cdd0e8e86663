//! What JSON did a model mean? Fences, prose around it, trailing commas, single quotes, and ends that were cut are mended.
//!
//! Mending is a guess, and only ever the first step: what comes out is held against the schema.

use serde_json::Value;

/// How deep brackets may be nested.
const MAXIMUM_DEPTH: usize = 128;

/// The value that a text holds or nearly holds.
#[must_use]
pub fn json(text: &str) -> Option<Value> {
    read(text, true)
}

/// The value that a text holds, if it is there to its end: nothing that was left open is closed.
#[must_use]
pub fn whole(text: &str) -> Option<Value> {
    read(text, false)
}

/// `close`: what was left open may be closed.
fn read(text: &str, close: bool) -> Option<Value> {
    let text = text.trim().trim_start_matches('\u{feff}');
    if let Ok(value) = serde_json::from_str(text) {
        return Some(value);
    }
    let fenced = fence(text);
    for candidate in fenced.into_iter().chain([text]) {
        if let Ok(value) = serde_json::from_str(candidate) {
            return Some(value);
        }
        // The first bracket may be one of the prose before the answer.
        for (start, _) in candidate.char_indices().filter(|(_, c)| matches!(c, '{' | '[')).take(4) {
            match mend(&candidate[start..]) {
                // What stands within a value that was left open is a part of it only.
                None | Some(Mended { closed: true, .. }) if !close => break,
                None => {}
                Some(mended) => {
                    if let Ok(value) = serde_json::from_str(&mended.text) {
                        return Some(value);
                    }
                }
            }
        }
    }
    None
}

/// What stands between the first pair of fences.
fn fence(text: &str) -> Option<&str> {
    let (_, after) = text.split_once("```")?;
    let body = after.split_once('\n').map_or(after, |(language, body)| if language.trim().len() <= 10 { body } else { after });
    Some(body.split_once("```").map_or(body, |(body, _)| body).trim())
}

/// A text that may be JSON now.
struct Mended {
    text: String,
    /// Whether something that was left open was closed.
    closed: bool,
}

/// The text from its first bracket to the one that closes it, with what is wrong mended.
fn mend(text: &str) -> Option<Mended> {
    let mut closed = false;
    let mut out = String::with_capacity(text.len() + 8);
    let mut open: Vec<char> = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' | '\'' => string(c, &mut chars, &mut out),
            '{' | '[' => {
                open.push(if c == '{' { '}' } else { ']' });
                if open.len() > MAXIMUM_DEPTH {
                    return None;
                }
                out.push(c);
            }
            '}' | ']' => {
                drop_comma(&mut out);
                // A bracket that was forgotten before this one.
                while open.last().is_some_and(|wanted| *wanted != c) && open.contains(&c) {
                    out.extend(open.pop());
                    closed = true;
                }
                if open.last() == Some(&c) {
                    open.pop();
                    out.push(c);
                }
                if open.is_empty() {
                    return Some(Mended { text: out, closed });
                }
            }
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            c if c.is_alphabetic() || c == '_' => {
                let mut word = String::from(c);
                while let Some(next) = chars.next_if(|c| c.is_alphanumeric() || matches!(c, '_' | '-')) {
                    word.push(next);
                }
                out.push_str(&bare(&word));
            }
            c => out.push(c),
        }
    }
    // It was cut: what is open is closed, and a member without its value is none.
    while out.ends_with(|c: char| c.is_whitespace() || matches!(c, ',' | ':')) {
        let colon = out.ends_with(':');
        out.pop();
        if colon {
            out.push_str(":null");
            break;
        }
    }
    drop_lone_key(&mut out, open.last() == Some(&'}'));
    out.extend(open.iter().rev());
    Some(Mended { text: out, closed: true })
}

/// A string, written as JSON has it. One that never ends, ends with the text.
fn string(quote: char, chars: &mut std::iter::Peekable<std::str::Chars<'_>>, out: &mut String) {
    out.push('"');
    while let Some(c) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some('\'') => out.push('\''),
                Some(escaped @ ('"' | '\\' | '/' | 'b' | 'f' | 'n' | 'r' | 't' | 'u')) => {
                    out.push('\\');
                    out.push(escaped);
                }
                Some(other) => {
                    out.push_str("\\\\");
                    out.push(other);
                }
                None => {}
            },
            c if c == quote => break,
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c < ' ' => {}
            c => out.push(c),
        }
    }
    out.push('"');
}

fn bare(word: &str) -> String {
    match word {
        "true" | "True" | "TRUE" => "true".to_owned(),
        "false" | "False" | "FALSE" => "false".to_owned(),
        "null" | "None" | "undefined" | "NaN" => "null".to_owned(),
        // Part of a number, as in 1e5.
        "e" | "E" => word.to_owned(),
        word if word.starts_with(['e', 'E']) && word[1..].chars().all(|c| c.is_ascii_digit()) => word.to_owned(),
        word => format!("\"{word}\""),
    }
}

fn drop_comma(out: &mut String) {
    let kept = out.trim_end().len();
    if out[..kept].ends_with(',') {
        out.truncate(kept - 1);
    }
}

/// Takes off a key that was written last and has no value.
fn drop_lone_key(out: &mut String, in_object: bool) {
    if !in_object || !out.ends_with('"') {
        return;
    }
    let body = &out[..out.len() - 1];
    let Some(start) = body.rmatch_indices('"').map(|(at, _)| at).find(|at| !body[..*at].ends_with('\\')) else { return };
    if out[..start].trim_end().ends_with(['{', ',']) {
        out.truncate(start);
        drop_comma(out);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_models_write_around_json_is_taken_off() {
        let wanted = json!({"label": "good", "score": 1});
        for text in [
            r#"{"label": "good", "score": 1}"#,
            "```json\n{\"label\": \"good\", \"score\": 1}\n```",
            "Sure! Here is the JSON you asked for:\n\n{\"label\": \"good\", \"score\": 1}\n\nLet me know [if] you need more.",
            "{\"label\": \"good\", \"score\": 1,}",
            "{'label': 'good', 'score': 1}",
            "{label: 'good', score: 1}",
            "{\"label\": \"good\", // as asked\n \"score\": 1}",
            "I think {maybe} this: {\"label\": \"good\", \"score\": 1}",
        ] {
            assert_eq!(json(text), Some(wanted.clone()), "{text}");
        }
    }

    #[test]
    fn what_was_cut_is_closed() {
        for (text, wanted) in [
            (r#"{"a": [1, 2"#, json!({"a": [1, 2]})),
            (r#"{"a": "tex"#, json!({"a": "tex"})),
            (r#"{"a": 1, "b"#, json!({"a": 1})),
            (r#"{"a": 1, "b":"#, json!({"a": 1, "b": null})),
            (r#"{"a": {"b": [true"#, json!({"a": {"b": [true]}})),
            (r#"[1, 2, "#, json!([1, 2])),
        ] {
            assert_eq!(json(text), Some(wanted), "{text}");
        }
    }

    #[test]
    fn what_is_whole_is_told_from_what_was_cut() {
        for text in [
            r#"{"a": [1, 2]}"#,
            "```json\n{\"a\": [1, 2]}\n```",
            "```json\n{\"a\": [1, 2]}",
            "Here: {'a': [1, 2,]} and that is bec",
            "I think {maybe} this: {\"a\": [1, 2]}",
        ] {
            assert_eq!(whole(text), Some(json!({"a": [1, 2]})), "{text}");
        }
        assert_eq!(whole("```json\n{\"a\": \"```\"}\n```"), Some(json!({"a": "```"})));
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(199));
        for text in [
            r#"{"a": [1, 2"#,
            r#"{"a": [1, 2], "b": "#,
            "[[1, 2], [3",
            "```json\n[{\"a\": 1}, {\"a\"",
            r#"{"a": [1, 2}"#,
            r#"{"a": "tex"#,
            "no",
            deep.as_str(),
        ] {
            assert_eq!(whole(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_json_stays_none() {
        for text in ["", "I cannot do that.", "}", "yes, certainly"] {
            assert_eq!(json(text), None, "{text}");
        }
        assert_eq!(json(&"[".repeat(100_000)), None);
    }

    proptest! {
        #[test]
        fn any_text_is_survived(text in r#"[\[\]{}"',:a-z0-9\\ \n/`]{0,200}"#) {
            let _ = json(&text);
        }

        #[test]
        fn json_stays_what_it_is(texts in prop::collection::vec(".{0,12}", 0..6), number in any::<i32>()) {
            let value = json!({"texts": texts, "number": number});
            prop_assert_eq!(json(&value.to_string()), Some(value.clone()));
            let fenced = format!("Here:\n```json\n{value:#}\n```\nDone.");
            if !value.to_string().contains("```") {
                prop_assert_eq!(json(&fenced), Some(value));
            }
        }
    }
}
