//! What the natural language agent can do, as contracts.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::model::ModelNeed;
use baton_domain::task::RetryPolicy;
use serde_json::{Map, Value, json};

use crate::rephrased;
use crate::text::MAXIMUM_TEXT_CHARACTERS;

/// The skill that finds out a text's language.
pub const DETECT_LANGUAGE: &str = "nlp.detect_language";
/// The skill that says how a text feels.
pub const SENTIMENT: &str = "nlp.sentiment";
/// The skill that finds a text's keywords.
pub const KEYWORDS: &str = "nlp.keywords";
/// The skill that shortens a text to its main sentences.
pub const SUMMARIZE: &str = "nlp.summarize";

pub(crate) const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![
        detect_language(),
        sentiment(),
        keywords(),
        summarize(),
        crate::analyze::contract(),
        crate::similar::contract(),
        crate::similar::duplicates_contract(),
        crate::classify::contract(),
        crate::translate::contract(),
    ]
}

pub(crate) fn skill(
    name: &str,
    title: &str,
    description: &str,
    kind: &str,
    input_schema: Value,
    output_schema: Value,
    examples: Vec<Value>,
) -> Skill {
    Skill {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        family: Family::Nlp,
        input_schema,
        output_schema,
        examples,
        result_kind: kind.to_owned(),
        idempotent: true,
        destructive: false,
        // A text in the input is short; a file is long, and anybody's.
        isolation: Isolation::ProcessForFiles,
        checkpoints: false,
        limits: Limits { memory_bytes: 2 << 30, ..Limits::default() },
        retry: RetryPolicy::default(),
        // A text of usual length takes milliseconds; the largest one, seconds of one core.
        needs: Needs { cpu_millicores: 250, memory_mib: 64, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

/// The schema of an input with a text, inline or as a file, and what else the skill takes.
pub(crate) fn input(title: &str, more: Value) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "text".to_owned(),
        json!({
            "type": "string", "title": "Text", "minLength": 1, "maxLength": MAXIMUM_TEXT_CHARACTERS, "x-multiline": true, "x-order": 1, "x-title": true,
            "description": "The text itself. Give either this or a file."
        }),
    );
    properties.insert(
        "artifact".to_owned(),
        json!({
            "type": "string", "format": "artifact", "x-accept": ".txt,.md,text/plain,text/markdown", "title": "File", "x-order": 2,
            "description": "A text file in UTF-8 of up to 5 MB. Give either this or a text."
        }),
    );
    if let Value::Object(more) = more {
        properties.extend(more);
    }
    json!({
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "properties": properties,
        "oneOf": [{"required": ["text"]}, {"required": ["artifact"]}],
        "additionalProperties": false
    })
}

pub(crate) fn output(title: &str, properties: Value, required: &[&str]) -> Value {
    json!({"$schema": DIALECT, "title": title, "type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

pub(crate) fn share() -> Value {
    json!({"type": "number", "minimum": 0, "maximum": 1})
}

pub(crate) fn code() -> Value {
    json!({"type": "string", "minLength": 2, "maxLength": 3, "description": "ISO 639-1, or `und` if undetermined."})
}

fn detect_language() -> Skill {
    let other = json!({
        "type": "object",
        "properties": {"language": code(), "name": {"type": "string"}, "confidence": share()},
        "required": ["language", "name", "confidence"],
        "additionalProperties": false
    });
    skill(
        DETECT_LANGUAGE,
        "Detect the language",
        "Says which of 69 languages a text is in, in which script, how sure that is, and what else it could be.",
        "language",
        input("Detect the language", json!({})),
        output(
            "Language of a text",
            json!({
                "language": code(), "name": {"type": "string"}, "script": {"type": "string"}, "confidence": share(),
                "reliable": {"type": "boolean"}, "alternatives": {"type": "array", "items": other, "maxItems": 3}
            }),
            &["language", "name", "script", "confidence", "reliable", "alternatives"],
        ),
        vec![
            json!({"text": "Alle Menschen sind frei und gleich an Würde und Rechten geboren."}),
            json!({"artifact": "examples/texts/udhr-pt.txt"}),
        ],
    )
}

fn sentiment() -> Skill {
    let compound = json!({"type": "number", "minimum": -1, "maximum": 1});
    let label = json!({"enum": ["positive", "neutral", "negative"]});
    let sentence = json!({
        "type": "object",
        "properties": {"text": {"type": "string"}, "compound": compound, "label": label},
        "required": ["text", "compound", "label"],
        "additionalProperties": false
    });
    skill(
        SENTIMENT,
        "Rate the sentiment",
        "Says how an English text feels, as a whole and sentence by sentence, from -1 (very negative) to 1 (very positive), by the rules of \
         VADER. Texts of up to three sentences are scored in one piece, longer ones by the mean of their sentences.",
        "sentiment",
        input("Rate the sentiment", json!({})),
        output(
            "Sentiment of a text",
            json!({
                "compound": compound, "label": label, "positive": share(), "neutral": share(), "negative": share(),
                "sentences": {"type": "array", "items": sentence}
            }),
            &["compound", "label", "positive", "neutral", "negative", "sentences"],
        ),
        vec![
            json!({"text": "The room was lovely and the staff were kind. The breakfast, though, was a disappointment."}),
            json!({"artifact": "examples/texts/reviews-en.txt"}),
        ],
    )
}

fn keywords() -> Skill {
    let keyword = json!({
        "type": "object",
        "properties": {"term": {"type": "string"}, "score": share(), "count": {"type": "integer", "minimum": 1}},
        "required": ["term", "score", "count"],
        "additionalProperties": false
    });
    skill(
        KEYWORDS,
        "Find keywords",
        "Finds the words and phrases that say what a text is about, the most telling one first with score 1.",
        "keywords",
        input(
            "Find keywords",
            json!({
                "count": {"type": "integer", "title": "How many", "minimum": 1, "maximum": 50, "default": 10, "x-order": 3},
                "max_words": {
                    "type": "integer", "title": "Most words of a phrase", "minimum": 1, "maximum": 4, "default": 3, "x-order": 4,
                    "description": "Does not concern Chinese and Japanese."
                }
            }),
        ),
        output(
            "Keywords of a text",
            json!({"language": code(), "keywords": {"type": "array", "items": keyword, "maxItems": 50}}),
            &["language", "keywords"],
        ),
        vec![
            json!({"artifact": "examples/texts/field-notes-en.txt", "count": 8}),
            json!({"text": "Solar panels turn sunlight into power. A solar panel on the roof of a house delivers most power at noon.", "count": 5}),
        ],
    )
}

fn summarize() -> Skill {
    let sentence = json!({
        "type": "object",
        "properties": {"index": {"type": "integer", "minimum": 0}, "text": {"type": "string"}, "score": share()},
        "required": ["index", "text", "score"],
        "additionalProperties": false
    });
    let mut skill = skill(
        SUMMARIZE,
        "Summarize",
        "Shortens a text to its most central sentences, word for word and in their order; or through a model to sentences of its own, which \
         are held against the text: its language, its words, its numbers.",
        "summary",
        input(
            "Summarize",
            json!({
                "sentences": {"type": "integer", "title": "How many sentences", "minimum": 1, "maximum": 20, "default": 3, "x-order": 3},
                "mode": {
                    "enum": ["extractive", "abstractive"], "title": "Sentences of", "default": "extractive", "x-order": 4,
                    "description": "`extractive` takes the text's own; `abstractive` has a model write them, and fails without one."
                }
            }),
        ),
        output(
            "Summary of a text",
            json!({
                "language": code(), "sentences": {
                    "type": "array", "items": sentence, "maxItems": 20,
                    "description": "`index` is the place in the text. An abstractive summary has none of the text's own sentences: its words are the `text`."
                }, "text": {"type": "string"},
                "total_sentences": {"type": "integer", "minimum": 0}, "mode": {"enum": ["extractive", "abstractive"]},
                "models": {"type": "array", "items": {"type": "string"}}
            }),
            &["language", "sentences", "text", "total_sentences"],
        ),
        vec![
            json!({"artifact": "examples/texts/field-notes-en.txt", "sentences": 3}),
            json!({"artifact": "examples/texts/udhr-fr.txt", "sentences": 5}),
        ],
    );
    skill.model = Some(ModelNeed { least: rephrased::LEAST, optional: true });
    skill
}
