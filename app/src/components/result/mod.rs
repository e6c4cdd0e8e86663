//! How is the result of a task drawn?
//!
//! A skill says what kind of result it gives; each kind has its view here. A result that is not in the shape of its kind is
//! shown as it is, as a tree of JSON, so that nothing is ever hidden by a view that does not fit.

mod bar;
mod facts;
mod keywords;
mod language;
mod sentiment;
mod shape;
mod structured;
mod summary;
mod table;
mod table_profile;
#[cfg(all(test, feature = "ssr"))]
mod tests;

use baton_domain::wire::artifact::ArtifactView;
use leptos::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

use self::facts::heading;
use crate::components::artifact_list::ArtifactList;
use crate::components::json_tree::JsonTree;
use crate::json;

/// The result of a task, drawn by its kind, and the files that came with it.
#[component]
pub fn ResultView(
    /// The skill's `result_kind`.
    #[prop(into)]
    kind: String,
    /// The result.
    result: Value,
    /// The skill's output schema, for results that are drawn by it.
    #[prop(optional_no_strip)]
    schema: Option<Value>,
    /// The files that the task produced.
    artifacts: Vec<ArtifactView>,
) -> impl IntoView {
    let drawn = draw(&kind, &result, schema.as_ref().unwrap_or(&Value::Null));
    let files = (!artifacts.is_empty()).then(|| view! { <div class="grid gap-1">{heading("Files")} <ArtifactList artifacts /></div> });
    view! {
        <div class="grid min-w-0 gap-5" data-testid="result" data-kind=kind>
            {drawn}
            {files}
        </div>
    }
}

fn draw(kind: &str, result: &Value, schema: &Value) -> AnyView {
    match kind {
        "table_profile" => read(result).map(table_profile::view),
        "language" => read(result).map(language::view),
        "sentiment" => read(result).map(sentiment::view),
        "keywords" => read(result).map(keywords::view),
        "summary" => read(result).map(summary::view),
        "structured" => structured::view(result, schema),
        _ => None,
    }
    .unwrap_or_else(|| view! { <JsonTree value=result.clone() /> }.into_any())
}

fn read<T: DeserializeOwned>(result: &Value) -> Option<T> {
    json::of(result.clone()).ok()
}
