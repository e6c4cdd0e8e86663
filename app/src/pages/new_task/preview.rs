//! Which command does the same as the form as it is filled in now.

use std::collections::BTreeMap;

use baton_domain::agent::Skill;
use baton_domain::schema::{form_fields, input_from_form};
use baton_domain::task::Priority;
use baton_domain::wire::task::NewTask;
use serde_json::{Map, Value};
use web_sys::{File, FormData};

use crate::components::curl::{submit_command, submit_command_on};
use crate::components::decide_form::decide_terms;
use crate::components::task_terms::task_terms;

/// The command before anything was typed.
pub(super) fn at_first(skill: &Skill, values: Option<&Value>) -> String {
    let texts = form_fields(&skill.input_schema)
        .iter()
        .filter_map(|field| {
            let given = values.and_then(|values| values.get(&field.name)).and_then(|value| field.text_of(value));
            given.or_else(|| field.default_text()).map(|text| (field.name.clone(), text))
        })
        .collect();
    submit_command(&NewTask::new(skill.name.as_str(), input(skill, &texts)))
}

/// The command for what the form holds now.
pub(super) fn of_form(skill: &Skill, form: &FormData) -> String {
    let text = |name: &str| form.get(name).as_string().filter(|text| !text.is_empty());
    let texts = form_fields(&skill.input_schema)
        .iter()
        .filter_map(|field| {
            let file = File::from(form.get(&format!("file[{}]", field.name)));
            // A field without a file has an empty name; a missing one has none at all.
            let file = js_sys::Reflect::get(&file, &"name".into()).ok().and_then(|name| name.as_string()).filter(|name| !name.is_empty());
            let value = file.map(|name| format!("<id of {name}>")).or_else(|| text(&format!("input[{}]", field.name)))?;
            Some((field.name.clone(), value))
        })
        .collect();
    let mut task = NewTask::new(skill.name.as_str(), input(skill, &texts));
    task.title = text("title");
    task.priority =
        text("priority").and_then(|number| number.parse().ok()).and_then(|number: u8| Priority::new(number).ok()).unwrap_or_default();
    let mut terms = task_terms(&text, &skill.retry);
    if let Some(decide) = decide_terms(text).and_then(|decide| serde_json::to_value(decide).ok()) {
        terms.insert("decide".to_owned(), decide);
    }
    submit_command_on(&task, terms)
}

/// The input as it will be sent; while something is still missing, what there is.
fn input(skill: &Skill, texts: &BTreeMap<String, String>) -> Value {
    input_from_form(skill, texts).unwrap_or_else(|_| {
        let entries = texts.iter().filter(|(_, text)| !text.is_empty()).map(|(name, text)| (name.clone(), Value::from(text.as_str())));
        Value::Object(entries.collect::<Map<String, Value>>())
    })
}
