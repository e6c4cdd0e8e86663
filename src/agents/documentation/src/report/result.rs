//! How is another task's result shown, whatever it looks like?

use serde_json::{Map, Value};

use super::tables::{cell, of_objects, of_rows, words};
use super::{Part, Table, parts};
use crate::document::text_of;
use crate::template::escape_markdown;

/// Deeper objects are shown as JSON.
const DEPTH: u8 = 4;
/// The most items of a list.
const ITEMS: usize = 200;
/// The most characters of JSON.
const JSON: usize = 4_000;

/// Shows a result: single values as facts, lists of objects as tables, charts as charts, texts as paragraphs.
pub(super) fn show(value: &Value, level: u8, shown: &mut Vec<Part>, charts: &mut usize, notes: &mut Vec<String>) {
    match value {
        Value::Object(fields) => object(fields, level, shown, charts, notes),
        Value::Array(items) => list(items, "", level, shown, charts, notes),
        Value::Null => {}
        single => shown.push(Part::Markdown(escape_markdown(&text(single)))),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => cell(other),
    }
}

fn object(fields: &Map<String, Value>, level: u8, shown: &mut Vec<Part>, charts: &mut usize, notes: &mut Vec<String>) {
    if let Some(table) = named_rows(fields, notes) {
        shown.push(Part::Table(table));
        return;
    }
    if is_chart(fields) {
        add_chart(&Value::Object(fields.clone()), "", shown, charts, notes);
        return;
    }
    // A chart with its title beside it.
    if let Some(options) = fields.get("options").and_then(Value::as_object).filter(|options| is_chart(options)) {
        let title = fields.get("title").and_then(Value::as_str).unwrap_or_default();
        add_chart(&Value::Object(options.clone()), title, shown, charts, notes);
        return;
    }
    let facts: Vec<Vec<String>> = fields
        .iter()
        .filter(|(_, value)| !value.is_object() && !value.is_array() && !value.is_null() && !is_long(value))
        .map(|(name, value)| vec![words(name), cell(value)])
        .collect();
    if !facts.is_empty() {
        shown.push(Part::Table(Table { columns: vec![String::new(), String::new()], rows: facts, caption: String::new() }));
    }
    for (name, value) in fields {
        match value {
            Value::String(text) if is_long(value) => {
                heading(name, level, shown);
                shown.push(Part::Markdown(escape_markdown(text)));
            }
            Value::Array(items) if !items.is_empty() => list(items, name, level, shown, charts, notes),
            Value::Object(inner) if !inner.is_empty() => {
                if level >= DEPTH + 2 {
                    json(value, shown);
                } else {
                    heading(name, level, shown);
                    object(inner, level + 1, shown, charts, notes);
                }
            }
            _ => {}
        }
    }
}

fn list(items: &[Value], name: &str, level: u8, shown: &mut Vec<Part>, charts: &mut usize, notes: &mut Vec<String>) {
    let flat =
        |item: &Value| item.as_object().is_some_and(|fields| fields.values().all(|value| !value.is_object() && !holds_objects(value)));
    let charted = |item: &Value| {
        item.as_object().is_some_and(|fields| is_chart(fields) || fields.get("options").and_then(Value::as_object).is_some_and(is_chart))
    };
    if items.iter().all(charted) {
        items.iter().filter_map(Value::as_object).for_each(|item| object(item, level, shown, charts, notes));
        return;
    }
    if !name.is_empty() {
        heading(name, level, shown);
    }
    if items.iter().all(flat) {
        shown.push(Part::Table(of_objects(items, "", notes)));
    } else if items.iter().all(|item| !item.is_object() && !item.is_array()) {
        let rows: String = items.iter().take(ITEMS).map(|item| format!("- {}\n", escape_markdown(&cell(item)))).collect();
        shown.push(Part::Markdown(rows));
        if items.len() > ITEMS {
            notes.push(format!("The list {name:?} has {} items; the first {ITEMS} are shown.", items.len()));
        }
    } else if items.iter().all(Value::is_object) {
        // Objects with objects within: what is single in them makes the table.
        let single = |item: &Value| {
            let fields = item.as_object().into_iter().flatten().filter(|(_, value)| !value.is_object() && !value.is_array());
            Value::Object(fields.map(|(name, value)| (name.clone(), value.clone())).collect())
        };
        let rows: Vec<Value> = items.iter().map(single).collect();
        shown.push(Part::Table(of_objects(&rows, "", notes)));
    } else {
        json(&Value::Array(items.to_vec()), shown);
    }
}

fn holds_objects(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().any(|item| item.is_object() || item.is_array()))
}

fn is_chart(fields: &Map<String, Value>) -> bool {
    fields.get("series").is_some_and(Value::is_array) && !fields.contains_key("rows")
}

fn named_rows(fields: &Map<String, Value>, notes: &mut Vec<String>) -> Option<Table> {
    let columns: Vec<String> =
        fields.get("columns")?.as_array()?.iter().map(|name| name.as_str().map(str::to_owned)).collect::<Option<_>>()?;
    let rows: Vec<Vec<Value>> = fields.get("rows")?.as_array()?.iter().map(|row| row.as_array().cloned()).collect::<Option<_>>()?;
    Some(of_rows(&columns, &rows, "", notes))
}

fn add_chart(options: &Value, title: &str, shown: &mut Vec<Part>, charts: &mut usize, notes: &mut Vec<String>) {
    *charts += 1;
    match parts::chart_of(options, title, "result", *charts) {
        Ok(part) => shown.push(part),
        // A result is shown as far as it can be; its author does not know of this report.
        Err(error) => notes.push(format!("A chart of a result is left out: {}", error.message)),
    }
}

fn is_long(value: &Value) -> bool {
    value.as_str().is_some_and(|text| text.len() > 120 || text.contains('\n'))
}

fn heading(name: &str, level: u8, shown: &mut Vec<Part>) {
    shown.push(Part::Heading { level: level.min(6), text: words(name) });
}

fn json(value: &Value, shown: &mut Vec<Part>) {
    let text = serde_json::to_string_pretty(value).unwrap_or_default();
    let cut = text.char_indices().nth(JSON).map_or(text.as_str(), |(end, _)| &text[..end]);
    shown.push(Part::Markdown(format!("````json\n{cut}\n````")));
}

/// Whether a heading says nothing new after another.
pub(super) fn same_words(first: &str, second: &str) -> bool {
    let plain = |text: &str| text_of(&crate::document::plain(text)).to_lowercase();
    plain(first) == plain(second)
}
