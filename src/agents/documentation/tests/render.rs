//! Does `documentation.render` fill templates as Jinja does, escape for the format, and stop what does not end?
use std::sync::Arc;

use crate::harness::{Ended, Setting, perform, run_in, skill_of};
use baton_agents_documentation::{Documentation, RENDER};
use baton_agents_runtime::Agent;
use serde_json::{Value, json};

fn render(input: Value) -> Ended {
    perform(Documentation::default(), RENDER, input)
}

fn markdown(template: &str, data: Value) -> String {
    render(json!({"template": template, "data": data})).value()["markdown"].as_str().unwrap().to_owned()
}

#[test]
fn every_example_works_as_it_stands() {
    for example in skill_of(&Documentation::default(), RENDER).examples {
        let ended = render(example.clone());
        assert!(ended.result.is_ok(), "{}: {}", example["gallery"], ended.message());
        assert!(ended.stored.iter().all(|(_, _, bytes)| !bytes.is_empty()));
    }
}

#[test]
fn every_template_of_the_gallery_shows_all_of_its_example() {
    let schema = skill_of(&Documentation::default(), RENDER).input_schema;
    let names = schema["properties"]["gallery"]["enum"].as_array().unwrap().clone();
    assert!(names.len() >= 10);
    for name in names {
        let about = std::fs::read(format!("{}/gallery/{}.json", env!("CARGO_MANIFEST_DIR"), name.as_str().unwrap())).unwrap();
        let about: Value = serde_json::from_slice(&about).unwrap();
        let ended = render(json!({"gallery": name, "data": about["example"]}));
        let text = String::from_utf8(ended.stored.first().unwrap_or_else(|| panic!("{name}: {:?}", ended.result)).2.clone()).unwrap();
        let value = ended.value();
        assert_eq!(value["characters"].as_u64().unwrap() as usize, text.chars().count(), "{name}");
        // Each word of each text of the data is somewhere in the document.
        let plain: String = text.replace(['\\', '*', '`'], "").replace("&amp;", "&").to_lowercase();
        for word in words(&about["example"]) {
            assert!(plain.contains(&word.to_lowercase()), "{name}: {word:?} is missing in\n{text}");
        }
        assert!(!text.contains("\n\n\n\n"), "{name} leaves holes:\n{text}");
    }
}

/// The words of all texts but dates, which are written otherwise.
fn words(value: &Value) -> Vec<String> {
    match value {
        Value::String(text) if text.len() >= 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-' => vec![],
        Value::String(text) => text.replace(['*', '`'], "").split_whitespace().map(str::to_owned).collect(),
        Value::Array(items) => items.iter().flat_map(words).collect(),
        Value::Object(parts) => parts.values().flat_map(words).collect(),
        _ => vec![],
    }
}

#[test]
fn a_template_of_the_gallery_names_the_fields_that_its_data_lacks() {
    let ended = render(json!({"gallery": "invoice", "data": {"number": "1", "date": "yesterday", "currency": "EUR"}}));
    assert_eq!(ended.code(), "DOC-004");
    assert!(ended.message().contains("from") && ended.message().contains("/date"), "{}", ended.message());
}

#[test]
fn the_sums_of_an_invoice_are_right() {
    let data = json!({
        "number": "7", "date": "2026-01-31", "currency": "CHF", "from": {"name": "A"}, "to": {"name": "B"}, "tax_rate": 0.081,
        "items": [{"description": "one | two", "quantity": 3, "price": 19.9}, {"description": "x", "quantity": 1, "price": 0.3}]
    });
    let text = render(json!({"gallery": "invoice", "data": data})).value()["markdown"].as_str().unwrap().to_owned();
    // 60.00 net, 4.86 tax.
    assert!(text.contains("| 60.00 |") && text.contains("| 4.86 |") && text.contains("**64.86 CHF**"), "{text}");
    assert!(text.contains("one \\| two"), "{text}");
}

#[test]
fn data_is_escaped_for_the_format() {
    let data = json!({"x": "<b>*bold*</b> [a](javascript:x)"});
    assert_eq!(markdown("{{ x }}", data.clone()), "\\<b\\>\\*bold\\*\\</b\\> \\[a\\](javascript:x)");
    let html = render(json!({"template": "<p>{{ x }}</p>{{ x | markdown }}", "format": "html", "data": data})).value();
    let html = html["html"].as_str().unwrap();
    assert!(html.starts_with("<p>&lt;b&gt;*bold*&lt;&#x2f;b&gt;"), "{html}");
    assert!(html.contains("<em>bold</em>") && !html.contains("<b>") && !html.contains("href"), "{html}");
    let text = render(json!({"template": "{{ x }}", "format": "text", "data": {"x": "<&*>"}})).value();
    assert_eq!(text["text"], "<&*>");
}

#[test]
fn what_never_ends_ends_in_a_coded_failure() {
    let doubling = "{% set ns = namespace(x='ab') %}{% for i in range(60) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}{{ ns.x | length }}";
    let loops = "{% for a in range(99999) %}{% for b in range(99999) %}{% set c = a * b %}{% endfor %}{% endfor %}";
    let macros = "{% macro again(n) %}{{ again(n + 1) }}{% endmacro %}{{ again(0) }}";
    let writes = "{% for a in range(90000) %}0123456789012345678901234567890123456789012345678901234567890123456789{% endfor %}";
    for template in
        [doubling, loops, macros, writes, "{{ 'x' * 1000000000 }}", "{{ range(99999) | map('string') | join(range(9999) | join) }}"]
    {
        let ended = render(json!({"template": template}));
        assert!(matches!(ended.code(), "DOC-003" | "DOC-002"), "{template}: {} {}", ended.code(), ended.message());
        assert!(!ended.message().is_empty());
    }
    for (name, part) in [("a", "{% include 'a' %}"), ("b", "{% extends 'b' %}"), ("c", "{% import 'c' as c %}")] {
        let ended = render(json!({"template": format!("{{% include '{name}' %}}"), "partials": {name: part}}));
        assert!(matches!(ended.code(), "DOC-003" | "DOC-002" | "DOC-001"), "{name}: {} {}", ended.code(), ended.message());
    }
    let ended = render(json!({"template": "{% include 'self' %}", "partials": {"self": "x{% include 'self' %}"}}));
    assert_eq!(ended.code(), "DOC-003");
}

#[test]
fn deep_nesting_is_refused_and_does_not_crash() {
    for template in [
        format!("{}1{}", "{% if 1 %}".repeat(9_000), "{% endif %}".repeat(9_000)),
        format!("{{{{ {}1{} }}}}", "(".repeat(50_000), ")".repeat(50_000)),
        format!("{{{{ {}1 }}}}", "not ".repeat(40_000)),
        format!("{{{{ 1{} }}}}", "|abs".repeat(40_000)),
        format!("{{{{ {}1 }}}}", "1 ~ ".repeat(1_400)),
        "{{ 1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1~1 }}".repeat(2_800),
        format!("{{{{ '}}}}'~{}1 }}}}", "1~".repeat(99_000)),
        format!("{{{{ {}1 }}}}", "1~".repeat(99_000)),
        format!("{{{{ {}a }}}}", "a+".repeat(99_000)),
        format!("{{{{ {}'b' }}}}", "'b'+".repeat(40_000)),
        format!("{{{{ {}1 }}}}", "1<".repeat(99_000)),
        format!("{{{{ {}1 }}}}", "1 and ".repeat(33_000)),
        format!("{{{{ a{} }}}}", ".a".repeat(99_000)),
        format!("{{{{ a{} }}}}", "[0]".repeat(66_000)),
        format!("{{{{ {}1 }}}}", "1 if 1 else ".repeat(16_000)),
        format!("{{% if 0 %}}{}{{% endif %}}", "{% elif 0 %}".repeat(16_000)),
        format!("{{{{ {} }}}}", "[".repeat(190_000)),
    ] {
        let ended = render(json!({"template": template}));
        if let Err(failure) = &ended.result {
            assert!(failure.message.len() < 2_000);
            assert!(failure.code.starts_with("DOC-"), "{}: {}", failure.code, failure.message);
        }
    }
}

#[test]
fn mistakes_name_their_line() {
    for (template, code, says) in [
        ("a\n{% if x %}\n", "DOC-001", "line 2"),
        ("a\nb {{ x | nofilter }}", "DOC-001", "nofilter"),
        ("a\n{{ missing }}", "DOC-002", "line 2"),
        ("{% include 'gone' %}", "DOC-001", "partials"),
        ("{{ x.y.z }}", "DOC-002", "line 1"),
        ("{{ 'soon' | date }}", "DOC-002", "2026-05-03"),
        ("{{ 'many' | number }}", "DOC-002", "no number"),
    ] {
        let ended = render(json!({"template": template, "data": {"x": {}}}));
        assert_eq!(ended.code(), code, "{template}: {}", ended.message());
        assert!(ended.message().contains(says), "{template}: {}", ended.message());
    }
    let empty = render(json!({"template": "[{{ missing }}{{ a.b }}]", "missing": "empty", "data": {"a": 1}}));
    assert_eq!(empty.value()["markdown"], "[]");
}

#[test]
fn templates_reach_no_file_and_no_environment() {
    for name in ["/etc/passwd", "../Cargo.toml", "invoice"] {
        assert_eq!(render(json!({"template": format!("{{% include '{name}' %}}")})).code(), "DOC-001");
    }
    assert_eq!(render(json!({"template": "{{ env }}"})).code(), "DOC-002");
}

#[test]
fn files_are_read_and_their_names_say_the_format() {
    let folder = tempfile::tempdir().unwrap();
    let mut setting = Setting::default();
    let template = setting.file(folder.path(), "page.html.j2", "\u{feff}<i>{{ items | length }}</i>".as_bytes());
    let data = setting.file(folder.path(), "data.json", b"[1, 2, 3]");
    let ended = run_in(setting, Arc::new(Documentation::default()), RENDER, json!({"template_artifact": template, "data_artifact": data}));
    let stored = ended.stored[0].clone();
    assert_eq!(ended.value()["html"], "<i>3</i>");
    assert_eq!((stored.0.as_str(), stored.1.as_str()), ("page.html.j2.html", "text/html; charset=utf-8"));

    for (content, code) in [(&b"\xff\xfe{"[..], "DATA-002"), (b"{\"a\": ", "DOC-004"), (b"7", "DOC-004")] {
        let mut setting = Setting::default();
        let data = setting.file(folder.path(), "data.json", content);
        let input = json!({"template": "x", "data_artifact": data});
        assert_eq!(run_in(setting, Arc::new(Documentation::default()), RENDER, input).code(), code);
    }
}

#[test]
fn one_template_is_wanted() {
    assert_eq!(render(json!({"data": {}})).code(), "TASK-003");
    assert_eq!(render(json!({"template": "a", "gallery": "invoice"})).code(), "TASK-003");
    assert_eq!(render(json!({"template": "a", "format": "text", "files": ["html"]})).code(), "TASK-003");
}

#[test]
fn schemas_are_valid_and_cards_are_whole() {
    for skill in Documentation::default().card().skills {
        for schema in [&skill.input_schema, &skill.output_schema] {
            jsonschema::meta::validate(schema).unwrap_or_else(|error| panic!("{}: {error}", skill.name));
            for (name, property) in schema["properties"].as_object().unwrap() {
                assert!(property["title"].is_string() && property["x-order"].is_u64(), "{}: {name}", skill.name);
            }
        }
        assert!(!skill.examples.is_empty() && skill.result_kind == "structured", "{}", skill.name);
    }
}
