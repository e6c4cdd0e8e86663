//! What `data_science.predict` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::contract::{classes, count, grid, metrics};
use crate::inference::contract::with_table;

/// The skill that predicts with a trained model.
pub const PREDICT: &str = "data_science.predict";

pub(crate) fn skill() -> Skill {
    Skill {
        name: PREDICT.to_owned(),
        title: "Predict with a model".to_owned(),
        description:
            "Predicts each row of a table with a model that data_science.train made: numbers, classes with probabilities, groups or \
                      components. Where the table has the target, it says how right the predictions are."
                .to_owned(),
        family: Family::DataScience,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/tables/penguins.csv", "model": "examples/models/penguins-species.json"}),
            json!({"artifact": "examples/tables/iris.csv", "model": "examples/models/iris-groups.json", "list": 10}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 3 << 30, cpu_seconds: 600, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 512, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    let properties = with_table(json!({
        "model": {"type": "string", "format": "artifact", "x-accept": ".json,application/json", "title": "Model", "x-order": 1,
            "description": "The artifact that data_science.train stored."},
        "list": {"type": "integer", "minimum": 1, "maximum": 200, "default": 20, "title": "Rows listed in the result", "x-order": 2,
            "description": "The artifact has all of them."}
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Predict with a model",
        "type": "object",
        "properties": properties,
        "required": ["artifact", "model"],
        "additionalProperties": false
    })
}

fn output() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Predictions",
        "type": "object",
        "properties": {
            "summary": {"type": "string", "title": "In words", "x-order": 0, "x-render": "markdown"},
            "charts": {"type": "array", "title": "Charts", "x-order": 1, "x-render": "chart", "items": {"type": "object"}},
            "first": grid("The first rows", 2),
            "metrics": metrics(3),
            "classes": classes(4),
            "confusion": grid("Confusion: actual down, predicted across", 5),
            "rows": count("Rows", 6),
            "predicted": count("Predicted", 7),
            "table": {"type": "string", "format": "artifact", "title": "All predictions", "x-order": 8, "x-render": "artifact",
                "description": "CSV with the columns row, the target if the table has it, and prediction, with a column \"probability of CLASS\" for \
                                each class; of groups cluster and distance; of components \"component 1\" and so on."},
            "notes": {"type": "array", "title": "Notes", "x-order": 9, "items": {"type": "string"}}
        },
        "required": ["summary", "charts", "first", "rows", "predicted", "table", "notes"],
        "additionalProperties": false
    })
}
