//! Does a value fit a JSON Schema? The words of draft 2020-12 that inputs of skills use; patterns and unknown formats are left to the check that
//! every task's input goes through.

use std::cell::Cell;
use std::collections::HashSet;
use std::str::FromStr;

use baton_domain::id::ArtifactId;
use serde_json::{Map, Value};

use crate::expression::{kind_of_value, type_of_schema};
use crate::problem::{below, similar};

const MAXIMUM_DEPTH: usize = 24;
/// The most comparisons of a value's parts with parts of its schema.
const MAXIMUM_COMPARISONS: usize = 2_000_000;

/// What of a value does not fit a JSON Schema: each with its path below `path`, and why.
#[must_use]
pub fn misfits(value: &Value, schema: &Value, path: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let root = Root { schema, left: Cell::new(MAXIMUM_COMPARISONS) };
    walk(value, schema, &root, path, 0, &mut found);
    if root.left.get() == 0 {
        // What was found or not until then says little: branches were given up.
        return vec![(path.to_owned(), format!("its schema takes more than {MAXIMUM_COMPARISONS} comparisons; simplify the schema"))];
    }
    found
}

/// The whole schema, and how many comparisons are left: schemas that refer to themselves in several branches would take longer than anybody waits.
struct Root<'a> {
    schema: &'a Value,
    left: Cell<usize>,
}

impl Root<'_> {
    /// Whether so many more comparisons may be made.
    fn may(&self, comparisons: usize) -> bool {
        self.left.set(self.left.get().saturating_sub(comparisons));
        self.left.get() > 0
    }
}

fn walk(value: &Value, schema: &Value, root: &Root<'_>, path: &str, depth: usize, found: &mut Vec<(String, String)>) {
    let Some(map) = schema.as_object().filter(|_| depth < MAXIMUM_DEPTH && found.len() < 20) else {
        return;
    };
    let words = |word: &str| map.get(word).and_then(Value::as_array).map_or(0, Vec::len);
    if !root.may(1 + words("enum") + words("required")) {
        return;
    }
    let mut wrong = |message: String| found.push((path.to_owned(), message));
    if let Some(target) = map.get("$ref").and_then(Value::as_str) {
        if let Some(target) = target.strip_prefix('#').and_then(|pointer| root.schema.pointer(pointer)) {
            walk(value, target, root, path, depth + 1, found);
        }
        return;
    }
    if let Some(only) = map.get("const").filter(|only| *only != value) {
        return wrong(format!("it is not {only}"));
    }
    if let Some(options) = map.get("enum").and_then(Value::as_array) {
        if !options.contains(value) {
            let named: Vec<String> = options.iter().take(20).map(Value::to_string).collect();
            let meant = value.as_str().and_then(|text| similar(text, options.iter().filter_map(Value::as_str)));
            let meant = meant.map_or_else(String::new, |meant| format!("; perhaps `{meant}` was meant"));
            wrong(format!("{value} is not one of {}{meant}", named.join(", ")));
        }
        return;
    }
    if map.contains_key("type")
        && let Some(why) = kind_of_value(value).misfit(&kinds_of(map))
    {
        return wrong(why);
    }
    match value {
        Value::Number(number) => range(number.as_f64().unwrap_or(f64::MAX), map, &mut wrong),
        Value::String(text) => {
            length(text.chars().count(), "minLength", "maxLength", "characters", map, &mut wrong);
            if map.get("format").and_then(Value::as_str) == Some("artifact") && ArtifactId::from_str(text).is_err() {
                wrong(format!("`{text}` is not the id of an artifact"));
            }
        }
        Value::Array(items) => {
            length(items.len(), "minItems", "maxItems", "values", map, &mut wrong);
            if map.get("uniqueItems") == Some(&Value::Bool(true)) && !all_differ(items) {
                wrong("a value is there twice".to_owned());
            }
            if let Some(each) = map.get("items") {
                for (index, item) in items.iter().enumerate() {
                    walk(item, each, root, &below(path, index), depth + 1, found);
                }
            }
        }
        Value::Object(object) => properties(object, map, root, path, depth, found),
        _ => {}
    }
    branches(value, map, root, path, depth, found);
}

fn all_differ(items: &[Value]) -> bool {
    let mut seen = HashSet::with_capacity(items.len());
    items.iter().all(|item| seen.insert(item.to_string()))
}

/// The type without what `enum` and bounds say, which are told in their own words.
fn kinds_of(map: &Map<String, Value>) -> crate::expression::Type {
    let only: Map<String, Value> = map.iter().filter(|(key, _)| *key == "type").map(|(key, value)| (key.clone(), value.clone())).collect();
    type_of_schema(&Value::Object(only))
}

fn range(value: f64, map: &Map<String, Value>, wrong: &mut dyn FnMut(String)) {
    let bound = |key: &str| map.get(key).and_then(Value::as_f64);
    if let Some(least) = bound("minimum").filter(|least| value < *least) {
        wrong(format!("{value} is less than {least}"));
    }
    if let Some(most) = bound("maximum").filter(|most| value > *most) {
        wrong(format!("{value} is more than {most}"));
    }
    if let Some(least) = bound("exclusiveMinimum").filter(|least| value <= *least) {
        wrong(format!("{value} is not more than {least}"));
    }
    if let Some(most) = bound("exclusiveMaximum").filter(|most| value >= *most) {
        wrong(format!("{value} is not less than {most}"));
    }
}

fn length(count: usize, least: &str, most: &str, what: &str, map: &Map<String, Value>, wrong: &mut dyn FnMut(String)) {
    let bound = |key: &str| map.get(key).and_then(Value::as_u64);
    if let Some(least) = bound(least).filter(|least| (count as u64) < *least) {
        wrong(format!("it has {count} {what}, fewer than {least}"));
    }
    if let Some(most) = bound(most).filter(|most| (count as u64) > *most) {
        wrong(format!("it has {count} {what}, more than {most}"));
    }
}

fn properties(
    object: &Map<String, Value>,
    map: &Map<String, Value>,
    root: &Root<'_>,
    path: &str,
    depth: usize,
    found: &mut Vec<(String, String)>,
) {
    let known = map.get("properties").and_then(Value::as_object);
    for required in map.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(required) {
            found.push((below(path, required), format!("`{required}` is missing")));
        }
    }
    for (name, value) in object {
        match (known.and_then(|known| known.get(name)), map.get("additionalProperties")) {
            (Some(schema), _) => walk(value, schema, root, &below(path, name), depth + 1, found),
            (None, Some(Value::Bool(false))) => {
                let names = || known.into_iter().flat_map(|known| known.keys().map(String::as_str));
                let meant = similar(name, names()).map_or_else(
                    || format!("there are {}", names().collect::<Vec<_>>().join(", ")),
                    |meant| format!("perhaps `{meant}` was meant"),
                );
                found.push((below(path, name), format!("`{name}` is not known; {meant}")));
            }
            (None, Some(schema)) => walk(value, schema, root, &below(path, name), depth + 1, found),
            (None, None) => {}
        }
    }
}

fn branches(value: &Value, map: &Map<String, Value>, root: &Root<'_>, path: &str, depth: usize, found: &mut Vec<(String, String)>) {
    let fits = |branch: &Value| {
        let mut inner = Vec::new();
        walk(value, branch, root, path, depth + 1, &mut inner);
        inner.is_empty()
    };
    for part in map.get("allOf").and_then(Value::as_array).into_iter().flatten() {
        walk(value, part, root, path, depth + 1, found);
    }
    if map.get("not").is_some_and(fits) {
        found.push((path.to_owned(), "it is what the schema excludes".to_owned()));
    }
    if let Some(branches) = map.get("anyOf").and_then(Value::as_array)
        && !branches.iter().any(fits)
    {
        found.push((path.to_owned(), choice(branches, "at least one")));
    }
    if let Some(branches) = map.get("oneOf").and_then(Value::as_array)
        && branches.iter().filter(|branch| fits(branch)).count() != 1
    {
        found.push((path.to_owned(), choice(branches, "exactly one")));
    }
}

/// What a choice between schemas asks for, in words where they only say which properties are required.
pub(super) fn choice(branches: &[Value], how_many: &str) -> String {
    let lists: Option<Vec<String>> = branches
        .iter()
        .map(|branch| {
            let names: Vec<&str> = branch.get("required")?.as_array()?.iter().filter_map(Value::as_str).collect();
            (branch.as_object()?.len() == 1).then(|| format!("`{}`", names.join("` and `")))
        })
        .collect();
    match lists {
        Some(lists) => format!("it takes {how_many} of {}", lists.join(", ")),
        None => format!("it fits none, or too many, of {} forms that are allowed", branches.len()),
    }
}
