//! How is a result drawn that has no view of its own? As the skill's output schema says, part by part.
//!
//! What the schema does not say is drawn by its shape: numbers and texts as facts, objects as parts of their own, lists of flat
//! objects as tables. Its hints are `title`, `x-order`, and `x-render`: `table`, `chart`, `markdown`, `code`, `text`, `share`, `signed`,
//! `tags`, `artifact`, `image`, `findings`, `json`.

use leptos::prelude::*;
use serde_json::{Map, Value};

use super::bar::{balance, bar};
use super::facts::{heading, remark};
use super::table::{MAXIMUM_ROWS, NUMBER, ROW, TEXT};
use crate::components::chart::Chart;
use crate::components::json_tree::JsonTree;
use crate::components::markdown::Markdown;
use crate::format;

/// How deep parts lie within parts; what lies deeper is shown as JSON.
const DEEPEST: usize = 4;
/// The most columns of one table.
const MAXIMUM_COLUMNS: usize = 40;
/// The most charts of one list.
const MAXIMUM_CHARTS: usize = 12;
/// The most tags of one list.
const MAXIMUM_TAGS: usize = 200;
/// The longest text in a cell, in characters.
const CELL: usize = 300;

/// A result by its schema; none if it is no object.
pub(super) fn view(result: &Value, schema: &Value) -> Option<AnyView> {
    Some(object(result.as_object()?, schema, 0))
}

/// The members in the order of the schema, with their schemas: first those that it orders, then the others as they come.
fn members<'v>(value: &'v Map<String, Value>, schema: &'v Value) -> Vec<(&'v str, &'v Value, &'v Value)> {
    let of = |name: &str| &schema["properties"][name];
    let mut members: Vec<_> =
        value.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value, of(name))).collect();
    members.sort_by_key(|(_, _, schema)| schema["x-order"].as_i64().unwrap_or(i64::MAX));
    members
}

/// The schema's title, else the name in plain words.
fn title(name: &str, schema: &Value) -> String {
    if let Some(title) = schema["title"].as_str() {
        return title.to_owned();
    }
    let words = name.replace('_', " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn hint(schema: &Value) -> &str {
    schema["x-render"].as_str().or(if schema["format"] == "artifact" { Some("artifact") } else { None }).unwrap_or_default()
}

fn object(value: &Map<String, Value>, schema: &Value, depth: usize) -> AnyView {
    let (plain, parts): (Vec<_>, Vec<_>) = members(value, schema).into_iter().partition(|(_, value, schema)| {
        let simple =
            value.is_number() || value.is_boolean() || value.as_str().is_some_and(|text| text.len() <= CELL && !text.contains('\n'));
        simple && matches!(hint(schema), "" | "share" | "signed" | "artifact")
    });
    let pairs: Vec<_> = plain.into_iter().map(|(name, value, schema)| fact(title(name, schema), value, hint(schema))).collect();
    let pairs = (!pairs.is_empty()).then(|| view! { <dl class="flex flex-wrap gap-x-8 gap-y-2">{pairs}</dl> });
    let parts: Vec<_> = parts.into_iter().map(|(name, value, schema)| part(title(name, schema), value, schema, depth)).collect();
    view! {
        {pairs}
        {parts}
    }
    .into_any()
}

fn fact(name: String, value: &Value, hint: &str) -> AnyView {
    let number = value.as_f64().unwrap_or_default();
    let drawn = match hint {
        "share" => Some(bar(number, "text-accent")),
        "signed" => Some(balance(number, if number < 0.0 { "text-danger" } else { "text-success" })),
        _ => None,
    };
    let shown = match (hint, value.as_str()) {
        ("artifact", Some(id)) => link(id, "Open".to_owned()),
        _ => view! { <span>{text(value)}</span> }.into_any(),
    };
    view! {
        <div class="min-w-0">
            <dt class="text-12 text-muted">{name}</dt>
            <dd class="font-mono text-13 tabular-nums break-words">{shown} {drawn}</dd>
        </div>
    }
    .into_any()
}

fn part(title: String, value: &Value, schema: &Value, depth: usize) -> AnyView {
    let about = schema["description"].as_str().map(|about| remark(about.to_owned()));
    let body = body(&title, value, schema, depth);
    view! {
        <section class="grid min-w-0 gap-2" data-testid="part">
            {heading(title)}
            {about}
            {body}
        </section>
    }
    .into_any()
}

fn body(title: &str, value: &Value, schema: &Value, depth: usize) -> AnyView {
    let as_it_is = || view! { <JsonTree value=value.clone()/> }.into_any();
    match (hint(schema), value) {
        ("json", _) => as_it_is(),
        ("chart", Value::Array(charts)) => {
            let charts: Vec<_> = charts.iter().take(MAXIMUM_CHARTS).map(|chart| drawn(title, chart)).collect();
            view! { <div class="grid min-w-0 gap-5 xl:grid-cols-2">{charts}</div> }.into_any()
        }
        ("chart", chart) => drawn(title, chart),
        ("image", Value::String(id)) => {
            let source = format!("/api/v1/artifacts/{id}/content");
            let label = title.to_owned();
            view! { <img class="max-w-full rounded-card border border-line" src=source alt=label loading="lazy"/> }.into_any()
        }
        ("artifact", Value::String(id)) => link(id, title.to_owned()),
        ("tags", Value::Array(tags)) => {
            let all = tags.len();
            let tags: Vec<_> = tags.iter().take(MAXIMUM_TAGS).map(|tag| view! { <li class="rounded-control bg-sunken px-2 py-0.5 text-12">{text(tag)}</li> }).collect();
            let rest = (all > MAXIMUM_TAGS).then(|| remark(format!("The first {MAXIMUM_TAGS} of {all}.")));
            view! { <ul class="flex flex-wrap gap-1.5">{tags}</ul> {rest} }.into_any()
        }
        ("code", Value::String(code)) => {
            view! { <pre class="max-h-[32rem] overflow-auto rounded-card border border-line bg-sunken p-3 font-mono text-12" tabindex="0">{code.clone()}</pre> }.into_any()
        }
        ("markdown", Value::String(prose)) => view! { <Markdown text=prose.clone()/> }.into_any(),
        ("findings", Value::Array(findings)) if !findings.is_empty() => found(findings),
        (_, Value::String(prose)) => view! { <p class="max-w-[75ch] text-14 whitespace-pre-wrap break-words">{prose.clone()}</p> }.into_any(),
        ("table", Value::Object(table)) => grid(title, table).unwrap_or_else(as_it_is),
        (_, Value::Array(rows)) if rows.is_empty() => remark("None.".to_owned()),
        (_, Value::Array(rows)) if rows.iter().all(Value::is_object) => listed(title, rows, &schema["items"]),
        (_, Value::Array(items)) if items.iter().all(|item| !item.is_object() && !item.is_array()) => {
            let all = items.len();
            let items: Vec<_> = items.iter().take(MAXIMUM_ROWS).map(|item| view! { <li>{text(item)}</li> }).collect();
            let rest = (all > MAXIMUM_ROWS).then(|| remark(format!("The first {MAXIMUM_ROWS} of {all}.")));
            view! { <ul class="grid list-disc gap-1 pl-5 text-13">{items}</ul> {rest} }.into_any()
        }
        (_, Value::Object(members)) if depth < DEEPEST => {
            let inner = object(members, schema, depth + 1);
            view! { <div class="grid min-w-0 gap-3 border-l-2 border-line pl-3">{inner}</div> }.into_any()
        }
        _ => as_it_is(),
    }
}

/// What was found, each with where and what to do, the worst as the skill orders them.
fn found(findings: &[Value]) -> AnyView {
    let of = |finding: &Value, name: &str| finding[name].as_str().map(str::to_owned);
    let items: Vec<_> = findings
        .iter()
        .take(MAXIMUM_ROWS)
        .map(|finding| {
            let severity = of(finding, "severity").unwrap_or_else(|| "note".to_owned());
            let tone = match severity.as_str() {
                "error" | "critical" | "high" => "text-danger",
                "warning" | "medium" => "text-warning",
                _ => "text-soft",
            };
            // A skill that read one file alone does not name it with every finding.
            let place = match (of(finding, "file"), finding["line"].as_u64()) {
                (Some(file), Some(line)) => format!("{file}:{line}"),
                (None, Some(line)) => format!("line {line}"),
                (file, None) => file.unwrap_or_default(),
            };
            let confidence = of(finding, "confidence").map(|known| format!("{known} confidence"));
            let weakness = match &finding["cwe"] {
                Value::Array(known) => known.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
                other => other.as_str().unwrap_or_default().to_owned(),
            };
            let rule = [of(finding, "rule"), of(finding, "title"), Some(weakness), confidence];
            let rule = rule.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
            view! {
                <li class="grid gap-1 border-t border-line px-3 py-2 first:border-t-0" data-testid="finding">
                    <p class="text-14">
                        <span class=format!("font-medium {tone}")>{severity}</span>
                        " "
                        {of(finding, "message")}
                    </p>
                    <p class="font-mono text-12 text-muted break-words">{place} " " {rule}</p>
                    {of(finding, "snippet").filter(|code| !code.is_empty()).map(|code| view! { <pre class="overflow-x-auto rounded-control bg-sunken px-2 py-1 font-mono text-12" tabindex="0">{code}</pre> })}
                    {of(finding, "advice").map(|advice| view! { <p class="text-13 text-soft">{advice}</p> })}
                </li>
            }
        })
        .collect();
    let rest = (findings.len() > MAXIMUM_ROWS).then(|| remark(format!("The first {MAXIMUM_ROWS} of {}.", findings.len())));
    view! {
        <ul class="min-w-0 rounded-card border border-line">{items}</ul>
        {rest}
    }
    .into_any()
}

fn drawn(title: &str, chart: &Value) -> AnyView {
    // A chart may come with its title beside its options.
    let mut options = chart.get("options").unwrap_or(chart).clone();
    // A legend below would lie upon the names of the axis.
    if let Some(legend) = options.get_mut("legend").and_then(Value::as_object_mut) {
        legend.remove("bottom");
        legend.insert("top".to_owned(), Value::from(0));
    }
    let label = chart["title"].as_str().unwrap_or(title).to_owned();
    view! { <Chart options=Signal::stored(options) label=label/> }.into_any()
}

fn link(id: &str, words: String) -> AnyView {
    let address = format!("/api/v1/artifacts/{id}/content");
    view! { <a class="text-accent underline" href=address rel="external" download="">{words}</a> }.into_any()
}

/// A value as one line of text.
fn text(value: &Value) -> String {
    let mut line = match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        Value::Number(number) => match (number.as_u64(), number.as_f64()) {
            (Some(whole), _) => format::count(whole),
            (None, Some(number)) => significant(number),
            (None, None) => number.to_string(),
        },
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if let Some((cut, _)) = line.char_indices().nth(CELL) {
        line.truncate(cut);
        line.push('…');
    }
    line
}

/// Six significant digits are what people read; the whole number stands in the JSON.
fn significant(number: f64) -> String {
    let size = number.abs();
    if number == 0.0 {
        "0".to_owned()
    } else if !(1e-4..1e12).contains(&size) {
        format!("{number:.5e}")
    } else {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 9")]
        let places = (5.0 - size.log10().floor()).clamp(0.0, 9.0) as usize;
        let text = format!("{number:.places$}");
        if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
    }
}

/// A table of objects: a column for each property that any of them has.
fn listed(label: &str, rows: &[Value], schema: &Value) -> AnyView {
    let mut columns: Vec<(&str, &Value)> = Vec::new();
    for row in rows.iter().take(MAXIMUM_ROWS) {
        for name in row.as_object().into_iter().flat_map(Map::keys) {
            if columns.len() < MAXIMUM_COLUMNS && !columns.iter().any(|(known, _)| known == name) {
                columns.push((name, &schema["properties"][name]));
            }
        }
    }
    columns.sort_by_key(|(_, schema)| schema["x-order"].as_i64().unwrap_or(i64::MAX));
    let is_number = |name: &str| rows.iter().find_map(|row| row.get(name).filter(|value| !value.is_null())).is_some_and(Value::is_number);
    let heads = columns.iter().map(|(name, schema)| (title(name, schema), is_number(name))).collect();
    let lines =
        rows.iter().take(MAXIMUM_ROWS).map(|row| columns.iter().map(|(name, schema)| cell(&row[*name], hint(schema))).collect()).collect();
    table(label, heads, lines, rows.len())
}

/// A table that is given as `columns` and `rows`.
fn grid(title: &str, value: &Map<String, Value>) -> Option<AnyView> {
    let names: Vec<String> = value
        .get("columns")?
        .as_array()?
        .iter()
        .take(MAXIMUM_COLUMNS)
        .map(|column| column["name"].as_str().map_or_else(|| text(column), str::to_owned))
        .collect();
    let rows = value.get("rows")?.as_array()?;
    let width = names.len();
    let is_number =
        |place: usize| rows.iter().find_map(|row| row.get(place).filter(|value| !value.is_null())).is_some_and(Value::is_number);
    let heads = names.into_iter().enumerate().map(|(place, name)| (name, is_number(place))).collect();
    let line = |row: &Value| (0..width).map(|place| cell(&row[place], "")).collect();
    let all = value.get("total_rows").and_then(Value::as_u64).and_then(|all| usize::try_from(all).ok()).unwrap_or(rows.len());
    let lines = rows.iter().take(MAXIMUM_ROWS).map(line).collect();
    Some(table(title, heads, lines, all.max(rows.len())))
}

fn cell(value: &Value, hint: &str) -> AnyView {
    match (hint, value) {
        ("artifact" | "image", Value::String(id)) => view! { <td class=TEXT>{link(id, "Open".to_owned())}</td> }.into_any(),
        ("share", Value::Number(number)) => {
            let share = number.as_f64().unwrap_or_default();
            view! { <td class=NUMBER>{text(value)} {bar(share, "text-accent")}</td> }.into_any()
        }
        (_, Value::Number(_)) => view! { <td class=NUMBER>{text(value)}</td> }.into_any(),
        _ => view! { <td class=TEXT>{text(value)}</td> }.into_any(),
    }
}

fn table(label: &str, heads: Vec<(String, bool)>, lines: Vec<Vec<AnyView>>, all: usize) -> AnyView {
    let shown = lines.len();
    let heads: Vec<_> = heads
        .into_iter()
        .map(|(head, is_number)| {
            let class = if is_number {
                "px-3 py-2 text-right font-medium whitespace-nowrap"
            } else {
                "px-3 py-2 text-left font-medium whitespace-nowrap"
            };
            view! { <th scope="col" class=class>{head}</th> }
        })
        .collect();
    let lines: Vec<_> = lines.into_iter().map(|cells| view! { <tr class=ROW>{cells}</tr> }).collect();
    let rest = (all > shown)
        .then(|| view! { <p class="border-t border-line px-3 py-2 text-12 text-muted">{format!("The first {shown} of {all}.")}</p> });
    view! {
        <div class="min-w-0 overflow-x-auto rounded-card border border-line" role="region" aria-label=label.to_owned() tabindex="0">
            <table class="w-full border-collapse text-13">
                <caption class="sr-only">{label.to_owned()}</caption>
                <thead class="bg-sunken text-12 text-soft">
                    <tr>{heads}</tr>
                </thead>
                <tbody>{lines}</tbody>
            </table>
            {rest}
        </div>
    }
    .into_any()
}
