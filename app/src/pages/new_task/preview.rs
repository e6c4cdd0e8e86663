//! Which command does the same as the form as it is filled in now.

use baton_domain::agent::Skill;
use baton_domain::schema::{FieldKind, FormField, draft_from_form, form_fields, form_texts};
use baton_domain::task::Priority;
use baton_domain::wire::task::NewTask;
use serde_json::Value;
use wasm_bindgen::JsValue;
use web_sys::FormData;

use crate::components::curl::{submit_command, submit_command_on};
use crate::components::decide_form::decide_terms;
use crate::components::task_terms::task_terms;

/// The command before anything was typed.
pub(super) fn at_first(skill: &Skill, values: Option<&Value>) -> String {
    let texts = form_texts(&skill.input_schema, values);
    submit_command(&NewTask::new(skill.name.as_str(), draft_from_form(skill, &texts)))
}

/// The command for what the form holds now.
pub(super) fn of_form(skill: &Skill, form: &FormData) -> String {
    let text = |name: &str| form.get(name).as_string().filter(|text| !text.is_empty());
    let fields = form_fields(&skill.input_schema);
    let controls = fields.iter().flat_map(FormField::controls);
    let texts = controls
        .filter_map(|(key, field)| {
            let typed = text(&format!("input[{key}]"));
            let value = match &field.kind {
                FieldKind::Artifact { .. } => chosen(form, &format!("file[{key}]")).into_iter().next().or(typed),
                FieldKind::Artifacts { .. } => {
                    let all: Vec<String> = typed.into_iter().chain(chosen(form, &format!("files[{key}]"))).collect();
                    Some(all.join("\n")).filter(|text| !text.is_empty())
                }
                _ => typed,
            };
            Some((key, value?))
        })
        .collect();
    let mut task = NewTask::new(skill.name.as_str(), draft_from_form(skill, &texts));
    task.title = text("title");
    task.priority =
        text("priority").and_then(|number| number.parse().ok()).and_then(|number: u8| Priority::new(number).ok()).unwrap_or_default();
    let mut terms = task_terms(&text, &skill.retry);
    if let Some(decide) = decide_terms(text).and_then(|decide| serde_json::to_value(decide).ok()) {
        terms.insert("decide".to_owned(), decide);
    }
    submit_command_on(&task, terms)
}

/// What stands for the files of a field until they have ids.
fn chosen(form: &FormData, name: &str) -> Vec<String> {
    // A field without a file has one with an empty name.
    let name_of = |file: JsValue| js_sys::Reflect::get(&file, &"name".into()).ok().and_then(|name| name.as_string());
    let files = form.get_all(name);
    files.iter().filter_map(name_of).filter(|name| !name.is_empty()).map(|name| format!("<id of {name}>")).collect()
}
