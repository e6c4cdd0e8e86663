//! Does `documentation.api_docs` tell everything that an OpenAPI document says?
use crate::harness::{Ended, perform, skill_of};
use baton_agents_documentation::{API_DOCS, Documentation};
use serde_json::{Value, json};

fn reference(document: impl Into<String>) -> Ended {
    perform(Documentation::default(), API_DOCS, json!({"document": document.into()}))
}

fn text(document: &Value) -> String {
    reference(document.to_string()).value()["markdown"].as_str().unwrap().to_owned()
}

#[test]
fn the_example_is_told_with_its_parameters_answers_and_examples() {
    let ended = perform(Documentation::default(), API_DOCS, skill_of(&Documentation::default(), API_DOCS).examples[0].clone());
    let value = ended.value();
    let text = value["markdown"].as_str().unwrap();
    for part in [
        "# Pets\n\nVersion 1.2.0\n\nEverything about pets.",
        "- `https://api.example.org/v1`",
        "## Pets\n",
        "### GET `/pets`",
        "**Lists pets**",
        "| `limit` | query | integer |  | At most so many. at least 1; at most 100; default `20` |",
        "`200`: The pets.",
        "array of [Pet](#schema-pet)",
        "\"id\": \"123e4567-e89b-12d3-a456-426614174000\"",
        "### Schema Pet",
        "| `name` | string | yes | What it is called. |",
        "one of `dog`, `cat`",
    ] {
        assert!(text.contains(part), "{part:?} is not in\n{text}");
    }
    assert_eq!((&value["operations"], &value["schemas"]), (&json!(1), &json!(1)));
}

#[test]
fn references_that_lead_to_themselves_end() {
    let text = text(&json!({
        "openapi": "3.0.3", "info": {"title": "T", "version": "1"},
        "paths": {"/a": {"$ref": "#/components/pathItems/a"}, "/loop": {"$ref": "#/paths/~1loop"}},
        "components": {
            "pathItems": {"a": {"parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "post": {
                "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}}, "responses": {"204": {"description": "Done"}}
            }}},
            "schemas": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Node"}, "all": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}}}}}
        }
    }));
    assert!(
        text.contains("### POST `/a`")
            && text.contains("| `id` | path | string | yes |")
            && text.contains("| `all` | array of [Node](#schema-node) |"),
        "{text}"
    );
}

#[test]
fn texts_bring_no_markup() {
    let evil = "a | b <script>alert(1)</script> `x`";
    let ended = reference(json!({
        "openapi": "3.1.0", "info": {"title": evil, "version": evil, "description": evil},
        "paths": {evil: {"get": {"tags": [evil], "summary": evil, "description": evil, "parameters": [{"name": evil, "in": evil, "description": evil}], "responses": {evil: {"description": evil}}}}}
    }).to_string());
    let page = String::from_utf8(ended.stored[1].2.clone()).unwrap();
    assert!(!page.contains("<script"), "{page}");
}

#[test]
fn what_is_no_openapi_document_is_refused() {
    for (document, code) in [
        ("{", "DOC-006"),
        ("a: [", "DOC-006"),
        ("just text", "DOC-006"),
        ("swagger: '2.0'\npaths: {}", "DOC-006"),
        ("openapi: 3.0.0", "DOC-006"),
        ("openapi: 3.0.0\npaths: {}", "DOC-007"),
        ("[1, 2]", "DOC-006"),
    ] {
        assert_eq!(reference(document).code(), code, "{document}");
    }
    let bomb: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned())
        .chain((1..12).map(|level| format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "))))
        .collect();
    assert_eq!(reference(bomb).code(), "DOC-006");
    assert_eq!(reference(format!("openapi: 3.0.0\npaths: {}{}", "[".repeat(20_000), "]".repeat(20_000))).code(), "DOC-006");
    assert_eq!(reference(format!("{{\"openapi\": {}{}}}", "[".repeat(20_000), "]".repeat(20_000))).code(), "DOC-006");
    assert_eq!(perform(Documentation::default(), API_DOCS, json!({})).code(), "TASK-003");
}
