//! What labelled fields of a form are like.

use leptos::prelude::*;

/// The classes of every text field and select.
pub const CONTROL: &str = "block w-full min-h-8 rounded-control border border-line-strong bg-raised px-2.5 py-1 text-14 text-text";
/// The classes of every label.
pub const LABEL: &str = "mb-1 block text-13 font-medium text-text";

/// A line of text with its label.
#[component]
pub fn TextField(
    /// The name it is sent under.
    name: &'static str,
    /// What people read.
    label: &'static str,
    /// The kind of input, as in HTML.
    #[prop(default = "text")]
    kind: &'static str,
    /// What it holds at first.
    #[prop(optional, into)]
    value: String,
    /// What it is for, below it.
    #[prop(optional, into)]
    help: Option<&'static str>,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// What a browser may fill in, as in HTML.
    #[prop(optional, into)]
    autocomplete: Option<&'static str>,
    /// The fewest characters.
    #[prop(optional, into)]
    min_length: Option<&'static str>,
    /// The most characters.
    #[prop(optional, into)]
    max_length: Option<&'static str>,
    /// Where the caret is when the page opens.
    #[prop(optional)]
    autofocus: bool,
    /// An example of what fits.
    #[prop(optional, into)]
    placeholder: Option<&'static str>,
    /// Tells fields of the same name apart, where a page has several forms.
    #[prop(optional, into)]
    form: String,
) -> impl IntoView {
    let id = format!("field-{form}{name}");
    let help_id = format!("{id}-help");
    let described_by = help.is_some().then(|| help_id.clone());
    view! {
        <div class="min-w-0">
            <label class=LABEL for=id.clone()>
                {label}
            </label>
            <input
                id=id
                class=CONTROL
                type=kind
                name=name
                value=value
                required=required
                autofocus=autofocus
                autocomplete=autocomplete
                minlength=min_length
                maxlength=max_length
                placeholder=placeholder
                aria-describedby=described_by
            />
            {help.map(|help| view! { <p id=help_id class="mt-1 text-12 text-muted">{help}</p> })}
        </div>
    }
    .into_any()
}

/// One of a few, with its label.
#[component]
pub fn SelectField(
    /// The name it is sent under.
    name: &'static str,
    /// What people read.
    label: &'static str,
    /// Value and words of each option.
    options: Vec<(String, String)>,
    /// The value chosen at first.
    #[prop(optional, into)]
    value: String,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
    /// Tells fields of the same name apart, where a page has several forms.
    #[prop(optional, into)]
    form: String,
) -> impl IntoView {
    let id = format!("field-{form}{name}");
    let options: Vec<_> = options
        .into_iter()
        .map(|(key, words)| {
            let selected = key == value;
            view! {
                <option value=key selected=selected>
                    {words}
                </option>
            }
        })
        .collect();
    view! {
        <div class="min-w-0">
            <label class=LABEL for=id.clone()>
                {label}
            </label>
            <select id=id class=CONTROL name=name data-testid=test_id>
                {options}
            </select>
        </div>
    }
    .into_any()
}

/// A box to tick, with its label behind it. Ticked, it is sent as `true`; otherwise not at all.
#[component]
pub fn CheckField(
    /// The name it is sent under.
    name: &'static str,
    /// What people read.
    label: &'static str,
    /// Whether it is ticked at first.
    #[prop(optional)]
    checked: bool,
    /// Tells fields of the same name apart, where a page has several forms.
    #[prop(optional, into)]
    form: String,
) -> impl IntoView {
    let id = format!("field-{form}{name}");
    view! {
        <div class="flex min-h-8 items-center gap-2 self-end">
            <input id=id.clone() type="checkbox" name=name value="true" checked=checked class="size-4"/>
            <label class="text-13 font-medium text-text" for=id>
                {label}
            </label>
        </div>
    }
    .into_any()
}

/// Text as the content of an element.
#[must_use]
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
