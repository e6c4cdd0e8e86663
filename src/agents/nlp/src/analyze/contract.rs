//! What `nlp.analyze` takes and gives, as a contract.

use baton_domain::agent::{Isolation, Limits, Needs, Skill};
use serde_json::json;

use super::{LISTED_ENTITIES, LISTED_SENTENCES, LISTED_TOKENS, entities};
use crate::skills::{code, input, output, skill};

/// The skill that takes a text apart.
pub const ANALYZE: &str = "nlp.analyze";

pub(crate) fn analyze() -> Skill {
    let number = |title: &str, order: u32| json!({"type": "number", "title": title, "minimum": 0, "x-order": order});
    let text = |title: &str, order: u32| json!({"type": "string", "title": title, "x-order": order});
    let place = |title: &str, order: u32| json!({"type": "integer", "title": title, "minimum": 0, "x-order": order, "description": "In characters from the beginning."});
    let counts = json!({
        "type": "object", "title": "Counts", "x-order": 2,
        "properties": {
            "characters": number("Characters", 1), "letters": number("Letters and digits", 2), "words": number("Words", 3),
            "distinct_words": number("Distinct words", 4), "sentences": number("Sentences", 5), "paragraphs": number("Paragraphs", 6),
            "syllables": number("Syllables", 7), "long_words": number("Words over six letters", 8),
            "words_per_sentence": number("Words per sentence", 9), "syllables_per_word": number("Syllables per word", 10),
            "reading_minutes": number("Minutes to read", 11)
        }
    });
    let readability = json!({
        "type": "array", "title": "Readability", "x-order": 3, "x-render": "table",
        "description": "The indices that are defined for the language; LIX and RIX for every script with spaces between words.",
        "items": {
            "type": "object",
            "properties": {"index": text("Index", 1), "value": {"type": "number", "title": "Value", "x-order": 2}, "scale": text("Read as", 3)},
            "required": ["index", "value", "scale"], "additionalProperties": false
        }
    });
    let entity = json!({
        "type": "object",
        "properties": {
            "kind": {"enum": entities::KINDS, "title": "Kind", "x-order": 1}, "text": text("As written", 2), "value": text("Value", 3),
            "start": place("From", 4), "end": place("To", 5)
        },
        "required": ["kind", "text", "value", "start", "end"], "additionalProperties": false
    });
    let kind_count = json!({
        "type": "object",
        "properties": {"kind": text("Kind", 1), "count": {"type": "integer", "title": "How many", "x-order": 2}},
        "required": ["kind", "count"], "additionalProperties": false
    });
    let word = json!({
        "type": "object",
        "properties": {"word": text("Word", 1), "count": {"type": "integer", "title": "How often", "x-order": 2}},
        "required": ["word", "count"], "additionalProperties": false
    });
    let sentence = json!({
        "type": "object",
        "properties": {"text": text("Sentence", 1), "words": {"type": "integer", "title": "Words", "x-order": 2}, "start": place("From", 3), "end": place("To", 4)},
        "required": ["text", "words", "start", "end"], "additionalProperties": false
    });
    let token = json!({
        "type": "object",
        "properties": {
            "text": text("Token", 1), "kind": {"enum": ["word", "number", "punctuation", "symbol"], "title": "Kind", "x-order": 2},
            "part": text("Part", 3), "stem": text("Stem", 4), "sentence": {"type": "integer", "title": "Sentence", "x-order": 5},
            "start": place("From", 6), "end": place("To", 7)
        },
        "required": ["text", "kind", "part", "stem", "sentence", "start", "end"], "additionalProperties": false
    });
    let file = |title: &str, order: u32| json!({"type": "string", "title": title, "x-order": order, "x-render": "artifact"});
    let mut analyze = skill(
        ANALYZE,
        "Analyze a text",
        "Takes a text apart: tokens with their stems, sentences, readability indices of its language, and entities that have a form \
         (addresses, dates, sums, numbers with a checksum and more), each with its place.",
        "structured",
        input(
            "Analyze a text",
            json!({
                "language": {"type": "string", "title": "Language", "pattern": "^[a-z]{2,3}$", "x-order": 3, "description": "ISO 639-1; found out if absent."},
                "tokens": {"type": "boolean", "title": "List the tokens", "default": true, "x-order": 4}
            }),
        ),
        output(
            "What a text is made of",
            json!({
                "language": code(), "counts": counts, "readability": readability,
                "entities": {"type": "array", "title": "Entities", "items": entity, "maxItems": LISTED_ENTITIES, "x-order": 4, "x-render": "table"},
                "entity_counts": {"type": "array", "title": "Entities by kind", "items": kind_count, "x-order": 5, "x-render": "table"},
                "frequent_words": {"type": "array", "title": "Frequent words", "items": word, "x-order": 6, "x-render": "table"},
                "sentences": {"type": "array", "title": "Sentences", "items": sentence, "maxItems": LISTED_SENTENCES, "x-order": 7, "x-render": "table"},
                "tokens": {"type": "array", "title": "Tokens", "items": token, "maxItems": LISTED_TOKENS, "x-order": 8, "x-render": "table"},
                "entities_file": file("All entities", 9), "sentences_file": file("All sentences", 10), "tokens_file": file("All tokens", 11)
            }),
            &["language", "counts", "readability", "entities", "entity_counts", "frequent_words", "sentences", "tokens"],
        ),
        vec![
            json!({"text": "Dr. Ada Keller paid CHF 1'250.00 on 3 March 2024 to DE89 3704 0044 0532 0130 00. Write to ada@example.org.", "tokens": true}),
            json!({"artifact": "examples/texts/udhr-de.txt", "tokens": false}),
        ],
    );
    // A million tokens, their file, and what several megabytes of one sentence take.
    analyze.isolation = Isolation::Process;
    analyze.limits = Limits { memory_bytes: 2 << 30, result_bytes: 2 << 20, ..Limits::default() };
    analyze.needs = Needs { cpu_millicores: 1_000, memory_mib: 512, model: None };
    analyze
}
