//! What `documentation.draft` and `documentation.rewrite` take and give.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::model::{ModelNeed, ModelTier};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::writing::MAXIMUM_SOURCE_CHARACTERS;

fn skill(name: &str, title: &str, description: &str, input_schema: Value, examples: Vec<Value>) -> Skill {
    Skill {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        family: Family::Documentation,
        input_schema,
        output_schema: output(),
        examples,
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::ProcessForFiles,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs::with_language_model(100, 32),
        model: Some(ModelNeed { least: ModelTier::Small, optional: false }),
        network: false,
        version: "1.0.0".to_owned(),
    }
}

pub(super) fn draft() -> Skill {
    let description = "Writes a first version of a text from a brief and facts, by the model. The answer's language, length and addresses are checked; \
                       figures and names that were not given are listed.";
    let examples = vec![json!({
        "brief": "An announcement that the ticket system moves to new machines", "facts": ["Saturday 9 May 2026, 06:00 to 08:00 UTC", "Nobody needs to do anything", "Questions: ops@example.org"],
        "kind": "an e-mail to all colleagues", "tone": "friendly and short", "words": 90
    })];
    let mut own = json!({
        "brief": {"type": "string", "minLength": 1, "maxLength": 8_000, "x-multiline": true, "title": "Brief", "x-order": 1, "x-title": true, "description": "What the text is to be about."},
        "facts": {"type": "array", "maxItems": 50, "items": {"type": "string", "maxLength": 500}, "title": "Facts", "x-order": 2, "description": "What it is to say; nothing else may be invented."},
        "kind": {"type": "string", "maxLength": 100, "title": "Kind of text", "x-order": 3, "description": "As: a README section, an e-mail to customers."}
    });
    add_common(&mut own, json!(200));
    skill(super::DRAFT, "Draft a text", description, schema("Draft a text", &own, &["brief"]), examples)
}

pub(super) fn rewrite() -> Skill {
    let description = "Writes a text anew, clearer, shorter or more formal, by the model. Its language is kept; figures, names and addresses of the source \
                       are held against the new text, and differences are listed.";
    let examples = vec![json!({
        "text": "Due to the fact that the machines on which the ticket system is running are of a considerable age, it has been decided to move it on 9 May 2026 at 06:00 UTC.",
        "goal": "simplify", "audience": "all colleagues"
    })];
    let mut own = json!({
        "text": {"type": "string", "minLength": 1, "maxLength": MAXIMUM_SOURCE_CHARACTERS, "x-multiline": true, "title": "Text", "x-order": 1},
        "artifact": {"type": "string", "format": "artifact", "x-accept": ".txt,.md,text/plain,text/markdown", "title": "Text file", "x-order": 2},
        "goal": {
            "type": "string", "enum": ["clarify", "simplify", "shorten", "expand", "correct", "formal"], "default": "clarify", "title": "Goal", "x-order": 3,
            "x-labels": ["Clearer", "Plain words", "Shorter", "Longer", "Correct only", "Formal"]
        }
    });
    add_common(&mut own, Value::Null);
    skill(super::REWRITE, "Write a text anew", description, schema("Write a text anew", &own, &[]), examples)
}

fn add_common(properties: &mut Value, words: Value) {
    properties["tone"] = json!({"type": "string", "maxLength": 100, "title": "Tone", "x-order": 4});
    properties["audience"] = json!({"type": "string", "maxLength": 100, "title": "Readers", "x-order": 5});
    properties["words"] =
        json!({"type": "integer", "minimum": 10, "maximum": 2_000, "title": "Words", "x-order": 6, "description": "About so many."});
    if !words.is_null() {
        properties["words"]["default"] = words;
    }
    properties["language"] = json!({"type": "string", "pattern": "^[a-z]{2,3}(-[A-Za-z]+)?$", "title": "Language", "x-order": 7, "description": "As en or de. Absent: that of the material."});
    properties["model"] = json!({"type": "string", "minLength": 1, "maxLength": 100, "title": "Model", "x-order": 8, "description": "By its name here. Absent: the first that is able enough."});
}

fn schema(title: &str, properties: &Value, required: &[&str]) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, "type": "object", "properties": properties, "required": required,
        "additionalProperties": false
    })
}

fn output() -> Value {
    let listed = |title: &str, order: u32| json!({"type": "array", "items": {"type": "string"}, "x-render": "tags", "title": title, "x-order": order});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A text that a model wrote",
        "type": "object",
        "properties": {
            "text": {"type": "string", "x-render": "markdown", "title": "Text", "x-order": 1},
            "missing": listed("Missing of the source", 2),
            "added": listed("Not in the source", 3),
            "words": {"type": "number", "minimum": 0, "title": "Words", "x-order": 4},
            "language": {"type": ["string", "null"], "title": "Language", "x-order": 5},
            "model": {"type": "string", "title": "Model", "x-order": 6},
            "tokens": {"type": "integer", "minimum": 0, "title": "Tokens", "x-order": 7},
            "artifact": super::written("File", 8),
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 9}
        },
        "required": ["text", "missing", "added", "words", "language", "model", "tokens", "artifact", "notes"],
        "additionalProperties": false
    })
}
