//! What do the skills of operations take and give?

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::model::{ModelNeed, ModelTier};
use baton_domain::task::RetryPolicy;
use baton_domain::wire::assistance::{
    CHOOSE_SKILL, MAXIMUM_CANDIDATE_DESCRIPTION, MAXIMUM_CANDIDATE_TITLE, MAXIMUM_CANDIDATES, MAXIMUM_FACT_CHARACTERS, MAXIMUM_FACTS,
    MAXIMUM_WISH_CHARACTERS, TASK_ANALYSIS,
};
use serde_json::{Value, json};

/// The least able model that explains a failure from its facts, and that tells skills apart.
pub(super) const LEAST: ModelTier = ModelTier::Small;

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

fn skill(name: &str, title: &str, description: &str, optional: bool) -> Skill {
    Skill {
        name: name.to_owned(),
        title: title.to_owned(),
        description: description.to_owned(),
        family: Family::Custom,
        input_schema: Value::Null,
        output_schema: Value::Null,
        examples: Vec::new(),
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        // It mostly waits for the model; what also works without one must not wait for a host that has one.
        needs: if optional { Needs { cpu_millicores: 100, memory_mib: 32, model: None } } else { Needs::with_language_model(100, 32) },
        model: Some(ModelNeed { least: LEAST, optional }),
        network: false,
        version: "1.0.0".to_owned(),
    }
}

pub(super) fn task_analysis() -> Skill {
    let text = |title: &str| json!({"type": "string", "title": title});
    Skill {
        input_schema: json!({
            "$schema": DIALECT,
            "title": "Facts about a failed task",
            "type": "object",
            "properties": {
                "task": {
                    "type": "object", "title": "Task", "x-order": 1,
                    "properties": {
                        "id": text("Id"), "title": text("Title"), "skill": text("Skill"), "state": text("State"),
                        "attempt": {"type": "integer", "minimum": 1, "title": "Attempt"},
                        "maximum_attempts": {"type": "integer", "minimum": 1, "title": "Most attempts"}
                    },
                    "required": ["id", "title", "skill", "state", "attempt", "maximum_attempts"],
                    "additionalProperties": false
                },
                "failure": {
                    "type": "object", "title": "Failure", "x-order": 2,
                    "properties": {"code": text("Code"), "message": text("Message"), "retryable": {"type": "boolean", "title": "May pass"}},
                    "required": ["code", "message", "retryable"],
                    "additionalProperties": false
                },
                "facts": {
                    "type": "array", "title": "Facts", "maxItems": MAXIMUM_FACTS, "x-order": 3,
                    "description": "What the attempts, the log and the errors say; the most telling first.",
                    "items": {
                        "type": "object",
                        "properties": {
                            "source": {"type": "string", "title": "Where it stands", "maxLength": 100},
                            "text": {"type": "string", "title": "What it says", "maxLength": MAXIMUM_FACT_CHARACTERS},
                            "code": {"type": "string", "title": "Code of an attempt's error", "maxLength": 100},
                            "grave": {"type": "boolean", "title": "Whether it is a warning or an error", "default": false}
                        },
                        "required": ["source", "text"],
                        "additionalProperties": false
                    }
                }
            },
            "required": ["task", "failure", "facts"],
            "additionalProperties": false
        }),
        output_schema: json!({
            "$schema": DIALECT,
            "title": "Why a task failed",
            "type": "object",
            "properties": {
                "what_failed": {"type": "string", "title": "What failed", "x-render": "text", "x-order": 1},
                "likely_cause": {"type": "string", "title": "Likely cause", "x-render": "text", "x-order": 2},
                "next_step": {"type": "string", "title": "Next step", "x-render": "text", "x-order": 3},
                "facts": {
                    "type": "array", "title": "Facts that it rests on, word for word", "maxItems": MAXIMUM_FACTS, "x-order": 4, "x-render": "table",
                    "items": {
                        "type": "object",
                        "properties": {
                            "fact": {"type": "string", "title": "Fact"}, "source": {"type": "string", "title": "Where it stands"},
                            "text": {"type": "string", "title": "What it says"}
                        },
                        "required": ["fact", "source", "text"],
                        "additionalProperties": false
                    }
                },
                "documentation": {"type": "string", "title": "What the documentation says of the code", "x-render": "markdown", "x-order": 5},
                "judged_by": {"type": "string", "title": "Judged by", "description": "The model, or `rules`.", "x-order": 6},
                "code": {"type": "string", "title": "Code", "x-order": 7},
                "task": {"type": "string", "title": "Task", "x-order": 8}
            },
            "required": ["what_failed", "likely_cause", "next_step", "facts", "judged_by", "code", "task"],
            "additionalProperties": false
        }),
        examples: vec![json!({
            "task": {
                "id": "019ac3e2-7f7a-7d5b-8f63-0a4f2b6c9d11", "title": "Prices of the week", "skill": "data_science.profile", "state": "failed",
                "attempt": 1, "maximum_attempts": 4
            },
            "failure": {"code": "DATA-001", "message": "line 1,204 has 7 fields, the header has 6", "retryable": false},
            "facts": [
                {"source": "attempt 1", "text": "DATA-001: line 1,204 has 7 fields, the header has 6", "code": "DATA-001"},
                {"source": "log, warn", "text": "the file is read as UTF-8 with ; between the fields", "grave": true}
            ]
        })],
        ..skill(
            TASK_ANALYSIS,
            "Explain a failed task",
            "Says what failed, the likely cause and the next step, from what the task's attempts, log and errors say, and quotes the facts. \
             By the rules of the error code, and in a model's words where one is able enough.",
            true,
        )
    }
}

pub(super) fn choose_skill() -> Skill {
    Skill {
        input_schema: json!({
            "$schema": DIALECT,
            "title": "Choose a skill",
            "type": "object",
            "properties": {
                "text": {
                    "type": "string", "title": "What is wanted", "minLength": 1, "maxLength": MAXIMUM_WISH_CHARACTERS, "x-multiline": true, "x-order": 1
                },
                "candidates": {
                    "type": "array", "title": "Skills to choose from", "minItems": 1, "maxItems": MAXIMUM_CANDIDATES, "x-order": 2,
                    "items": {
                        "type": "object",
                        "properties": {
                            "name": {"type": "string", "title": "Name", "minLength": 1, "maxLength": 200},
                            "title": {"type": "string", "title": "Title", "maxLength": MAXIMUM_CANDIDATE_TITLE},
                            "description": {"type": "string", "title": "Description", "maxLength": MAXIMUM_CANDIDATE_DESCRIPTION}
                        },
                        "required": ["name", "title", "description"],
                        "additionalProperties": false
                    }
                }
            },
            "required": ["text", "candidates"],
            "additionalProperties": false
        }),
        output_schema: json!({
            "$schema": DIALECT,
            "title": "Chosen skill",
            "type": "object",
            "properties": {
                "skill": {"type": "string", "title": "Skill", "description": "Absent if none fits.", "x-order": 1},
                "reason": {"type": "string", "title": "Reason", "x-render": "text", "x-order": 2},
                "model": {"type": "string", "title": "Model", "x-order": 3}
            },
            "required": ["reason", "model"],
            "additionalProperties": false
        }),
        examples: vec![json!({
            "text": "Find out whether our customers are happy",
            "candidates": [
                {"name": "nlp.sentiment", "title": "Sentiment", "description": "How positive or negative a text is."},
                {"name": "nlp.keywords", "title": "Keywords", "description": "What a text is about."}
            ]
        })],
        ..skill(CHOOSE_SKILL, "Choose a skill", "Chooses, from a list of skills, the one that does what somebody wants.", false)
    }
}
