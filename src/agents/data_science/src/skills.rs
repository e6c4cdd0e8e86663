//! What the data science agent can do, as contracts.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::limits::{MAXIMUM_BYTES, MAXIMUM_COLUMNS, MAXIMUM_ROWS};

/// The skill that describes a table.
pub const PROFILE: &str = "data_science.profile";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![
        profile(),
        crate::query::contract::skill(),
        crate::inference::contract::skill(),
        crate::learn::contract::skill(),
        crate::learn::predict_contract::skill(),
        crate::forecast::contract::skill(),
        crate::anomalies::contract::skill(),
        crate::chart_skill::contract::skill(),
    ]
}

fn profile() -> Skill {
    Skill {
        name: PROFILE.to_owned(),
        title: "Profile a table".to_owned(),
        description: format!(
            "Describes each column of a CSV, TSV, JSON, NDJSON or Parquet file (type, gaps, distinct values, mean, spread, shape, quantiles, histogram, outliers), correlates the \
             numeric ones and draws charts. Up to {MAXIMUM_ROWS} rows and {} MB.",
            MAXIMUM_BYTES >> 20
        ),
        family: Family::DataScience,
        input_schema: profile_input(),
        output_schema: profile_output(),
        examples: vec![
            json!({"artifact": "examples/tables/penguins.csv"}),
            json!({"artifact": "examples/tables/iris.csv", "columns": ["sepal_length_cm", "petal_length_cm", "species"]}),
            json!({"artifact": "examples/tables/unemployment.tsv", "delimiter": "tab"}),
        ],
        result_kind: "table_profile".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        // Numbers of 100 million cells, ranks of 30 columns of them, distinct texts, and what the program itself maps.
        // And 200 columns, each with a histogram or its top values.
        limits: Limits { memory_bytes: 3 << 30, cpu_seconds: 600, result_bytes: 2 << 20, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 256, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn profile_input() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Profile a table",
        "type": "object",
        "properties": {
            "artifact": crate::inference::contract::table_artifact(),
            "delimiter": {
                "type": "string", "enum": [",", ";", "tab", "|"], "title": "Delimiter",
                "description": "What stands between two fields of a CSV file. Found out from the first records when absent."
            },
            "header": {
                "type": "boolean", "title": "The first record names the columns", "default": true,
                "description": "Without a header the columns are called column_1, column_2 and so on."
            },
            "columns": {
                "type": "array", "title": "Columns", "minItems": 1, "maxItems": MAXIMUM_COLUMNS, "uniqueItems": true,
                "items": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Column name"},
                "description": "Only these columns. All of them when absent."
            }
        },
        "required": ["artifact"],
        "additionalProperties": false
    })
}

fn profile_output() -> Value {
    let count = json!({"type": "integer", "minimum": 0});
    let fraction = json!({"type": ["number", "null"]});
    let fence = json!({
        "type": "object",
        "properties": {"low": fraction, "high": fraction, "count": count},
        "required": ["low", "high", "count"],
        "additionalProperties": false
    });
    let matrix = json!({"type": "array", "items": {"type": "array", "items": {"type": ["number", "null"], "minimum": -1, "maximum": 1}}});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Profile of a table",
        "type": "object",
        "properties": {
            "rows": count,
            "columns": {"type": "array", "items": {"$ref": "#/$defs/column"}},
            "correlations": {
                "type": "object",
                "properties": {"columns": {"type": "array", "items": {"type": "string"}}, "pearson": matrix, "spearman": matrix},
                "required": ["columns", "pearson", "spearman"],
                "additionalProperties": false
            },
            "notes": {"type": "array", "items": {"type": "string"}},
            "charts": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "title": {"type": "string"},
                    "artifact": {"type": "string", "format": "artifact", "description": "A file that shows the chart too."},
                    "options": {"type": "object", "description": "An ECharts option object."}
                },
                "required": ["title", "options"],
                "additionalProperties": false
            }}
        },
        "required": ["rows", "columns", "notes", "charts"],
        "additionalProperties": false,
        "$defs": {
            "column": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "type": {"enum": ["integer", "number", "boolean", "date", "text", "empty"]},
                    "missing": count,
                    "distinct": count,
                    "min": {"type": ["number", "string", "null"]},
                    "max": {"type": ["number", "string", "null"]},
                    "mean": fraction,
                    "sd": fraction,
                    "skewness": {"type": ["number", "null"], "description": "The third standardized moment; 0 of a symmetric distribution."},
                    "kurtosis": {"type": ["number", "null"], "description": "The fourth standardized moment less 3; 0 of a normal distribution."},
                    "outliers": {
                        "type": "object",
                        "description": "How many values lie outside two usual fences: 1.5 interquartile ranges beyond the quartiles (Tukey), and \
                                        3.5 robust deviations about the median (by the median absolute deviation; absent where that is zero).",
                        "properties": {"iqr": fence, "mad": fence},
                        "required": ["iqr"],
                        "additionalProperties": false
                    },
                    "quantiles": {
                        "type": "object",
                        "description": "Linear between the two nearest values (type 7, NumPy's default).",
                        "properties": {"p05": fraction, "p25": fraction, "p50": fraction, "p75": fraction, "p95": fraction},
                        "required": ["p05", "p25", "p50", "p75", "p95"],
                        "additionalProperties": false
                    },
                    "histogram": {
                        "type": "object",
                        "properties": {
                            "edges": {"type": "array", "items": {"type": "number"}, "minItems": 2},
                            "counts": {"type": "array", "items": count, "minItems": 1}
                        },
                        "required": ["edges", "counts"],
                        "additionalProperties": false
                    },
                    "top": {"type": "array", "items": {
                        "type": "object",
                        "properties": {"value": {"type": "string"}, "count": count},
                        "required": ["value", "count"],
                        "additionalProperties": false
                    }}
                },
                "required": ["name", "type", "missing", "distinct", "min", "max"],
                "additionalProperties": false
            }
        }
    })
}
