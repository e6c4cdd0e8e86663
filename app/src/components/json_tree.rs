//! How JSON is shown: as a tree that opens and closes without scripts.

use leptos::prelude::*;
use serde_json::Value;

/// Entries of one object or array that are drawn; the rest is said to be there.
const DRAWN: usize = 200;
/// Levels that are open at first.
const OPEN: usize = 2;
/// The deepest level that is drawn as a tree; what lies deeper is shown as text.
const DEEPEST: usize = 24;

/// A JSON value.
#[component]
pub fn JsonTree(
    /// The value.
    value: Value,
) -> impl IntoView {
    view! { <div class="min-w-0 overflow-x-auto font-mono text-12 leading-5" tabindex="0" role="group" aria-label="JSON">{node(None, &value, 0)}</div> }
}

fn node(key: Option<String>, value: &Value, level: usize) -> AnyView {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(entries) if level < DEEPEST => entries.iter().map(|(key, value)| (key.clone(), value)).collect(),
        Value::Array(items) if level < DEEPEST => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        other => return leaf(key, other),
    };
    if children.is_empty() {
        return leaf(key, value);
    }
    let total = children.len();
    let size = if value.is_array() { format!("[{total}]") } else { format!("{{{total}}}") };
    let drawn: Vec<_> =
        children.into_iter().take(DRAWN).map(|(key, value)| view! { <li>{node(Some(key), value, level + 1)}</li> }).collect();
    let rest = (total > DRAWN).then(|| view! { <li class="text-muted">{format!("and {} more", total - DRAWN)}</li> });
    view! {
        <details open={level < OPEN}>
            <summary class="rounded-control">
                <span class="text-accent">{key.unwrap_or_else(|| "value".to_owned())}</span>
                " "
                <span class="text-muted">{size}</span>
            </summary>
            <ul class="ml-2 border-l border-line pl-3">{drawn} {rest}</ul>
        </details>
    }
    .into_any()
}

fn leaf(key: Option<String>, value: &Value) -> AnyView {
    let class = match value {
        Value::String(_) => "text-success",
        Value::Number(_) | Value::Bool(_) => "text-running",
        _ => "text-muted",
    };
    view! {
        <span class="break-words">
            {key.map(|key| view! { <span class="text-accent">{key}</span> ": " })}
            <span class=class>{value.to_string()}</span>
        </span>
    }
    .into_any()
}
