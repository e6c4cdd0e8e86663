//! What `documentation.changelog` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::changelog::{MAXIMUM_COMMITS, MAXIMUM_LOG_CHARACTERS};

pub(super) fn skill() -> Skill {
    Skill {
        name: super::CHANGELOG.to_owned(),
        title: "Write a changelog".to_owned(),
        description: format!(
            "Makes a changelog in the form of Keep a Changelog of a git log: Conventional Commits and plain ones, by release where the log has \
             tags, breaking changes first, with links. Up to {MAXIMUM_COMMITS} commits."
        ),
        family: Family::Documentation,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({
                "log": "a1b2c3d (tag: v1.3.0) feat(search)!: rank by freshness (#41)\nb2c3d4e fix: keep the cursor after paging (#39)\nc3d4e5f chore: bump dependencies\nd4e5f6a (tag: v1.2.0) Add dark theme\ne5f6a7b Remove the legacy export",
                "repository": "https://example.org/acme/app"
            }),
            json!({"log": "Add CSV import\nFix rounding of totals\nDrop support for XML", "version": "2.0.0", "date": "2026-05-03"}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::ProcessForFiles,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 250, memory_mib: 64, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Write a changelog",
        "type": "object",
        "properties": {
            "log": {
                "type": "string", "minLength": 1, "maxLength": MAXIMUM_LOG_CHARACTERS, "x-multiline": true, "title": "Log", "x-order": 1,
                "description": "The output of `git log` or `git log --oneline --decorate`, or a subject in each line; newest first."
            },
            "artifact": {"type": "string", "format": "artifact", "x-accept": ".txt,.log,text/plain", "title": "Log file", "x-order": 2, "description": "The same as a file of at most 16 MB."},
            "version": {"type": "string", "minLength": 1, "maxLength": 60, "title": "Version", "x-order": 3, "description": "Of the commits before the first tag. Absent: Unreleased."},
            "date": {"type": "string", "maxLength": 40, "title": "Date of the version", "x-order": 4},
            "repository": {"type": "string", "maxLength": 500, "title": "Repository", "x-order": 5, "description": "Its address, as https://host/owner/name; then commits, issues and comparisons are links."},
            "internal": {"type": "boolean", "default": false, "title": "With what concerns developers only", "x-order": 6, "description": "Tests, builds, dependencies, refactorings."},
            "heading": {"type": "boolean", "default": true, "title": "With a heading", "x-order": 7}
        },
        "additionalProperties": false
    })
}

fn output() -> Value {
    let count = |title: &str, order: u32| json!({"type": "integer", "minimum": 0, "title": title, "x-order": order});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A changelog",
        "type": "object",
        "properties": {
            "markdown": {"type": "string", "x-render": "markdown", "title": "Changelog", "x-order": 1},
            "releases": {
                "type": "array", "title": "Releases", "x-order": 2, "x-render": "table",
                "items": {
                    "type": "object", "required": ["version", "breaking", "added", "changed", "fixed", "internal"], "additionalProperties": false,
                    "properties": {
                        "version": {"type": "string", "title": "Version", "x-order": 1}, "breaking": count("Breaking", 2), "added": count("Added", 3),
                        "changed": count("Changed", 4), "fixed": count("Fixed", 5), "internal": count("Internal", 6)
                    }
                }
            },
            "artifact": super::written("File", 3),
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 4}
        },
        "required": ["markdown", "releases", "artifact", "notes"],
        "additionalProperties": false
    })
}
