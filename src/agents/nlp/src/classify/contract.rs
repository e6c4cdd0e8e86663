//! What `nlp.classify` takes and gives, as a contract.

use baton_domain::agent::Skill;
use baton_domain::model::ModelNeed;
use serde_json::json;

use super::{MAXIMUM_EXAMPLES, MAXIMUM_LABELS, model};
use crate::skills::{input, output, share, skill};

/// The skill that gives a text one of the given labels.
pub const CLASSIFY: &str = "nlp.classify";

pub(crate) fn classify() -> Skill {
    let label = json!({
        "type": "object",
        "properties": {
            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 100, "x-order": 1},
            "description": {"type": "string", "title": "Description", "maxLength": 1_000, "x-order": 2},
            "keywords": {"type": "array", "title": "Keywords", "maxItems": 100, "items": {"type": "string", "maxLength": 100}, "x-order": 3},
            "examples": {
                "type": "array", "title": "Examples", "maxItems": MAXIMUM_EXAMPLES, "items": {"type": "string", "maxLength": 5_000}, "x-order": 4,
                "description": "Texts that have this label. One for each label makes a nearest centroid, three make naive Bayes."
            }
        },
        "required": ["name"], "additionalProperties": false
    });
    let (mut confidence, mut score) = (share(), share());
    confidence["title"] = json!("Confidence");
    confidence["x-order"] = json!(2);
    confidence["x-render"] = json!("share");
    confidence["description"] = json!("How much speaks for the label, from 0 to 1; no probability.");
    score["title"] = json!("Share");
    score["x-order"] = json!(2);
    score["x-render"] = json!("share");
    let row = json!({
        "type": "object",
        "properties": {
            "label": {"type": "string", "title": "Label", "x-order": 1}, "score": score,
            "words": {"type": "string", "title": "Words that speak for it", "x-order": 3}
        },
        "required": ["label", "score", "words"], "additionalProperties": false
    });
    let mut schema = input(
        "Classify",
        json!({
            "labels": {"type": "array", "title": "Labels", "minItems": 2, "maxItems": MAXIMUM_LABELS, "items": label, "x-order": 3},
            "method": {
                "enum": ["auto", "rules", "model"], "title": "Method", "default": "auto", "x-order": 4,
                "description": "`auto` asks a model only where the rules are not sure and one is able enough."
            }
        }),
    );
    schema["required"] = json!(["labels"]);
    let mut skill = skill(
        CLASSIFY,
        "Classify",
        "Gives a text one of the given labels, by rules (naive Bayes or nearest centroid over examples, else the words of the labels) or \
         through a model, and says how sure that is, by which method, and why. Gives none where nothing speaks for any.",
        "structured",
        schema,
        output(
            "The label of a text",
            json!({
                "label": {"type": ["string", "null"], "title": "Label", "x-order": 1},
                "confidence": confidence,
                "method": {"enum": ["naive_bayes", "nearest_centroid", "lexical", "model"], "title": "Method", "x-order": 3},
                "model": {"type": "string", "title": "Model", "x-order": 4},
                "evidence": {"type": "string", "title": "Words that decide", "x-order": 5},
                "note": {"type": "string", "title": "Note", "x-order": 6},
                "scores": {"type": "array", "title": "Labels by rules", "items": row, "maxItems": MAXIMUM_LABELS, "x-order": 7, "x-render": "table"}
            }),
            &["label", "confidence", "method", "scores"],
        ),
        vec![json!({
            "text": "I was charged twice for my subscription, please send the money back.",
            "labels": [
                {"name": "billing", "keywords": ["charged", "invoice", "refund", "money", "subscription"]},
                {"name": "technical problem", "keywords": ["error", "crash", "bug", "login"]},
                {"name": "praise", "keywords": ["thanks", "great", "love"]}
            ],
            "method": "rules"
        })],
    );
    skill.model = Some(ModelNeed { least: model::LEAST, optional: true });
    skill
}
