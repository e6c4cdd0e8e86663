//! How does the schema of an input become a form that people fill in?
//!
//! Every control is a plain HTML one, named `input[<property>]`, `file[<property>]` or, for several files, `files[<property>]`, so that the form
//! can be filled in and sent before the page is alive, and without scripts at all. A list of small objects has rows, whose controls are named
//! `input[<list>/<row>/<property>]`; all of them are in the page, and each but the first unfolds below the one before it.

mod control;
#[cfg(all(test, feature = "ssr"))]
mod tests;

use std::collections::BTreeMap;

use baton_domain::problem::FieldError;
use baton_domain::schema::{FieldKind, FormField, MOST_FILES, Rows, form_fields, form_texts, row_key};
use baton_domain::wire::connection::ConnectionView;
use leptos::prelude::*;
use serde_json::Value;

use crate::components::field::LABEL;
use crate::components::fold::fold;
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
    let texts = form_texts(&schema, values.as_ref());
    // A closure is built anew whenever the parent draws the form again, so that nothing typed for one skill is left in the
    // fields of another.
    move || {
        if fields.is_empty() {
            return view! { <p class="text-13 text-muted">"No input is needed."</p> }.into_any();
        }
        let form = Form { skill: &skill, texts: &texts, connections: &connections, errors };
        let shown: Vec<_> = fields
            .iter()
            .enumerate()
            .map(|(index, field)| {
                let place = format!("/input/{}", escaped_name(&field.name));
                let at = At { id: format!("field-{index}"), key: field.name.clone(), place, in_row: false };
                let given = values.as_ref().and_then(|values| values.get(&field.name));
                match &field.kind {
                    FieldKind::Rows(rows) => form.rows(at, field, rows, given),
                    _ => form.row(at, field, given),
                }
            })
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

/// A name as a part of a JSON Pointer.
fn escaped_name(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}

/// Where a field stands.
struct At {
    id: String,
    /// The name of its control.
    key: String,
    /// Its place in the request.
    place: String,
    /// Whether it stands in a row, which may be left empty as a whole.
    in_row: bool,
}

/// What all fields are drawn with.
struct Form<'a> {
    skill: &'a str,
    /// What the controls hold at first.
    texts: &'a BTreeMap<String, String>,
    connections: &'a [ConnectionView],
    errors: Signal<Vec<FieldError>>,
}

/// What is wrong with a field, and by what it is explained.
#[derive(Clone, Copy)]
struct Said {
    error: Memo<Option<String>>,
    described_by: Signal<Option<String>>,
    invalid: Signal<bool>,
}

impl Form<'_> {
    /// What is said of the field at this place; `below`: and of what lies below it.
    fn said(&self, at: &At, below: bool, has_help: bool) -> Said {
        let (errors, place) = (self.errors, at.place.clone());
        let error = memo(move |_| {
            let here = |error: &&FieldError| {
                error.field.strip_prefix(place.as_str()).is_some_and(|rest| rest.is_empty() || (below && rest.starts_with('/')))
            };
            errors.with(|errors| errors.iter().find(here).map(|error| error.message.clone()))
        });
        let (help_id, error_id) = (has_help.then(|| format!("{}-help", at.id)), format!("{}-error", at.id));
        let described_by = Signal::derive(move || {
            let error_id = error.with(Option::is_some).then(|| error_id.clone());
            let ids: Vec<String> = help_id.iter().cloned().chain(error_id).collect();
            (!ids.is_empty()).then(|| ids.join(" "))
        });
        Said { error, described_by, invalid: Signal::derive(move || error.with(Option::is_some)) }
    }

    fn control(&self, at: &At, field: &FormField, said: Said) -> AnyView {
        let control = Control {
            field,
            id: at.id.clone(),
            key: at.key.clone(),
            required: field.required && !at.in_row,
            text: self.texts.get(&at.key).cloned(),
            connections: fitting(self.skill, field, self.connections),
            described_by: said.described_by,
            invalid: said.invalid,
        };
        control.view()
    }

    /// A field with its label.
    fn row(&self, at: At, field: &FormField, given: Option<&Value>) -> AnyView {
        let help = help(field, given);
        let said = self.said(&at, true, !help.is_empty());
        let control = self.control(&at, field, said);
        let optional = (!field.required).then(|| view! { <span class="ml-2 text-12 font-normal text-muted">"optional"</span> });
        let help = help_line(&at.id, help);
        let error = error_line(&at.id, said);
        view! {
            <div class="min-w-0">
                <label for=at.id class=LABEL>{field.label.clone()} {optional}</label>
                {control}
                {help}
                {error}
            </div>
        }
        .into_any()
    }

    /// A list of objects: rows, each of which unfolds the next, or JSON.
    fn rows(&self, at: At, field: &FormField, rows: &Rows, given: Option<&Value>) -> AnyView {
        let help = help(field, given);
        let said = self.said(&at, false, !help.is_empty());
        let given = given.filter(|value| rows.hold(value));
        let filled = given.and_then(Value::as_array).map_or(0, Vec::len);
        let item = rows.item.as_ref().unwrap_or(&field.label);
        let mut next: Option<AnyView> = None;
        for row in (0..rows.room).rev() {
            let object = given.and_then(|items| items.get(row));
            let fields: Vec<_> = rows
                .fields
                .iter()
                .enumerate()
                .map(|(number, field)| {
                    let place = format!("{}/{row}/{}", at.place, escaped_name(&field.name));
                    let at = At { id: format!("{}-{row}-{number}", at.id), key: row_key(&at.key, row, &field.name), place, in_row: true };
                    self.row(at, field, object.and_then(|object| object.get(&field.name)))
                })
                .collect();
            let content = view! {
                {fields}
                {next.take()}
            };
            let (class, shown) = if row == 0 { ("min-w-0", true) } else { ("border-t border-line pt-3", row < filled) };
            let wrong = self.wrong_from(at.place.clone(), row);
            let test_id = format!("row-{}/{row}", at.key);
            next = Some(fold(class, format!("{item} {}", row + 1), test_id, shown, wrong, content.into_any()));
        }

        let json = At { id: format!("{}-json", at.id), key: at.key.clone(), place: at.place.clone(), in_row: true };
        let is_json = self.texts.contains_key(&at.key);
        let control = self.control(&json, field, said);
        let json = view! {
            <div class="min-w-0">
                <label for=json.id class=LABEL>"A JSON list instead of the rows"</label>
                {control}
                <p class="mt-1 text-12 text-muted">"Files stand in it by the ids of their artifacts."</p>
            </div>
        };
        let json =
            fold("min-w-0", "Write them as JSON".to_owned(), format!("json-{}", at.key), is_json, Signal::stored(false), json.into_any());

        let optional = (!field.required).then(|| view! { <span class="ml-2 text-12 font-normal text-muted">"optional"</span> });
        let test_id = format!("rows-{}", at.key);
        view! {
            <fieldset class="min-w-0" aria-describedby=said.described_by data-testid=test_id>
                <legend class=LABEL>{field.label.clone()} {optional}</legend>
                <div class="grid min-w-0 gap-3 rounded-control border border-line p-3">{next} {json}</div>
                {help_line(&at.id, help)}
                {error_line(&at.id, said)}
            </fieldset>
        }
        .into_any()
    }

    /// Whether something is wrong in this row or in one after it, which lies folded within it.
    fn wrong_from(&self, list: String, row: usize) -> Signal<bool> {
        let errors = self.errors;
        Signal::derive(move || {
            let within = |error: &FieldError| {
                let rest = error.field.strip_prefix(list.as_str()).and_then(|rest| rest.strip_prefix('/'));
                rest.and_then(|rest| rest.split('/').next()?.parse::<usize>().ok()).is_some_and(|number| number >= row)
            };
            errors.with(|errors| errors.iter().any(within))
        })
    }
}

fn help_line(id: &str, help: String) -> Option<AnyView> {
    let id = format!("{id}-help");
    (!help.is_empty()).then(|| view! { <p id=id class="mt-1 text-12 text-muted">{help}</p> }.into_any())
}

fn error_line(id: &str, said: Said) -> AnyView {
    let id = format!("{id}-error");
    let line = move || {
        let id = id.clone();
        said.error.get().map(|message| view! { <p id=id class="mt-1 text-12 font-medium text-danger" role="alert">{message}</p> })
    };
    line.into_any()
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
        FieldKind::Rows(rows) => {
            sentences.push("Rows that are left empty do not count.".to_owned());
            if rows.may_overflow() {
                sentences.push(format!("More than {} are written as JSON.", rows.room));
            }
        }
        FieldKind::Artifact { accept } => {
            sentences.extend(endings(accept.as_deref()));
            if let Some(path) = given.and_then(Value::as_str).filter(|path| path.contains('/')) {
                sentences.push(format!("The example is {path} of the repository."));
            }
        }
        FieldKind::Artifacts { accept, most } => {
            sentences.extend(endings(accept.as_deref()));
            if let Some(most) = most {
                sentences.push(format!("At most {} files.", count(*most)));
            }
            if most.is_none_or(|most| most > MOST_FILES as u64) {
                sentences.push(format!("A form sends at most {MOST_FILES} at once; name further ones by their ids."));
            }
            let paths: Vec<&str> = given.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
            let shipped: Vec<&str> = paths.into_iter().filter(|path| path.contains('/')).collect();
            if !shipped.is_empty() {
                sentences.push(format!("The example has {} of the repository.", shipped.join(", ")));
            }
        }
        _ => {}
    }
    sentences.join(" ")
}

/// Which files fit, if that is told by their names.
fn endings(accept: Option<&str>) -> Option<String> {
    let endings: Vec<&str> = accept?.split(',').map(str::trim).filter(|ending| ending.starts_with('.')).collect();
    (!endings.is_empty()).then(|| format!("Files ending in {}.", endings.join(", ")))
}

fn range(min: Option<String>, max: Option<String>) -> Option<String> {
    match (min, max) {
        (Some(min), Some(max)) => Some(format!("{min} to {max}.")),
        (Some(min), None) => Some(format!("At least {min}.")),
        (None, Some(max)) => Some(format!("At most {max}.")),
        (None, None) => None,
    }
}
