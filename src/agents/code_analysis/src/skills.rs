//! What the code analysis agent can do, as contracts.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::languages::ALL;

/// The skill that measures a source file.
pub const METRICS: &str = "code_analysis.metrics";

const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// All skills.
pub(crate) fn all() -> Vec<Skill> {
    vec![metrics()]
}

fn metrics() -> Skill {
    Skill {
        name: METRICS.to_owned(),
        title: "Measure code".to_owned(),
        description:
            "Parses a source file in Rust, Python, JavaScript, TypeScript, Go or Java and reports its functions with cyclomatic and \
                      cognitive complexity, its lines, and what should be looked at. The code is never run."
                .to_owned(),
        family: Family::CodeAnalysis,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"artifact": "examples/sources/inventory.py"}),
            json!({
                "source": "function grade(points) {\n  if (points == null) return \"none\";\n  return points >= 50 ? \"passed\" : \"failed\";\n}\n",
                "language": "javascript"
            }),
            json!({"artifact": "examples/sources/router.go"}),
        ],
        result_kind: "code_report".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 128, model: None },
        model: None,
        network: false,
    }
}

fn input() -> Value {
    let extensions: Vec<String> = ALL.into_iter().flat_map(|facts| facts.extensions).map(|extension| format!(".{extension}")).collect();
    let names: Vec<&str> = ALL.into_iter().map(|facts| facts.name).collect();
    let labels: Vec<&str> = ALL.into_iter().map(|facts| facts.label).collect();
    json!({
        "$schema": DIALECT,
        "title": "Measure code",
        "type": "object",
        "properties": {
            "source": {
                "type": "string", "title": "Source", "maxLength": 200_000, "x-multiline": true, "x-order": 1,
                "description": "The source itself. Give either this or a file."
            },
            "artifact": {
                "type": "string", "format": "artifact", "x-accept": extensions.join(","), "title": "File", "x-order": 2,
                "description": "A source file in UTF-8 of up to 2 MB. Give either this or a source."
            },
            "language": {
                "type": "string", "enum": names, "x-labels": labels, "title": "Language", "x-order": 3,
                "description": "Taken from the file's name, or found out, when absent."
            }
        },
        "oneOf": [{"required": ["source"]}, {"required": ["artifact"]}],
        "additionalProperties": false
    })
}

fn output() -> Value {
    let count = json!({"type": "integer", "minimum": 0});
    let place = json!({"type": "integer", "minimum": 1});
    let names: Vec<&str> = ALL.into_iter().map(|facts| facts.name).collect();
    json!({
        "$schema": DIALECT,
        "title": "Report on a source file",
        "type": "object",
        "properties": {
            "language": {"enum": names},
            "lines": {
                "type": "object",
                "properties": {"total": count, "code": count, "comment": count, "blank": count},
                "required": ["total", "code", "comment", "blank"],
                "additionalProperties": false
            },
            "functions": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"}, "line": place, "end_line": place, "parameters": count, "cyclomatic": place,
                    "cognitive": count, "nesting": count, "lines": place
                },
                "required": ["name", "line", "end_line", "parameters", "cyclomatic", "cognitive", "nesting", "lines"],
                "additionalProperties": false
            }},
            "totals": {
                "type": "object",
                "properties": {"functions": count, "mean_cyclomatic": {"type": "number", "minimum": 0}, "max_cyclomatic": count},
                "required": ["functions", "mean_cyclomatic", "max_cyclomatic"],
                "additionalProperties": false
            },
            "findings": {"type": "array", "items": {
                "type": "object",
                "properties": {
                    "rule": {"type": "string"}, "severity": {"enum": ["info", "warning", "error"]}, "line": place, "column": place,
                    "message": {"type": "string"}, "advice": {"type": "string"}
                },
                "required": ["rule", "severity", "line", "column", "message", "advice"],
                "additionalProperties": false
            }}
        },
        "required": ["language", "lines", "functions", "totals", "findings"],
        "additionalProperties": false
    })
}
