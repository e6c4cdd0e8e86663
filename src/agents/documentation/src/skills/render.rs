//! What `documentation.render` takes and gives.

use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::gallery;
use crate::limits::{MAXIMUM_OUTPUT_BYTES, MAXIMUM_PARTIALS, MAXIMUM_TEMPLATE_CHARACTERS};

pub(super) fn skill() -> Skill {
    let mut examples = vec![
        json!({
            "template": "# {{ title }}\n\n{% for item in items %}\n- {{ item.name }}: {{ item.price | money(\"EUR\") }}\n{% endfor %}\n",
            "data": {"title": "Price list", "items": [{"name": "Desk", "price": 249}, {"name": "Lamp *new*", "price": 1039.5}]}
        }),
        json!({
            "template": "<h1>{{ title }}</h1>\n{{ rows | table }}\n", "format": "html",
            "data": {"title": "Servers <live>", "rows": [{"name": "a1", "load": 0.4}, {"name": "a2", "load": 0.7}]}
        }),
    ];
    examples.extend(["incident_report", "invoice", "release_notes"].iter().filter_map(|name| {
        let entry = gallery::find(name)?;
        Some(json!({"gallery": name, "data": entry.example, "files": ["html", "pdf"]}))
    }));
    Skill {
        name: super::RENDER.to_owned(),
        title: "Fill a template".to_owned(),
        description: format!(
            "Fills a Jinja template with data: a template of the gallery, one in the input, or a file. Data is escaped for the format. Markdown \
             also becomes a web page and a PDF. Up to {} MB of text; a template that runs too long is stopped.",
            MAXIMUM_OUTPUT_BYTES >> 20
        ),
        family: Family::Documentation,
        input_schema: input(),
        output_schema: output(),
        examples,
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
        version: "1.0.0".to_owned(),
    }
}

fn input() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Fill a template",
        "description": "Give one of `gallery`, `template` and `template_artifact`; and the data as `data` or as a JSON file.",
        "type": "object",
        "properties": {
            "gallery": {
                "type": "string", "enum": gallery::names(), "x-labels": gallery::titles(), "title": "Template of the gallery", "x-order": 1,
                "description": format!("A template that comes with Baton.\n\n{}", gallery::described())
            },
            "template": {
                "type": "string", "minLength": 1, "maxLength": MAXIMUM_TEMPLATE_CHARACTERS, "x-multiline": true, "title": "Template", "x-order": 2,
                "description": "A template in Jinja's language: {{ name }}, {% for item in items %}…{% endfor %}, {% if … %}, filters. With it come the filters \
                                date, number, money, percent, markdown (a value that is Markdown itself), line, url and table."
            },
            "template_artifact": {
                "type": "string", "format": "artifact", "x-accept": ".j2,.jinja,.md,.txt,.html,text/plain,text/markdown,text/html",
                "title": "Template file", "x-order": 3, "description": "A template as a file in UTF-8, at most 256 KB."
            },
            "data": {"type": "object", "title": "Data", "x-order": 4, "description": "What the template shows. For a template of the gallery it must fit its schema."},
            "data_artifact": {
                "type": "string", "format": "artifact", "x-accept": ".json,application/json", "title": "Data file", "x-order": 5,
                "description": "The data as a JSON file, at most 8 MB. An object is taken as it is, a list as `items`."
            },
            "format": {
                "type": "string", "enum": ["markdown", "html", "text"], "x-labels": ["Markdown", "HTML", "Plain text"], "title": "Format", "x-order": 6,
                "description": "What the template writes; data is escaped for it. Absent: the gallery's, or what the name of the template's file says, or Markdown."
            },
            "files": {
                "type": "array", "title": "Also as", "x-order": 7, "uniqueItems": true, "maxItems": 2, "items": {"type": "string", "enum": ["html", "pdf"]},
                "description": "Markdown also as a web page that needs nothing else, and as a PDF."
            },
            "missing": {
                "type": "string", "enum": ["fail", "empty"], "x-labels": ["Ends the task", "Is left empty"], "default": "fail", "title": "A value that the data lacks",
                "x-order": 8, "description": "What a variable without a value does."
            },
            "partials": {
                "type": "object", "title": "Parts", "x-order": 9, "maxProperties": MAXIMUM_PARTIALS,
                "propertyNames": {"minLength": 1, "maxLength": 100},
                "additionalProperties": {"type": "string", "maxLength": MAXIMUM_TEMPLATE_CHARACTERS},
                "description": "Templates by name, for include, import and extends."
            },
            "name": {
                "type": "string", "minLength": 1, "maxLength": 100, "title": "Name of the file", "x-order": 10,
                "description": "Without its ending. Absent: the template's name."
            }
        },
        "additionalProperties": false
    })
}

fn output() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A filled template",
        "type": "object",
        "properties": {
            "markdown": {"type": "string", "x-render": "markdown", "title": "Document", "x-order": 1, "description": "The text, if it is Markdown."},
            "text": {"type": "string", "x-render": "text", "title": "Text", "x-order": 2, "description": "The text, if it is plain."},
            "html": {"type": "string", "x-render": "code", "x-language": "html", "title": "Source", "x-order": 3, "description": "The text, if it is HTML."},
            "template": {"type": "string", "title": "Template", "x-order": 4},
            "format": {"type": "string", "enum": ["markdown", "html", "text"], "title": "Format", "x-order": 5},
            "characters": {"type": "integer", "minimum": 0, "title": "Characters", "x-order": 6},
            "artifact": super::written("File", 7),
            "html_artifact": super::written("Web page", 8),
            "pdf_artifact": super::written("PDF", 9),
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 10}
        },
        "required": ["template", "format", "characters", "artifact", "notes"],
        "additionalProperties": false
    })
}
