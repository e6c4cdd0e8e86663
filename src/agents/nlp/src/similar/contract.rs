//! What the skills that compare texts take and give, as contracts.

use baton_domain::agent::{Isolation, Limits, Needs, Skill};
use baton_domain::model::{ModelNeed, ModelTier};
use serde_json::json;

use super::MAXIMUM_OTHERS;
use super::duplicates::{LISTED_GROUPS, MAXIMUM_TEXTS};
use crate::skills::{DIALECT, input, output, share, skill};
use crate::text::MAXIMUM_TEXT_CHARACTERS;

/// The skill that says how alike texts are.
pub const SIMILARITY: &str = "nlp.similarity";
/// The skill that finds texts that are nearly the same.
pub const NEAR_DUPLICATES: &str = "nlp.near_duplicates";

fn part(title: &str, order: u32) -> serde_json::Value {
    let mut share = share();
    share["title"] = json!(title);
    share["x-order"] = json!(order);
    share["x-render"] = json!("share");
    share
}

pub(crate) fn similarity() -> Skill {
    let row = json!({
        "type": "object",
        "properties": {
            "index": {"type": "integer", "title": "Number", "minimum": 0, "x-order": 1},
            "score": part("Score", 2), "words": part("Words (tf-idf cosine)", 3), "phrases": part("Phrases (Jaccard)", 4),
            "meaning": {"type": "number", "title": "Meaning (embeddings)", "minimum": -1, "maximum": 1, "x-order": 5, "x-render": "signed"},
            "text": {"type": "string", "title": "Text", "x-order": 6}
        },
        "required": ["index", "score", "words", "phrases", "text"], "additionalProperties": false
    });
    let mut skill = skill(
        SIMILARITY,
        "Compare texts",
        "Says how alike a text and others are: by their words (cosine of tf-idf vectors of stems), by what they have word for word \
         (Jaccard index of shingles of three words), and where a model makes embeddings by what they mean.",
        "structured",
        input(
            "Compare texts",
            json!({
                "others": {
                    "type": "array", "title": "Other texts", "maxItems": MAXIMUM_OTHERS, "x-order": 3,
                    "items": {"type": "string", "minLength": 1, "maxLength": MAXIMUM_TEXT_CHARACTERS, "x-multiline": true}
                },
                "other_artifacts": {
                    "type": "array", "title": "Other files", "maxItems": MAXIMUM_OTHERS, "x-order": 4,
                    "items": {"type": "string", "format": "artifact", "x-accept": ".txt,.md,text/plain,text/markdown"},
                    "description": "Numbered after the other texts."
                },
                "meaning": {
                    "type": "boolean", "title": "Compare the meaning too", "default": false, "x-order": 5,
                    "description": "Needs a model that makes embeddings; the score is then that of the meaning."
                }
            }),
        ),
        output(
            "How alike texts are",
            json!({
                "measure": {"enum": ["words", "meaning"], "title": "Score by", "x-order": 1},
                "model": {"type": "string", "title": "Model", "x-order": 2},
                "texts": {"type": "array", "title": "Texts, the most alike first", "items": row, "maxItems": MAXIMUM_OTHERS, "x-order": 3, "x-render": "table"}
            }),
            &["measure", "texts"],
        ),
        vec![json!({
            "text": "The committee approved the budget for the new library.",
            "others": ["The new library's budget was approved by the committee.", "Rain is expected in the mountains tomorrow."]
        })],
    );
    // Up to 500 texts, five million characters together.
    skill.needs = Needs { cpu_millicores: 500, memory_mib: 128, model: None };
    skill.model = Some(ModelNeed { least: ModelTier::Tiny, optional: true });
    skill
}

pub(crate) fn near_duplicates() -> Skill {
    let member = json!({
        "type": "object",
        "properties": {
            "index": {"type": "integer", "title": "Number", "minimum": 0, "x-order": 1}, "score": part("Like the first", 2),
            "name": {"type": "string", "title": "File", "x-order": 3}, "text": {"type": "string", "title": "Text", "x-order": 4}
        },
        "required": ["index", "score", "text"], "additionalProperties": false
    });
    let group = json!({
        "type": "object",
        "properties": {
            "group": {"type": "integer", "title": "Group", "minimum": 0, "x-order": 1},
            "size": {"type": "integer", "title": "Texts", "minimum": 2, "x-order": 2},
            "least_score": part("Least alike", 3),
            "texts": {"type": "array", "title": "Members", "items": member, "x-order": 4, "x-render": "table"}
        },
        "required": ["group", "size", "least_score", "texts"], "additionalProperties": false
    });
    let count = |title: &str, order: u32| json!({"type": "integer", "title": title, "minimum": 0, "x-order": order});
    let schema = json!({
        "$schema": DIALECT,
        "title": "Find near duplicates",
        "type": "object",
        "properties": {
            "texts": {
                "type": "array", "title": "Texts", "minItems": 2, "maxItems": 2_000, "x-order": 1,
                "items": {"type": "string", "maxLength": MAXIMUM_TEXT_CHARACTERS}
            },
            "artifact": {
                "type": "string", "format": "artifact", "title": "A file with many texts", "x-order": 2,
                "x-accept": ".csv,.tsv,.ndjson,.jsonl,.txt,.md,text/csv,text/plain,application/x-ndjson",
                "description": "Rows of a table, values of NDJSON, or paragraphs or lines of a text; up to 50 MB in UTF-8."
            },
            "artifacts": {
                "type": "array", "title": "Several files", "minItems": 2, "maxItems": 2_000, "x-order": 3,
                "items": {"type": "string", "format": "artifact", "x-accept": ".txt,.md,text/plain,text/markdown"},
                "description": "Each file is one text."
            },
            "column": {"type": "string", "title": "Column", "maxLength": 200, "x-order": 4, "description": "The column or field with the texts."},
            "format": {"enum": ["csv", "tsv", "ndjson", "lines", "paragraphs"], "title": "Form of the file", "x-order": 5, "description": "By the file's name if absent."},
            "threshold": {
                "type": "number", "title": "Least likeness", "minimum": 0.3, "maximum": 1, "default": 0.8, "x-order": 6,
                "description": "The share of stretches of three words that two texts have in common."
            }
        },
        "oneOf": [{"required": ["texts"]}, {"required": ["artifact"]}, {"required": ["artifacts"]}],
        "additionalProperties": false
    });
    let mut skill = skill(
        NEAR_DUPLICATES,
        "Find near duplicates",
        &format!(
            "Finds groups of texts that are nearly the same among up to {MAXIMUM_TEXTS} texts, by MinHash and locality-sensitive hashing; \
             every pair that it names was compared exactly."
        ),
        "structured",
        schema,
        output(
            "Near duplicates",
            json!({
                "summary": {
                    "type": "object", "title": "Summary", "x-order": 1,
                    "properties": {
                        "texts": count("Texts", 1), "groups": count("Groups", 2), "repeated": count("Texts that repeat another", 3),
                        "blank": count("Texts without words", 4), "threshold": part("Least likeness", 5)
                    }
                },
                "groups": {"type": "array", "title": "Groups, the largest first", "items": group, "maxItems": LISTED_GROUPS, "x-order": 2},
                "file": {"type": "string", "title": "All groups", "x-order": 3, "x-render": "artifact"}
            }),
            &["summary", "groups"],
        ),
        vec![json!({
            "texts": [
                "The parcel arrived two days late and the box was damaged.",
                "A completely different remark about the weather in spring.",
                "The parcel arrived two days late and the box was damaged!"
            ],
            "threshold": 0.7
        })],
    );
    // 50 MB of texts, their shingles of 8 bytes a word, 1 KiB of signature for each of 100,000 texts, and the crowds of a band.
    skill.isolation = Isolation::Process;
    skill.needs = Needs { cpu_millicores: 1_000, memory_mib: 512, model: None };
    skill.limits = Limits { memory_bytes: 2 << 30, result_bytes: 2 << 20, ..Limits::default() };
    skill
}
