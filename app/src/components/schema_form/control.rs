//! Which control takes which kind of field?

use baton_domain::schema::{ChoiceOption, FieldKind, FormField};
use leptos::prelude::*;

use crate::components::field::{CONTROL, escaped};

const WRONG: &str = "aria-[invalid=true]:border-danger";
const DROP: &str = "w-full min-w-0 cursor-pointer rounded-card border border-dashed border-line-strong bg-sunken px-4 py-6 text-13 text-soft \
                    hover:border-accent file:mr-4 file:cursor-pointer file:rounded-control file:border-0 file:bg-accent-tint file:px-3 \
                    file:py-1.5 file:font-medium file:text-accent-strong aria-[invalid=true]:border-danger";

/// One field and what its control needs besides.
pub(super) struct Control<'a> {
    pub(super) field: &'a FormField,
    pub(super) id: String,
    /// The name of the control, as `text` or `tables/0/name`.
    pub(super) key: String,
    /// Whether the browser shall ask for it.
    pub(super) required: bool,
    /// What it holds at first.
    pub(super) text: Option<String>,
    /// The connections that may be named here.
    pub(super) connections: Vec<String>,
    /// The ids of what explains it.
    pub(super) described_by: Signal<Option<String>>,
    /// Whether the last try was wrong here.
    pub(super) invalid: Signal<bool>,
}

impl Control<'_> {
    pub(super) fn view(self) -> AnyView {
        match &self.field.kind {
            FieldKind::Text { multiline: false, .. } => self.line("text", None, None, None),
            FieldKind::Text { multiline: true, .. } => self.area(8, ""),
            FieldKind::Integer { min, max } => {
                let bound = |bound: Option<i64>| bound.map(|bound| bound.to_string());
                self.line("number", Some("1"), bound(*min), bound(*max))
            }
            FieldKind::Number { min, max } => {
                let bound = |bound: Option<f64>| bound.map(|bound| bound.to_string());
                self.line("number", Some("any"), bound(*min), bound(*max))
            }
            FieldKind::Boolean => self.choice(&[("true".to_owned(), "Yes".to_owned()), ("false".to_owned(), "No".to_owned())]),
            FieldKind::Choice(options) => {
                let options: Vec<(String, String)> =
                    options.iter().map(|ChoiceOption { text, label, .. }| (text.clone(), label.clone())).collect();
                self.choice(&options)
            }
            FieldKind::Artifact { accept } => self.file(accept.clone()),
            FieldKind::Artifacts { accept, .. } => self.files(accept.clone()),
            FieldKind::Connection { .. } => self.connection(),
            FieldKind::List => self.area(4, ""),
            FieldKind::Json | FieldKind::Rows(_) => self.area(6, "font-mono"),
        }
    }

    fn name(&self) -> String {
        format!("input[{}]", self.key)
    }

    fn test_id(&self) -> String {
        format!("field-{}", self.key)
    }

    fn aria_invalid(&self) -> impl Fn() -> Option<&'static str> + Send + Sync + Copy + 'static {
        let invalid = self.invalid;
        move || invalid.get().then_some("true")
    }

    fn line(self, kind: &'static str, step: Option<&'static str>, min: Option<String>, max: Option<String>) -> AnyView {
        view! {
            <input
                id=self.id.clone()
                name=self.name()
                data-testid=self.test_id()
                type=kind
                step=step
                min=min
                max=max
                value=self.text.clone()
                required=self.required
                aria-invalid=self.aria_invalid()
                aria-describedby=self.described_by
                autocomplete="off"
                class=format!("{CONTROL} {WRONG}")
            />
        }
        .into_any()
    }

    /// A name with those that there are to choose from. It stays a text: whoever may not see the connections may still name one.
    fn connection(self) -> AnyView {
        let list = format!("{}-connections", self.id);
        let names: Vec<_> = self.connections.iter().map(|name| view! { <option value=name.clone()></option> }).collect();
        let none = self.connections.is_empty().then(|| {
            view! {
                <p class="mt-1 text-12 text-muted">
                    "No connection allows this skill yet. " <a class="underline" href="/connections">"Connections"</a>
                </p>
            }
        });
        view! {
            <input
                id=self.id.clone()
                name=self.name()
                data-testid=self.test_id()
                type="text"
                list=list.clone()
                value=self.text.clone()
                required=self.required
                aria-invalid=self.aria_invalid()
                aria-describedby=self.described_by
                autocomplete="off"
                spellcheck="false"
                class=format!("{CONTROL} {WRONG}")
            />
            <datalist id=list>{names}</datalist>
            {none}
        }
        .into_any()
    }

    fn area(self, rows: u32, extra: &'static str) -> AnyView {
        // As markup: an empty child would come from the server as a space, which is text in a text area.
        let text = self.text.as_deref().map(escaped).unwrap_or_default();
        view! {
            <textarea
                id=self.id.clone()
                name=self.name()
                data-testid=self.test_id()
                rows=rows.to_string()
                required=self.required
                aria-invalid=self.aria_invalid()
                aria-describedby=self.described_by
                spellcheck="false"
                class=format!("{CONTROL} {WRONG} resize-y {extra}")
                inner_html=text
            ></textarea>
        }
        .into_any()
    }

    /// A select, for yes and no too: a box without a tick is not sent, which would not tell "no" from "not said".
    fn choice(self, options: &[(String, String)]) -> AnyView {
        let chosen = self.text.clone().unwrap_or_default();
        // What is not asked for may be left open; what has a default has something chosen.
        let unset = (!self.field.required && self.field.default.is_none()).then_some("Not set");
        let unset = unset.or_else(|| chosen.is_empty().then_some("Choose one"));
        let unset = unset.map(|label| view! { <option value="" selected=chosen.is_empty()>{label}</option> });
        let options: Vec<_> = options
            .iter()
            .map(|(text, label)| view! { <option value=text.clone() selected=*text == chosen>{label.clone()}</option> })
            .collect();
        view! {
            <select
                id=self.id.clone()
                name=self.name()
                data-testid=self.test_id()
                required=self.required
                aria-invalid=self.aria_invalid()
                aria-describedby=self.described_by
                class=format!("{CONTROL} {WRONG}")
            >
                {unset}
                {options}
            </select>
        }
        .into_any()
    }

    /// A file, dropped or chosen, or else the id of one that is stored.
    fn file(self, accept: Option<String>) -> AnyView {
        let id = format!("{}-stored", self.id);
        let typed = view! {
            <input
                id=id.clone()
                name=self.name()
                data-testid=format!("{}-id", self.test_id())
                type="text"
                value=self.text.clone()
                autocomplete="off"
                spellcheck="false"
                class=format!("{CONTROL} font-mono")
            />
        };
        let (name, stored) = (format!("file[{}]", self.key), self.text.is_some());
        let words = ("Use a file that is stored already", "Id of the artifact; a file chosen above goes before it");
        let below = stored_files(id, words, stored, typed.into_any());
        self.chosen(name, false, accept, below)
    }

    /// Files, dropped or chosen, and the ids of those that are stored.
    fn files(self, accept: Option<String>) -> AnyView {
        let id = format!("{}-stored", self.id);
        let text = self.text.as_deref().map(escaped).unwrap_or_default();
        let typed = view! {
            <textarea
                id=id.clone()
                name=self.name()
                data-testid=format!("{}-id", self.test_id())
                rows="3"
                spellcheck="false"
                class=format!("{CONTROL} resize-y font-mono")
                inner_html=text
            ></textarea>
        };
        let (name, stored) = (format!("files[{}]", self.key), self.text.is_some());
        let words = ("Use files that are stored already", "Ids of artifacts, one a line; files chosen above follow them");
        let below = stored_files(id, words, stored, typed.into_any());
        self.chosen(name, true, accept, below)
    }

    /// The browser's own control takes both the pointer's drop and the keyboard, and says which files it has.
    fn chosen(self, name: String, several: bool, accept: Option<String>, below: AnyView) -> AnyView {
        let over = RwSignal::new(false);
        view! {
            <input
                id=self.id.clone()
                name=name
                data-testid=self.test_id()
                type="file"
                multiple=several
                accept=accept
                aria-invalid=self.aria_invalid()
                aria-describedby=self.described_by
                class=DROP
                class:border-accent=move || over.get()
                on:dragenter=move |_| over.set(true)
                on:dragleave=move |_| over.set(false)
                on:drop=move |_| over.set(false)
            />
            {below}
        }
        .into_any()
    }
}

/// Where what is stored already is named: closed, unless something stands there from the first.
fn stored_files(id: String, (summary, label): (&'static str, &'static str), open: bool, typed: AnyView) -> AnyView {
    view! {
        <details open=open class="mt-1 text-12">
            <summary class="w-fit cursor-pointer text-muted">{summary}</summary>
            <div class="mt-1.5 grid gap-1">
                <label for=id class="text-muted">{label}</label>
                {typed}
            </div>
        </details>
    }
    .into_any()
}
