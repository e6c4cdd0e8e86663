//! What is a task called if nobody names it? By its skill and by what tells its input from others.

use serde_json::Value;

use crate::agent::Skill;

/// The longest title that is made, in characters.
pub const MAXIMUM_AUTOMATIC_TITLE: usize = 80;
/// The fewest characters of the input that are worth showing.
const LEAST: usize = 3;
/// How much of a text is looked at, in characters.
const READ: usize = 400;

/// A title for a task: the skill's title, and the first words of the first text of the input that a person wrote for this task. Texts that the
/// schema limits to some values, files, connections and defaults tell tasks apart badly and are left out; `"x-title": false` leaves
/// out a property, `"x-title": true` takes it before all others.
#[must_use]
pub fn automatic_title(skill: &Skill, input: &Value) -> String {
    let short = |text: &str, room: usize| {
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
        _ => skill.title.clone(),
    }
}

/// The text of the input that tells most, on one line.
fn telling(skill: &Skill, input: &Value) -> Option<String> {
    let properties = skill.input_schema.get("properties")?.as_object()?;
    let input = input.as_object()?;
    let rank = |schema: &Value| {
        let chosen = schema.get("x-title").and_then(Value::as_bool) == Some(true);
        (!chosen, schema.get("x-order").and_then(Value::as_u64).unwrap_or(u64::MAX))
    };
    let fits = |schema: &Value| {
        schema.get("type").and_then(Value::as_str) == Some("string")
            && !matches!(schema.get("format").and_then(Value::as_str), Some("artifact" | "connection"))
            && ["enum", "const", "default", "pattern"].iter().all(|word| schema.get(*word).is_none())
            && schema.get("x-title").and_then(Value::as_bool) != Some(false)
    };
    let mut fitting: Vec<(&String, &Value)> =
        properties.iter().filter(|(name, schema)| fits(schema) && input.contains_key(*name)).collect();
    fitting.sort_by_key(|(_, schema)| rank(schema));
    fitting.into_iter().find_map(|(name, _)| {
        let start: String = input.get(name)?.as_str()?.chars().take(READ).collect();
        let line = start.split(|character: char| character.is_whitespace() || character.is_control()).filter(|word| !word.is_empty());
        let line = line.collect::<Vec<_>>().join(" ");
        (line.chars().count() >= LEAST).then_some(line)
    })
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
        }
    }

    #[test]
    fn the_first_text_that_a_person_wrote_tells_tasks_apart() {
        let skill = skill(json!({
            "language": {"enum": ["en", "de"], "type": "string", "x-order": 0},
            "text": {"type": "string", "x-order": 2},
            "file": {"type": "string", "format": "artifact", "x-order": 1},
            "count": {"type": "integer"}
        }));
        let title = |input: Value| automatic_title(&skill, &input);
        assert_eq!(title(json!({"language": "en", "text": "I love\n this"})), "Sentiment: I love this");
        assert_eq!(title(json!({"file": "019ac3e2-7f7a-7d5b-8f63-0a4f2b6c9d11"})), "Sentiment");
        assert_eq!(title(json!({"text": " \n ", "count": 7})), "Sentiment");
        assert_eq!(title(json!([1, 2])), "Sentiment");
        let long = title(json!({"text": "The parcel came two weeks late and nobody answered any of my many calls about it, ever."}));
        assert_eq!(long, "Sentiment: The parcel came two weeks late and nobody answered any of my many…");
    }

    #[test]
    fn a_schema_says_what_a_title_is_made_of() {
        let skill = skill(json!({
            "instructions": {"type": "string", "x-order": 1},
            "question": {"type": "string", "x-order": 2, "x-title": true},
            "secret": {"type": "string", "x-order": 0, "x-title": false}
        }));
        let input = json!({"secret": "hush", "instructions": "Be brief.", "question": "Why is the sky blue?"});
        assert_eq!(automatic_title(&skill, &input), "Sentiment: Why is the sky blue?");
        assert_eq!(automatic_title(&skill, &json!({"secret": "hush"})), "Sentiment");
    }

    proptest! {
        #[test]
        fn it_is_one_line_within_its_bound_and_never_empty(text in ".{0,300}") {
            let made = automatic_title(&skill(json!({"text": {"type": "string"}})), &json!({"text": text}));
            prop_assert!(made.starts_with("Sentiment"));
            prop_assert!(made.chars().count() <= MAXIMUM_AUTOMATIC_TITLE, "{} characters", made.chars().count());
            prop_assert!(!made.chars().any(char::is_control));
        }
    }
}
