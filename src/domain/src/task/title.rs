//! What is a task called if nobody names it? By its skill and by what tells its input from others.

use serde_json::Value;

use crate::agent::Skill;

/// The longest title that is made, in characters.
pub const MAXIMUM_AUTOMATIC_TITLE: usize = 80;
/// The longest title of a task in bytes, whoever makes it.
pub const MAXIMUM_TITLE_BYTES: usize = 200;
/// The fewest characters of the input that are worth showing.
const LEAST: usize = 3;
/// How much of a text is looked at, in characters.
const READ: usize = 400;

/// A title for a task: the skill's title, and the first words of the property that the skill's schema marks with `"x-title": true`, the first of
/// several that is given. Titles stand on lists and in events that are never changed, so a skill marks only what it may show there: no sources, no
/// instructions. Of an address only host and path are taken, since secrets stand in the rest.
#[must_use]
pub fn automatic_title(skill: &Skill, input: &Value) -> String {
    let short = |text: &str, room: usize| {
        let text = &within(text, MAXIMUM_TITLE_BYTES.saturating_sub(skill.title.len() + 5));
        if text.chars().count() <= room {
            return text.to_owned();
        }
        let cut: String = text.chars().take(room.saturating_sub(1)).collect();
        // Whole words, unless the last one is most of it.
        let whole = cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words);
        let kept = if whole.chars().count() * 2 < room { &cut } else { whole };
        format!("{}…", kept.trim_end_matches([' ', ',', '.', ':', ';']))
    };
    let room = MAXIMUM_AUTOMATIC_TITLE.saturating_sub(skill.title.chars().count() + 2);
    match telling(skill, input) {
        Some(text) if room >= LEAST * 4 => format!("{}: {}", skill.title, short(&text, room)),
        _ => within(&skill.title, MAXIMUM_TITLE_BYTES),
    }
}

/// As much of a text as has so many bytes at most.
#[must_use]
pub fn within(text: &str, bytes: usize) -> String {
    text.char_indices().take_while(|(at, character)| at + character.len_utf8() <= bytes).map(|(_, character)| character).collect()
}

/// The text of the input that tells most, on one line.
fn telling(skill: &Skill, input: &Value) -> Option<String> {
    let properties = skill.input_schema.get("properties")?.as_object()?;
    let input = input.as_object()?;
    let marked = |schema: &Value| schema.get("x-title").and_then(Value::as_bool) == Some(true);
    let place = |schema: &Value| schema.get("x-order").and_then(Value::as_u64).unwrap_or(u64::MAX);
    let mut fitting: Vec<(&String, &Value)> =
        properties.iter().filter(|(name, schema)| marked(schema) && input.contains_key(*name)).collect();
    fitting.sort_by_key(|(_, schema)| place(schema));
    fitting.into_iter().find_map(|(name, _)| {
        let start: String = input.get(name)?.as_str()?.chars().take(READ).filter(|character| !is_hidden(*character)).collect();
        let line = start.split(|character: char| character.is_whitespace() || character.is_control()).filter(|word| !word.is_empty());
        let line = line.map(without_secrets).collect::<Vec<_>>().join(" ");
        (line.chars().count() >= LEAST).then_some(line)
    })
}

/// Of an address its scheme, host and path: names, passwords, queries and fragments may be secret.
fn without_secrets(word: &str) -> &str {
    let Some((_, rest)) = word.split_once("://") else { return word };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    match rest.split('/').next().unwrap_or_default().rfind('@') {
        Some(at) => rest.get(at + 1..).unwrap_or_default(),
        None => rest,
    }
}

/// Signs that are not seen, and turn or hide what stands around them.
const fn is_hidden(character: char) -> bool {
    matches!(character, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::agent::{Family, Isolation, Limits, Needs};
    use crate::task::RetryPolicy;

    fn skill(properties: Value) -> Skill {
        Skill {
            name: "nlp.sentiment".to_owned(),
            title: "Sentiment".to_owned(),
            description: String::new(),
            family: Family::Nlp,
            input_schema: json!({"type": "object", "properties": properties}),
            output_schema: json!({}),
            examples: vec![],
            result_kind: "json".to_owned(),
            idempotent: true,
            destructive: false,
            isolation: Isolation::Task,
            checkpoints: false,
            limits: Limits::default(),
            retry: RetryPolicy::default(),
            needs: Needs::default(),
            model: None,
            network: false,
            version: "1.0.0".to_owned(),
        }
    }

    #[test]
    fn what_the_schema_marks_tells_tasks_apart_and_nothing_else_is_shown() {
        let skill = skill(json!({
            "source": {"type": "string", "x-order": 0},
            "text": {"type": "string", "x-order": 2, "x-title": true},
            "question": {"type": "string", "x-order": 1, "x-title": true}
        }));
        let title = |input: Value| automatic_title(&skill, &input);
        assert_eq!(title(json!({"source": "password = hunter2", "text": "I love\n this"})), "Sentiment: I love this");
        assert_eq!(title(json!({"text": "I love this", "question": "Why is the sky blue?"})), "Sentiment: Why is the sky blue?");
        assert_eq!(title(json!({"source": "password = hunter2"})), "Sentiment");
        assert_eq!(title(json!({"text": " \n ", "count": 7})), "Sentiment");
        assert_eq!(title(json!([1, 2])), "Sentiment");
        let long = title(json!({"text": "The parcel came two weeks late and nobody answered any of my many calls about it, ever."}));
        assert_eq!(long, "Sentiment: The parcel came two weeks late and nobody answered any of my many…");
    }

    #[test]
    fn secrets_of_addresses_and_signs_that_are_not_seen_are_left_out() {
        let skill = skill(json!({"url": {"type": "string", "x-title": true}}));
        let title = |text: &str| automatic_title(&skill, &json!({"url": text}));
        assert_eq!(title("https://joe:hunter2@example.com/a/b?token=abc#d"), "Sentiment: example.com/a/b");
        assert_eq!(title("https://example.com?token=abc"), "Sentiment: example.com");
        assert_eq!(title("ab\u{202e}cd"), "Sentiment: abcd");
    }

    proptest! {
        #[test]
        fn it_is_one_line_within_its_bounds_and_never_empty(text in "(.|[あ-ん]){0,300}") {
            let made = automatic_title(&skill(json!({"text": {"type": "string", "x-title": true}})), &json!({"text": text}));
            prop_assert!(made.starts_with("Sentiment"));
            prop_assert!(made.chars().count() <= MAXIMUM_AUTOMATIC_TITLE, "{} characters", made.chars().count());
            prop_assert!(made.len() <= MAXIMUM_TITLE_BYTES, "{} bytes", made.len());
            prop_assert!(!made.chars().any(char::is_control));
        }
    }
}
