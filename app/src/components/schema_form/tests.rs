//! Does the form have the controls that a browser, a keyboard and a screen reader need?

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::problem::FieldError;
use baton_domain::task::RetryPolicy;
use leptos::prelude::*;
use serde_json::{Value, json};

use super::SchemaForm;

fn skill(input_schema: Value) -> Skill {
    Skill {
        name: "test.form".to_owned(),
        title: "Form".to_owned(),
        description: "Has a form.".to_owned(),
        family: Family::Custom,
        input_schema,
        output_schema: json!({}),
        examples: Vec::new(),
        result_kind: "json".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Task,
        checkpoints: false,
        limits: Limits::default(),
        retry: RetryPolicy::default(),
        needs: Needs::default(),
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn html(properties: &Value, required: &Value, values: Value, errors: Vec<FieldError>) -> String {
    let owner = Owner::new();
    owner.with(|| {
        let skill = skill(json!({"type": "object", "properties": properties, "required": required}));
        view! { <SchemaForm schema=skill.input_schema skill=skill.name values errors=Signal::stored(errors) /> }.to_html()
    })
}

/// The tag of the control that carries this test id.
fn control<'a>(html: &'a str, test_id: &str) -> &'a str {
    let marked = format!("data-testid=\"{test_id}\"");
    html.split('<').find(|tag| tag.contains(&marked)).unwrap_or_default().split('>').next().unwrap_or_default()
}

#[test]
fn a_text_has_its_label_its_help_and_its_value() {
    let html = html(
        &json!({"text": {"type": "string", "title": "Text", "description": "What to read.", "maxLength": 5000}}),
        &json!(["text"]),
        json!({"text": "a < b & c"}),
        Vec::new(),
    );
    let area = control(&html, "field-text");
    assert!(area.starts_with("textarea") && area.contains("name=\"input[text]\"") && area.contains("required"), "{area}");
    assert!(area.contains("id=\"field-0\"") && html.contains("for=\"field-0\""), "{html}");
    assert!(area.contains("aria-describedby=\"field-0-help\"") && html.contains("What to read. At most 5,000 characters."), "{html}");
    assert!(html.contains(">a &lt; b &amp; c</textarea>") && !html.contains("optional"), "{html}");
}

#[test]
fn an_empty_text_area_holds_no_space() {
    let html = html(&json!({"text": {"type": "string", "x-multiline": true}}), &json!([]), Value::Null, Vec::new());
    assert!(html.contains("></textarea>") && html.contains("optional"), "{html}");
    assert!(!control(&html, "field-text").contains("aria-describedby"), "{html}");
}

#[test]
fn numbers_carry_their_bounds_and_defaults() {
    let properties =
        json!({"sentences": {"type": "integer", "minimum": 1, "maximum": 50, "default": 5}, "ratio": {"type": "number", "maximum": 0.5}});
    let html = html(&properties, &json!(["sentences"]), Value::Null, Vec::new());
    let sentences = control(&html, "field-sentences");
    assert!(
        ["type=\"number\"", "min=\"1\"", "max=\"50\"", "step=\"1\"", "value=\"5\""].iter().all(|part| sentences.contains(part)),
        "{sentences}"
    );
    assert!(control(&html, "field-ratio").contains("step=\"any\"") && html.contains("At most 0.5.") && html.contains("1 to 50."), "{html}");
}

#[test]
fn a_choice_without_a_default_may_be_left_open() {
    let html =
        html(&json!({"exact": {"type": "boolean"}, "kind": {"enum": ["a", "b"], "default": "b"}}), &json!([]), Value::Null, Vec::new());
    assert_eq!(html.matches("Not set").count(), 1, "{html}");
    assert!(html.contains("value=\"b\" selected"), "{html}");
}

#[test]
fn a_file_can_be_chosen_or_named_by_its_id() {
    let properties = json!({"table": {"type": "string", "format": "artifact", "x-accept": ".csv,text/csv"}});
    let html = html(&properties, &json!(["table"]), json!({"table": "examples/tables/iris.csv"}), Vec::new());
    let file = control(&html, "field-table");
    assert!(file.contains("type=\"file\"") && file.contains("name=\"file[table]\"") && file.contains("accept=\".csv,text/csv\""), "{file}");
    // An id typed below would not do if a file were demanded here.
    assert!(!file.contains("required"), "{file}");
    let id = control(&html, "field-table-id");
    assert!(
        id.contains("name=\"input[table]\"") && !id.contains("examples/") && html.contains("examples/tables/iris.csv of the repository"),
        "{html}"
    );
}

#[test]
fn an_error_stands_at_its_field() {
    let errors = vec![FieldError { field: "/input/text".to_owned(), message: "Fill this in.".to_owned() }];
    let html = html(&json!({"text": {"type": "string"}, "other": {"type": "string"}}), &json!(["text"]), Value::Null, errors);
    let text = control(&html, "field-text");
    assert!(text.contains("aria-invalid=\"true\"") && text.contains("aria-describedby=\"field-0-error\""), "{text}");
    assert!(html.contains("id=\"field-0-error\"") && !control(&html, "field-other").contains("aria-invalid="), "{html}");
}

#[test]
fn every_label_has_its_control_and_every_reference_its_target() {
    let properties = json!({
        "text": {"type": "string", "maxLength": 900}, "line": {"type": "string"}, "file": {"type": "string", "format": "artifact"},
        "count": {"type": "integer"}, "flag": {"type": "boolean"}, "terms": {"type": "array", "items": {"type": "string"}}, "any": {}
    });
    let html = html(&properties, &json!(["text"]), Value::Null, Vec::new());
    for name in ["text", "line", "file", "count", "flag", "terms", "any", "file-id"] {
        assert!(!control(&html, &format!("field-{name}")).is_empty(), "{name}: {html}");
    }
    for reference in ["for=\"", "aria-describedby=\""] {
        for id in html.split(reference).skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}

/// A list of files, and one of tables as `data_science.query` has it.
fn lists() -> Value {
    json!({
        "files": {"type": "array", "maxItems": 2000, "items": {"type": "string", "format": "artifact", "x-accept": ".json,.toml"}, "x-order": 1},
        "tables": {"type": "array", "title": "Tables", "maxItems": 3, "x-order": 2, "items": {
            "type": "object", "title": "Table", "required": ["name", "artifact"], "properties": {
                "name": {"type": "string", "x-order": 1},
                "artifact": {"type": "string", "format": "artifact", "x-accept": ".csv", "x-order": 2},
                "header": {"type": "boolean", "default": true, "x-order": 3}
            }
        }}
    })
}

/// Whether the fold with this test id is open.
fn is_open(html: &str, test_id: &str) -> bool {
    let fold = control(html, test_id);
    assert!(fold.starts_with("details"), "{test_id}: {html}");
    fold.contains(" open")
}

#[test]
fn several_files_are_chosen_at_once_or_named_by_their_ids() {
    let html = html(&lists(), &json!(["files"]), json!({"files": ["examples/locks/advisories.json"]}), Vec::new());
    let files = control(&html, "field-files");
    assert!(files.contains("type=\"file\"") && files.contains("multiple") && files.contains("name=\"files[files]\""), "{files}");
    assert!(files.contains("accept=\".json,.toml\"") && !files.contains("required"), "{files}");
    let ids = control(&html, "field-files-id");
    assert!(ids.starts_with("textarea") && ids.contains("name=\"input[files]\""), "{ids}");
    for said in
        ["At most 2,000 files.", "A form sends at most 100 at once", "The example has examples/locks/advisories.json of the repository."]
    {
        assert!(html.contains(said), "{said}: {html}");
    }
}

#[test]
fn a_list_of_objects_has_rows_of_which_none_is_demanded() {
    let values = json!({"tables": [{"name": "first", "artifact": "examples/tables/iris.csv"}, {"name": "second"}]});
    let html = html(&lists(), &json!(["tables"]), values, Vec::new());
    for (row, name) in [(0, "value=\"first\""), (1, "value=\"second\""), (2, "name=\"input[tables/2/name]\"")] {
        let line = control(&html, &format!("field-tables/{row}/name"));
        assert!(
            line.contains(name) && line.contains(&format!("name=\"input[tables/{row}/name]\"")) && !line.contains("required"),
            "{line}"
        );
        let file = control(&html, &format!("field-tables/{row}/artifact"));
        assert!(file.contains(&format!("name=\"file[tables/{row}/artifact]\"")) && !file.contains("multiple"), "{file}");
        assert!(html.contains(&format!("Table {}", row + 1)), "{html}");
    }
    assert!(control(&html, "field-tables/3/name").is_empty());
    let open: Vec<bool> = (0..3).map(|row| is_open(&html, &format!("row-tables/{row}"))).collect();
    assert_eq!((open, is_open(&html, "json-tables")), (vec![true, true, false], false));
    assert!(html.contains("The example is examples/tables/iris.csv of the repository."), "{html}");
}

#[test]
fn what_no_row_holds_stands_as_json() {
    let html = html(&lists(), &json!([]), json!({"tables": [{"name": "a", "more": 1}]}), Vec::new());
    assert!(is_open(&html, "json-tables") && control(&html, "field-tables").contains("name=\"input[tables]\""), "{html}");
    assert!(html.contains("&quot;more&quot;: 1") || html.contains("\"more\": 1"), "{html}");
    assert!(!control(&html, "field-tables/0/name").contains("value="), "{html}");
}

#[test]
fn an_error_in_a_row_stands_there_and_opens_it() {
    let error = |field: &str| FieldError { field: field.to_owned(), message: format!("Wrong at {field}.") };
    let errors = vec![error("/input/tables/1/artifact"), error("/input/files/3"), error("/input/tables")];
    let html = html(&lists(), &json!([]), Value::Null, errors);
    assert!(control(&html, "field-tables/1/artifact").contains("aria-invalid=\"true\""), "{html}");
    assert!(control(&html, "field-files").contains("aria-invalid=\"true\""), "what is wrong in a list stands at the list: {html}");
    assert!(!control(&html, "field-tables/0/artifact").contains("aria-invalid="), "{html}");
    assert!(is_open(&html, "row-tables/1") && !is_open(&html, "row-tables/2"), "{html}");
    let fieldset = control(&html, "rows-tables");
    assert!(fieldset.starts_with("fieldset") && fieldset.contains("field-1-error"), "{fieldset}");
    assert_eq!(html.matches("Wrong at ").count(), 3, "{html}");
}

#[test]
fn every_label_of_a_row_has_its_control() {
    let html = html(&lists(), &json!([]), Value::Null, Vec::new());
    for reference in ["for=\"", "aria-describedby=\""] {
        for id in html.split(reference).skip(1).filter_map(|rest| rest.split('"').next()) {
            assert_eq!(html.matches(&format!(" id=\"{id}\"")).count(), 1, "{id}");
        }
    }
}
