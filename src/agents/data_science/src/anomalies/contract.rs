//! What `data_science.anomalies` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use super::{MAXIMUM_LISTED, MAXIMUM_STORED, MAXIMUM_TREES, MAXIMUM_WATCHED};
use crate::forecast::season::LONGEST;
use crate::inference::contract::with_table;

/// The skill that finds unusual rows.
pub const ANOMALIES: &str = "data_science.anomalies";

pub(crate) fn skill() -> Skill {
    Skill {
        name: ANOMALIES.to_owned(),
        title: "Find anomalies".to_owned(),
        description: "Finds unusual values of columns (robust distance from the median, or Tukey's fences), of series over time (what trend \
                      and season do not explain), and unusual rows of several columns (isolation forest). Each comes with a score and a reason."
            .to_owned(),
        family: Family::DataScience,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/tables/engel.csv", "columns": ["income", "foodexp"], "method": "mad"}),
            json!({"artifact": "examples/tables/us-employment.csv", "time": "month", "columns": ["nonfarm_change"]}),
            json!({"artifact": "examples/tables/wine.csv", "method": "isolation_forest", "seed": 7}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 2 << 30, cpu_seconds: 600, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 256, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    let properties = with_table(json!({
        "columns": {
            "type": "array", "title": "Columns", "minItems": 1, "maxItems": MAXIMUM_WATCHED, "uniqueItems": true, "x-order": 1,
            "items": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Column name"},
            "description": "Columns of numbers. All of them when absent, without the one of times."
        },
        "time": {
            "type": "string", "minLength": 1, "maxLength": 200, "title": "Column of times", "x-order": 2,
            "description": "Dates, times or numbers, equally far apart: each column is then looked at as a series."
        },
        "method": {
            "type": "string", "default": "auto", "title": "Method", "x-order": 3,
            "enum": ["auto", "mad", "iqr", "seasonal", "isolation_forest"],
            "x-labels": ["As the data suggest: seasonal with times, isolation forest for several columns, else mad", "Robust distance from the median (MAD)", "Tukey's fences (interquartile range)", "What trend and season of a series do not explain", "Isolation forest over all columns together"]
        },
        "threshold": {
            "type": "number", "exclusiveMinimum": 0, "maximum": 1000, "title": "Threshold", "x-order": 4,
            "description": "From which score on a value counts: robust deviations (3.5) for mad and seasonal, interquartile ranges beyond the \
                            quartile (1.5) for iqr, the isolation score between 0 and 1 (0.6) for the forest."
        },
        "share": {
            "type": "number", "exclusiveMinimum": 0, "maximum": 0.5, "title": "Share of rows", "x-order": 5,
            "description": "For the forest: so many of the rows, the most unusual ones, instead of a threshold."
        },
        "season": {
            "type": "integer", "minimum": 0, "maximum": LONGEST, "title": "Season", "x-order": 6,
            "description": "After how many steps a series repeats itself; 0 or 1 for never. Found out when absent."
        },
        "trees": {"type": "integer", "minimum": 10, "maximum": MAXIMUM_TREES, "default": 200, "title": "Trees of the forest", "x-order": 7},
        "seed": {"type": "integer", "minimum": 0, "maximum": 4_294_967_295u32, "default": 0, "title": "Seed", "x-order": 8,
            "description": "The same seed grows the same forest."},
        "list": {"type": "integer", "minimum": 1, "maximum": MAXIMUM_LISTED, "default": 50, "title": "Listed in the result", "x-order": 9,
            "description": format!("The artifact has all of them, up to {MAXIMUM_STORED}.")}
    }));
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Find anomalies",
        "type": "object",
        "properties": properties,
        "required": ["artifact"],
        "additionalProperties": false
    })
}

fn output() -> Value {
    let number = |title: &str, order: u32| json!({"type": ["number", "null"], "title": title, "x-order": order});
    let count = |title: &str, order: u32| json!({"type": "integer", "minimum": 0, "title": title, "x-order": order});
    let text = |title: &str, order: u32| json!({"type": "string", "title": title, "x-order": order});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Anomalies",
        "type": "object",
        "properties": {
            "summary": {"type": "string", "title": "In words", "x-order": 0, "x-render": "markdown"},
            "charts": {"type": "array", "title": "Charts", "x-order": 1, "x-render": "chart", "items": {"type": "object"}},
            "anomalies": {"type": "array", "title": "The most unusual", "x-order": 2, "x-render": "table", "maxItems": MAXIMUM_LISTED, "items": {
                "type": "object",
                "properties": {
                    "row": count("Row", 0), "time": text("Time", 1), "column": text("Column", 2), "value": number("Value", 3),
                    "expected": number("Expected", 4), "score": number("Score", 5), "why": text("Why", 6)
                },
                "required": ["row", "column", "value", "expected", "score", "why"], "additionalProperties": false
            }},
            "columns": {"type": "array", "title": "Columns", "x-order": 3, "x-render": "table", "items": {
                "type": "object",
                "properties": {
                    "column": text("Column", 0), "values": count("Values", 1), "missing": count("Missing", 2), "middle": number("Median", 3),
                    "deviation": number("Robust deviation", 4), "season": count("Season in steps", 5), "anomalies": count("Anomalies", 6)
                },
                "required": ["column", "values", "missing", "middle", "deviation", "anomalies"], "additionalProperties": false
            }},
            "method": text("Method", 4),
            "threshold": number("Threshold", 5),
            "found": count("Found", 6),
            "table": {"type": "string", "format": "artifact", "title": "All anomalies", "x-order": 7, "x-render": "artifact"},
            "notes": {"type": "array", "title": "Notes", "x-order": 8, "items": {"type": "string"}}
        },
        "required": ["summary", "charts", "anomalies", "columns", "method", "threshold", "found", "table", "notes"],
        "additionalProperties": false
    })
}
