//! What `nlp.translate` takes and gives, as a contract.

use baton_domain::agent::{Needs, Skill};
use baton_domain::model::ModelNeed;
use serde_json::json;

use super::LEAST;
use crate::language;
use crate::skills::{code, input, output, share, skill};

/// The skill that puts a text into another language.
pub const TRANSLATE: &str = "nlp.translate";

pub(crate) fn translate() -> Skill {
    let codes = language::codes();
    let titled = |mut schema: serde_json::Value, title: &str, order: u32| {
        schema["title"] = json!(title);
        schema["x-order"] = json!(order);
        schema
    };
    let mut schema = input(
        "Translate",
        json!({
            "target": {"enum": codes, "title": "Into", "x-order": 3, "description": "ISO 639-1."},
            "source": {"enum": codes, "title": "From", "x-order": 4, "description": "Found out if absent."},
            "formality": {"enum": ["as_original", "formal", "informal"], "title": "Address readers", "default": "as_original", "x-order": 5}
        }),
    );
    schema["required"] = json!(["target"]);
    let mut skill = skill(
        TRANSLATE,
        "Translate",
        "Puts a text into another language through a model of at least medium ability. The answer is checked: its language, its length, \
         its numbers and addresses, and that it is no copy. What fails is refused and never given out. Long texts go in pieces.",
        "structured",
        schema,
        output(
            "A translation",
            json!({
                "translation": {"type": "string", "title": "Translation", "x-order": 1, "x-render": "text"},
                "source": titled(code(), "From", 2), "target": titled(code(), "Into", 3),
                "models": {"type": "array", "title": "Models", "items": {"type": "string"}, "x-order": 4, "x-render": "tags"},
                "pieces": {"type": "integer", "title": "Pieces", "minimum": 1, "x-order": 5},
                "checks": {
                    "type": "object", "title": "Checks", "x-order": 6,
                    "properties": {
                        "detected": titled(code(), "Language found in it", 1),
                        "confidence": titled(share(), "How sure that is", 2),
                        "language_checked": {"type": "boolean", "title": "Long enough to tell", "x-order": 3},
                        "length_ratio": {"type": "number", "title": "Length against the original", "x-order": 4}
                    },
                    "required": ["detected", "confidence", "language_checked", "length_ratio"], "additionalProperties": false
                }
            }),
            &["translation", "source", "target", "models", "pieces", "checks"],
        ),
        vec![json!({"text": "The library opens at nine and closes at six.", "target": "de"})],
    );
    // It mostly waits for the model.
    skill.needs = Needs::with_language_model(100, 64);
    skill.model = Some(ModelNeed { least: LEAST, optional: false });
    skill
}
