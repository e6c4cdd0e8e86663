//! What `documentation.api_docs` takes and gives.

use baton_agents_syntax::files::{MAXIMUM_ARTIFACTS, MAXIMUM_PATH};
use baton_agents_syntax::languages::ALL;
use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::api_docs::{MAXIMUM_DOCUMENT_BYTES, MAXIMUM_DOCUMENT_CHARACTERS, MAXIMUM_ITEMS, MAXIMUM_OPERATIONS, MAXIMUM_SOURCE_CHARACTERS};

const EXAMPLE: &str = "openapi: 3.1.0
info: {title: Pets, version: 1.2.0, description: Everything about pets.}
servers: [{url: 'https://api.example.org/v1'}]
paths:
  /pets:
    get:
      tags: [Pets]
      summary: Lists pets
      parameters:
        - {name: limit, in: query, description: At most so many., schema: {type: integer, minimum: 1, maximum: 100, default: 20}}
      responses:
        '200':
          description: The pets.
          content: {application/json: {schema: {type: array, items: {$ref: '#/components/schemas/Pet'}}}}
components:
  schemas:
    Pet:
      type: object
      required: [id, name]
      properties:
        id: {type: string, format: uuid}
        name: {type: string, description: What it is called.}
        kind: {enum: [dog, cat]}
";

pub(super) fn skill() -> Skill {
    Skill {
        name: super::API_DOCS.to_owned(),
        title: "Write an API reference".to_owned(),
        description: format!(
            "Writes the reference of an interface, as Markdown and as a web page. Of an OpenAPI 3 document, in JSON or YAML: operations by tag with \
             parameters, bodies, answers and examples, and schemas; up to {MAXIMUM_OPERATIONS} operations and {} MB. Of source code in Rust, Python, \
             JavaScript, TypeScript, Go or Java, a file, several or a zip file: what each module makes public, how it is declared and described, and \
             what is not described; up to {MAXIMUM_ITEMS} items, also as records.",
            MAXIMUM_DOCUMENT_BYTES >> 20
        ),
        family: Family::Documentation,
        input_schema: input(),
        output_schema: output(),
        examples: vec![
            json!({"document": EXAMPLE}),
            json!({"artifact": "examples/sources/inventory.py"}),
            json!({"source": "// Package stack keeps values.\npackage stack\n\n// Push puts a value on top.\nfunc Push(value int) {}\n\nfunc Pop() int { return 0 }\n", "language": "go"}),
        ],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 2 << 30, cpu_seconds: 600, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 500, memory_mib: 128, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    let names: Vec<&str> = ALL.into_iter().map(|facts| facts.name).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Write an API reference",
        "type": "object",
        "properties": {
            "document": {"type": "string", "minLength": 1, "maxLength": MAXIMUM_DOCUMENT_CHARACTERS, "x-multiline": true, "title": "OpenAPI document", "x-order": 1, "description": "In JSON or YAML, of version 3."},
            "source": {"type": "string", "minLength": 1, "maxLength": MAXIMUM_SOURCE_CHARACTERS, "x-multiline": true, "title": "Source code", "x-order": 2, "description": "In one of the six languages."},
            "artifact": {"type": "string", "format": "artifact", "title": "File", "x-order": 3, "description": "An OpenAPI document, a source file, or a zip file of sources."},
            "artifacts": {"type": "array", "items": {"type": "string", "format": "artifact"}, "maxItems": MAXIMUM_ARTIFACTS, "uniqueItems": true, "title": "More source files", "x-order": 4},
            "paths": {"type": "array", "items": {"type": "string", "maxLength": MAXIMUM_PATH}, "maxItems": MAXIMUM_ARTIFACTS, "title": "Places of these files", "x-order": 10, "description": "One for each of the files, in their order, as src/a/mod.rs; src/a/ is the folder of a file or of what is in a zip file."},
            "language": {"enum": names, "title": "Language", "x-order": 5, "description": "Of the source; found out when absent."},
            "private": {"type": "boolean", "default": false, "title": "Also what is not public", "x-order": 6, "description": "Of source code: also what others cannot see, and tests."},
            "title": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Title", "x-order": 7, "description": "Absent: the document's, or the file's."},
            "tags": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 200}, "title": "Tags", "x-order": 8, "description": "Only operations with one of these as their first tag."},
            "html": {"type": "boolean", "default": true, "title": "Also as a web page", "x-order": 9}
        },
        "additionalProperties": false
    })
}

fn output() -> Value {
    let text = |title: &str| json!({"type": "string", "title": title});
    let count = |title: &str, order: u32| json!({"type": "integer", "minimum": 0, "title": title, "x-order": order});
    let table = |title: &str, order: u32, properties: Value| {
        let required: Vec<&String> = properties.as_object().into_iter().flat_map(|all| all.keys()).collect();
        json!({
            "type": "array", "title": title, "x-order": order, "x-render": "table",
            "items": {"type": "object", "properties": properties, "required": required, "additionalProperties": false}
        })
    };
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An API reference",
        "type": "object",
        "properties": {
            "markdown": {"type": "string", "x-render": "markdown", "title": "Reference", "x-order": 1},
            "title": {"type": "string", "title": "Title", "x-order": 2},
            "version": {"type": "string", "title": "Version", "x-order": 3},
            "operations": {"type": "integer", "minimum": 0, "title": "Operations", "x-order": 4},
            "schemas": {"type": "integer", "minimum": 0, "title": "Schemas", "x-order": 5},
            "coverage": {
                "type": "object", "title": "What is described", "x-order": 4,
                "properties": {
                    "share": {"type": "number", "minimum": 0, "maximum": 1, "title": "Described", "x-order": 1, "x-render": "share"},
                    "items": count("Public items", 2), "described": count("Described items", 3), "files": count("Files read", 4)
                },
                "required": ["share", "items", "described", "files"],
                "additionalProperties": false
            },
            "modules": table("Modules", 6, json!({"module": text("Module"), "items": count("Items", 2), "described": count("Described", 3)})),
            "items": table("Items", 7, json!({
                "name": text("Item"), "kind": text("Kind"), "module": text("Module"), "signature": text("Declared"), "summary": text("What it is"),
                "file": text("File"), "line": {"type": "integer", "minimum": 1, "title": "Line"}, "described": {"type": "boolean", "title": "Described"}
            })),
            "skipped": table("Files left out", 8, json!({"file": text("File"), "reason": text("Reason")})),
            "artifact": super::written("Markdown", 9),
            "html_artifact": super::written("Web page", 10),
            "records_artifact": super::written("Records", 11),
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 12}
        },
        "required": ["markdown", "title", "artifact", "notes"],
        "additionalProperties": false
    })
}
