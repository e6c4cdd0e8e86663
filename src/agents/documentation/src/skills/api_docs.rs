//! What `documentation.api_docs` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::api_docs::{MAXIMUM_DOCUMENT_BYTES, MAXIMUM_DOCUMENT_CHARACTERS, MAXIMUM_OPERATIONS};

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
            "Writes the reference of an interface of its OpenAPI 3 document, in JSON or YAML: operations by tag with parameters, bodies, answers and \
             examples, and schemas; as Markdown and as a web page. Up to {MAXIMUM_OPERATIONS} operations and {} MB.",
            MAXIMUM_DOCUMENT_BYTES >> 20
        ),
        family: Family::Documentation,
        input_schema: input(),
        output_schema: output(),
        examples: vec![json!({"document": EXAMPLE})],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 1 << 30, cpu_seconds: 60, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 500, memory_mib: 128, model: None },
        model: None,
        network: false,
    }
}

fn input() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Write an API reference",
        "type": "object",
        "properties": {
            "document": {"type": "string", "minLength": 1, "maxLength": MAXIMUM_DOCUMENT_CHARACTERS, "x-multiline": true, "title": "OpenAPI document", "x-order": 1, "description": "In JSON or YAML, of version 3."},
            "artifact": {"type": "string", "format": "artifact", "x-accept": ".json,.yaml,.yml,application/json,application/yaml", "title": "OpenAPI file", "x-order": 2},
            "title": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Title", "x-order": 3, "description": "Absent: the document's."},
            "tags": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 200}, "title": "Tags", "x-order": 4, "description": "Only operations with one of these as their first tag."},
            "html": {"type": "boolean", "default": true, "title": "Also as a web page", "x-order": 5}
        },
        "additionalProperties": false
    })
}

fn output() -> Value {
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
            "artifact": super::written("Markdown", 6),
            "html_artifact": super::written("Web page", 7),
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 8}
        },
        "required": ["markdown", "title", "version", "operations", "schemas", "artifact", "notes"],
        "additionalProperties": false
    })
}
