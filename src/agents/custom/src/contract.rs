//! What does the prompt agent take, and what does it give?

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::model::{ModelNeed, ModelTier};
use baton_domain::task::RetryPolicy;
use serde_json::json;

/// The skill that asks a model.
pub const ANSWER: &str = "prompt.answer";
/// The version of the skill: it changes when the same input may be asked in other words.
pub(crate) const VERSION: &str = "3.0.0";
/// The most characters of the instructions.
pub const MAXIMUM_INSTRUCTIONS_CHARACTERS: usize = 20_000;
/// The most characters of the input.
pub const MAXIMUM_INPUT_CHARACTERS: usize = 200_000;
/// The most samples.
pub const MAXIMUM_SAMPLES: u32 = 9;
/// The most bytes of a schema.
pub(crate) const MAXIMUM_SCHEMA_BYTES: usize = 32 << 10;

pub(crate) fn answer() -> Skill {
    let tiers: Vec<&str> = ModelTier::ALL.iter().map(|tier| tier.as_str()).collect();
    Skill {
        name: ANSWER.to_owned(),
        title: "Ask a model".to_owned(),
        description: "Gives a language model instructions and an input, and takes its answer, in the shape of a JSON Schema if one is given. Several \
                      samples tell how sure the model is of itself."
            .to_owned(),
        family: Family::Custom,
        input_schema: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Ask a model",
            "type": "object",
            "properties": {
                "instructions": {
                    "type": "string", "title": "Instructions", "minLength": 1, "maxLength": MAXIMUM_INSTRUCTIONS_CHARACTERS, "x-multiline": true, "x-order": 1,
                    "description": "What the model is to do with every input."
                },
                "input": {
                    "type": "string", "title": "Input", "minLength": 1, "maxLength": MAXIMUM_INPUT_CHARACTERS, "x-multiline": true, "x-order": 2, "x-title": true,
                    "description": "What it is to be done with this time."
                },
                "quoted": {
                    "type": "boolean", "title": "Input is data", "x-order": 9,
                    "description": "Whether the input stands between marks, as data that gives no orders, and answers that obey it are left out. If \
                                    this is not given, it does where a sentence of the input tries to take the model's task from it."
                },
                "schema": {"type": "object", "title": "Shape of the answer", "description": "JSON Schema that the answer must fit.", "x-order": 3},
                "samples": {
                    "type": "integer", "title": "Samples", "minimum": 1, "maximum": MAXIMUM_SAMPLES, "default": 1, "x-order": 4,
                    "description": "How often the model is asked; the commonest answer is given."
                },
                "temperature": {
                    "type": "number", "title": "Temperature", "minimum": 0, "maximum": 2, "x-order": 5,
                    "description": "0 for the likeliest answer. Without it 0, and 0.7 for several samples."
                },
                "maximum_tokens": {"type": "integer", "title": "Most tokens of an answer", "minimum": 1, "maximum": 8192, "default": 512, "x-order": 6},
                "model": {"type": "string", "title": "Model", "maxLength": 100, "x-order": 7, "description": "By its name here; otherwise the first that is able enough."},
                "least": {"enum": tiers, "title": "Least able model", "default": "tiny", "x-order": 8}
            },
            "required": ["instructions", "input"],
            "additionalProperties": false
        }),
        output_schema: json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "Answer of a model",
            "type": "object",
            "properties": {
                "text": {"type": "string", "title": "Answer", "x-render": "text", "x-order": 1},
                "json": {"title": "As a value", "x-render": "json", "x-order": 2},
                "agreement": {"type": "number", "minimum": 0, "maximum": 1, "title": "Agreement of the samples", "x-render": "share", "x-order": 3},
                "model": {"type": "string", "title": "Model", "x-order": 4},
                "finish": {"enum": ["stop", "length", "tool_calls", "content_filter"], "title": "Ended by", "x-order": 5},
                "tokens": {"type": "integer", "minimum": 0, "title": "Tokens", "x-order": 6},
                "version": {"type": "string", "title": "Version of the skill", "x-order": 7},
                "samples": {
                    "type": "array", "title": "Samples", "x-order": 8, "maxItems": MAXIMUM_SAMPLES,
                    "items": {
                        "type": "object",
                        "properties": {
                            "text": {"type": "string", "title": "Answer"},
                            "model": {"type": "string", "title": "Model"},
                            "tokens": {"type": "integer", "minimum": 0, "title": "Tokens"}
                        },
                        "required": ["text", "model", "tokens"],
                        "additionalProperties": false
                    }
                }
            },
            "required": ["text", "agreement", "model", "finish", "tokens", "version", "samples"],
            "additionalProperties": false
        }),
        examples: vec![
            json!({"instructions": "Answer in one short sentence.", "input": "Why is the sky blue?", "maximum_tokens": 60}),
            json!({
                "instructions": "Say how the customer feels.",
                "input": "The parcel came two weeks late and nobody answered my calls.",
                "schema": {"type": "object", "properties": {"mood": {"enum": ["happy", "neutral", "angry"]}}, "required": ["mood"], "additionalProperties": false},
                "maximum_tokens": 40
            }),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        // It mostly waits; what the model inside the process takes is bounded by its one call at a time.
        needs: Needs::with_language_model(100, 32),
        model: Some(ModelNeed { least: ModelTier::Tiny, optional: false }),
        network: false,
        version: VERSION.to_owned(),
    }
}
