//! How does the schema of an input become a form that people fill in?
//!
//! Every control is a plain HTML one, named `input[<property>]` or `file[<property>]`, so that the form can be filled in and
//! sent before the page is alive, and without scripts at all.

mod control;
#[cfg(all(test, feature = "ssr"))]
mod tests;

use baton_domain::problem::FieldError;
use baton_domain::schema::{FieldKind, FormField, form_fields};
use baton_domain::wire::connection::ConnectionView;
use leptos::prelude::*;
use serde_json::Value;

use crate::components::field::LABEL;
use crate::format::count;
use crate::reactive::memo;
use control::Control;

/// The fields of an input, to be put into a form.
#[component]
pub fn SchemaForm(
    /// The schema of the input.
    schema: Value,
    /// The skill that takes it, if it is one: which connections fit depends on it.
    #[prop(optional, into)]
    skill: String,
    /// What the fields hold at first; the schema's defaults where absent.
    #[prop(optional)]
    values: Option<Value>,
    /// The connections that the caller may see.
    #[prop(optional)]
    connections: Vec<ConnectionView>,
    /// What was wrong with the last try, shown at the fields named `/input/<property>`.
    #[prop(optional, into)]
    errors: Signal<Vec<FieldError>>,
) -> impl IntoView {
    let fields = form_fields(&schema);
    // A closure is built anew whenever the parent draws the form again, so that nothing typed for one skill is left in the
    // fields of another.
    move || {
        if fields.is_empty() {
            return view! { <p class="text-13 text-muted">"No input is needed."</p> }.into_any();
        }
        let shown: Vec<_> = fields
            .iter()
            .enumerate()
            .map(|(index, field)| row(index, field, values.as_ref(), fitting(&skill, field, &connections), errors))
            .collect();
        view! { <div class="grid min-w-0 gap-4" data-testid="schema-form">{shown}</div> }.into_any()
    }
}

/// The names of the connections that a field may hold.
fn fitting(skill: &str, field: &FormField, connections: &[ConnectionView]) -> Vec<String> {
    let FieldKind::Connection { kinds } = &field.kind else { return Vec::new() };
    let fits = |connection: &&ConnectionView| {
        (skill.is_empty() || connection.settings.allows(skill))
            && (kinds.is_empty() || kinds.iter().any(|kind| kind == connection.settings.kind.as_str()))
    };
    connections.iter().filter(fits).map(|connection| connection.name.clone()).collect()
}

fn row(index: usize, field: &FormField, values: Option<&Value>, connections: Vec<String>, errors: Signal<Vec<FieldError>>) -> AnyView {
    let given = values.and_then(|values| values.get(&field.name));
    let text = given.and_then(|value| field.text_of(value)).or_else(|| field.default_text());
    let help = help(field, given);
    let id = format!("field-{index}");
    let (help_id, error_id) = (format!("{id}-help"), format!("{id}-error"));
    let pointer = format!("/input/{}", field.name.replace('~', "~0").replace('/', "~1"));
    let error = memo(move |_| errors.with(|errors| errors.iter().find(|error| error.field == pointer).map(|error| error.message.clone())));

    let described_by = {
        let help_id = (!help.is_empty()).then(|| help_id.clone());
        let error_id = error_id.clone();
        Signal::derive(move || {
            let error_id = error.with(Option::is_some).then(|| error_id.clone());
            let ids: Vec<String> = help_id.iter().cloned().chain(error_id).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        })
    };
    let control =
        Control { field, id: id.clone(), text, connections, described_by, invalid: Signal::derive(move || error.with(Option::is_some)) };
    let optional = (!field.required).then(|| view! { <span class="ml-2 text-12 font-normal text-muted">"optional"</span> });
    let help = (!help.is_empty()).then(|| view! { <p id=help_id class="mt-1 text-12 text-muted">{help}</p> });
    view! {
        <div class="min-w-0">
            <label for=id class=LABEL>{field.label.clone()} {optional}</label>
            {control.view()}
            {help}
            {move || {
                let id = error_id.clone();
                error.get().map(|message| view! { <p id=id class="mt-1 text-12 font-medium text-danger" role="alert">{message}</p> })
            }}
        </div>
    }
    .into_any()
}

/// What the schema says of the field, and what may be written into it.
fn help(field: &FormField, given: Option<&Value>) -> String {
    let mut sentences: Vec<String> = field.help.iter().cloned().collect();
    match &field.kind {
        FieldKind::Text { max_length: Some(most), .. } => sentences.push(format!("At most {} characters.", count(*most))),
        FieldKind::Integer { min, max } => sentences.extend(range(min.map(|bound| bound.to_string()), max.map(|bound| bound.to_string()))),
        FieldKind::Number { min, max } => sentences.extend(range(min.map(|bound| bound.to_string()), max.map(|bound| bound.to_string()))),
        FieldKind::List => sentences.push("One a line.".to_owned()),
        FieldKind::Json => sentences.push("As JSON.".to_owned()),
        FieldKind::Artifact { accept } => {
            if let Some(accept) = accept {
                let endings: Vec<&str> = accept.split(',').map(str::trim).filter(|ending| ending.starts_with('.')).collect();
                if !endings.is_empty() {
                    sentences.push(format!("Files ending in {}.", endings.join(", ")));
                }
            }
            if let Some(path) = given.and_then(Value::as_str).filter(|path| path.contains('/')) {
                sentences.push(format!("The example is {path} of the repository."));
            }
        }
        _ => {}
    }
    sentences.join(" ")
}

fn range(min: Option<String>, max: Option<String>) -> Option<String> {
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}.")),
        (Some(min), None) => Some(format!("At least {min}.")),
        (None, Some(max)) => Some(format!("At most {max}.")),
        (None, None) => None,
    }
}
