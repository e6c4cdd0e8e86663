//! What `documentation.report` takes and gives.

use baton_agents_runtime::protocol::MAXIMUM_POINTER_BYTES;
use baton_domain::agent::{Family, Isolation, Limits, Needs, Skill};
use baton_domain::task::RetryPolicy;
use serde_json::{Value, json};

use crate::pdf::MAXIMUM_PAGES;
use crate::report::{MAXIMUM_SECTIONS, MAXIMUM_SOURCES, MAXIMUM_TABLE_ROWS};

/// The id of a task.
const TASK_ID: &str = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$";

pub(super) fn skill() -> Skill {
    Skill {
        name: super::REPORT.to_owned(),
        title: "Write a report".to_owned(),
        description: format!(
            "Puts texts, tables, charts, pictures and other tasks' results together, with a list of sources that texts cite, and writes them as \
             Markdown, as a web page that needs nothing else, and as a PDF of up to {MAXIMUM_PAGES} pages."
        ),
        family: Family::Documentation,
        input_schema: input(),
        output_schema: output(),
        examples: vec![quarter(), of_results()],
        result_kind: "structured".to_owned(),
        idempotent: true,
        destructive: false,
        isolation: Isolation::Process,
        checkpoints: false,
        limits: Limits { memory_bytes: 1 << 30, cpu_seconds: 120, ..Limits::default() },
        retry: RetryPolicy::default(),
        needs: Needs { cpu_millicores: 1_000, memory_mib: 256, model: None },
        model: None,
        network: false,
        version: "1.0.0".to_owned(),
    }
}

fn quarter() -> Value {
    json!({
        "title": "Support in the third quarter", "subtitle": "Tickets, answers, and what customers say", "authors": ["M. Laurent"], "date": "3 October 2026",
        "sections": [
            {"title": "Summary", "markdown": "Tickets rose by **12 %**, and the first answer came faster: 2.1 h instead of 3.4 h [@helpdesk].\n\n- One product causes half of the growth.\n- Customers are as content as before [@survey]."},
            {"title": "Tickets by month", "caption": "Tickets, by where they came from",
             "chart": {"legend": {}, "xAxis": {"type": "category", "data": ["Jul", "Aug", "Sep"]}, "yAxis": {"type": "value", "name": "Tickets"},
                       "series": [{"type": "bar", "name": "E-mail", "stack": "all", "data": [820, 790, 860]}, {"type": "bar", "name": "Chat", "stack": "all", "data": [310, 420, 505]}]}},
            {"title": "Causes", "table": {"columns": ["Cause", "Tickets", "Share"], "rows": [["Sign-in", 1310, "35 %"], ["Invoices", 890, "24 %"], ["Other", 1505, "41 %"]]}, "sources": ["helpdesk"]}
        ],
        "sources": [
            {"id": "helpdesk", "title": "Export of the help desk, July to September 2026", "url": "https://example.org/helpdesk"},
            {"id": "survey", "title": "Survey of customers, 412 answers", "note": "internal"}
        ]
    })
}

fn of_results() -> Value {
    json!({
        "title": "Penguins in numbers",
        "sections": [
            {"title": "The table", "table_artifact": "examples/tables/penguins.csv", "columns": ["species", "island", "body_mass_g"], "caption": "From the file"},
            {"title": "What a profile found", "result": {
                "rows": 344, "notes": ["body_mass_g lacks 2 values"],
                "columns": [{"name": "species", "type": "text", "distinct": 3}, {"name": "body_mass_g", "type": "integer", "mean": 4201.754}]
            }, "sources": ["profile"]}
        ],
        "sources": [{"id": "profile", "title": "Profile of penguins.csv", "note": "data_science.profile"}],
        "formats": ["html", "pdf"]
    })
}

fn input() -> Value {
    let text = |title: &str, maximum: u32, order: u32| json!({"type": "string", "maxLength": maximum, "title": title, "x-order": order});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Write a report",
        "type": "object",
        "properties": {
            "title": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Title", "x-order": 1, "x-title": true},
            "subtitle": text("Subtitle", 300, 2),
            "authors": {"type": "array", "maxItems": 20, "items": {"type": "string", "maxLength": 100}, "title": "Authors", "x-order": 3},
            "date": {"type": "string", "maxLength": 60, "title": "Date", "x-order": 4, "description": "As it is to be written."},
            "sections": {
                "type": "array", "minItems": 1, "maxItems": MAXIMUM_SECTIONS, "title": "Sections", "x-order": 5,
                "items": section()
            },
            "sources": {
                "type": "array", "maxItems": MAXIMUM_SOURCES, "title": "Sources", "x-order": 6,
                "items": {
                    "type": "object", "title": "Source",
                    "properties": {
                        "id": {"type": "string", "pattern": "^[\\p{L}\\p{N}_.:-]+$", "maxLength": 100, "title": "Id", "description": "By which texts cite it."},
                        "title": {"type": "string", "minLength": 1, "maxLength": 300, "title": "Title"},
                        "url": {"type": "string", "maxLength": 2_000, "title": "Address"},
                        "task": {"type": "string", "pattern": TASK_ID, "title": "Task", "description": "The completed task whose result it is; who did it is looked up."},
                        "artifact": {"type": "string", "maxLength": 100, "title": "Artifact", "description": "The id of the artifact that it is."},
                        "note": {"type": "string", "maxLength": 300, "title": "Note"}
                    },
                    "required": ["id", "title"], "additionalProperties": false
                }
            },
            "language": {"type": "string", "pattern": "^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$", "default": "en", "title": "Language", "x-order": 7, "description": "Of the texts, as en or de-CH."},
            "formats": {
                "type": "array", "uniqueItems": true, "minItems": 1, "items": {"type": "string", "enum": ["markdown", "html", "pdf"]},
                "default": ["markdown", "html", "pdf"], "title": "Files", "x-order": 8
            },
            "site": {"type": "string", "maxLength": 300, "title": "Address of this installation", "x-order": 9,
                "description": "Links to tasks begin with it, as https://baton.example.org. Without it they lead nowhere from a file."}
        },
        "required": ["title", "sections"],
        "additionalProperties": false
    })
}

fn section() -> Value {
    json!({
        "type": "object", "title": "Section",
        "properties": {
            "title": {"type": "string", "minLength": 1, "maxLength": 200, "title": "Title", "x-order": 1},
            "markdown": {"type": "string", "maxLength": 200_000, "x-multiline": true, "title": "Text", "x-order": 2, "description": "Markdown; [@id] cites a source, or the task of a section."},
            "table": {
                "type": "object", "title": "Table", "x-order": 3, "required": ["columns", "rows"], "additionalProperties": false,
                "properties": {
                    "columns": {"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "maxLength": 200}, "title": "Columns"},
                    "rows": {"type": "array", "maxItems": 10_000, "items": {"type": "array"}, "title": "Rows"}
                }
            },
            "table_artifact": {"type": "string", "format": "artifact", "x-accept": ".csv,.tsv,text/csv", "title": "Table file", "x-order": 4,
                "description": format!("A CSV file with a header, at most 16 MB; {MAXIMUM_TABLE_ROWS} rows of it are shown.")},
            "columns": {"type": "array", "maxItems": 100, "items": {"type": "string", "maxLength": 200}, "title": "Columns of the file", "x-order": 5, "description": "All of them when absent."},
            "chart": {"type": "object", "title": "Chart", "x-order": 6, "description": "ECharts options: line, bar, scatter, pie, heatmap or boxplot series."},
            "image": {"type": "string", "format": "artifact", "x-accept": ".png,.jpg,.jpeg,.gif,.webp,.svg,image/*", "title": "Picture", "x-order": 7},
            "result": {"title": "Result as JSON", "x-order": 8, "description": "Any JSON: single values become facts, lists of objects tables, charts charts."},
            "task": {"type": "string", "pattern": TASK_ID, "title": "Task", "x-order": 9,
                "description": "The id of a completed task: what it came to is shown and cited. Name it in depends_on if it may not have ended by then."},
            "pointer": {"type": "string", "pattern": "^(/.*)?$", "maxLength": MAXIMUM_POINTER_BYTES, "title": "Part of its result", "x-order": 10,
                "description": "As a JSON pointer, like /columns or /charts/0; all of it when absent. The id of a picture or of a table shows its file."},
            "caption": {"type": "string", "maxLength": 500, "title": "Caption", "x-order": 11, "description": "Of the table, the chart or the picture."},
            "sources": {"type": "array", "maxItems": 50, "items": {"type": "string", "maxLength": 100}, "title": "Sources", "x-order": 12, "description": "Ids of the sources that the section stands on."}
        },
        "required": ["title"], "additionalProperties": false
    })
}

fn output() -> Value {
    let count = |title: &str, order: u32| json!({"type": "integer", "minimum": 0, "title": title, "x-order": order});
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A report",
        "type": "object",
        "properties": {
            "markdown": {"type": "string", "x-render": "markdown", "title": "Report", "x-order": 1},
            "pdf_artifact": super::written("PDF", 2),
            "html_artifact": super::written("Web page", 3),
            "artifact": super::written("Markdown", 4),
            "pictures": {"type": "array", "items": super::written("Picture", 1), "title": "Pictures of the Markdown", "x-order": 5},
            "sections": count("Sections", 6),
            "tables": count("Tables", 7),
            "charts": count("Charts", 8),
            "pages": count("Pages of the PDF", 9),
            "sources": {
                "type": "array", "title": "Sources", "x-order": 10, "x-render": "table",
                "items": {
                    "type": "object", "required": ["number", "title", "place"], "additionalProperties": false,
                    "properties": {"number": count("Number", 1), "title": {"type": "string", "title": "Title", "x-order": 2}, "place": {"type": "string", "title": "Where", "x-order": 3}, "task": {"type": "string", "title": "Task", "x-order": 4}}
                }
            },
            "notes": {"type": "array", "items": {"type": "string"}, "title": "Notes", "x-order": 11}
        },
        "required": ["markdown", "sections", "tables", "charts", "sources", "notes"],
        "additionalProperties": false
    })
}
