//! How is a model added from a preset, and changed?

use baton_domain::model::ModelTier;
use baton_domain::wire::model::{ModelPreset, ModelSettings, ModelView};
use leptos::prelude::*;

use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, CheckField, LABEL, SelectField, TextField, escaped};
use crate::form_action::{ActionForm, FormAction};
use crate::server_fns::models::{CreateModel, UpdateModel};

/// Adds a model: the provider first, which fills in the rest.
#[component]
pub(super) fn Add(presets: Vec<ModelPreset>, create: FormAction<CreateModel>) -> impl IntoView {
    let first = presets.first().map(|preset| preset.id.clone()).unwrap_or_default();
    let chosen = RwSignal::new(first);
    let options: Vec<_> = presets.iter().map(|preset| (preset.id.clone(), preset.title.clone())).collect();
    let choices: Vec<_> = options.into_iter().map(|(id, title)| view! { <option value=id>{title}</option> }).collect();
    let form = move || {
        let id = chosen.get();
        let preset = presets.iter().find(|preset| preset.id == id)?.clone();
        Some(view! {
            <input type="hidden" name="preset" value=preset.id.clone()/>
            <p class="mb-3 text-13 text-soft">{preset.note.clone()}</p>
            {fields("new-", "", &preset.settings, if preset.needs_key { "Encrypted before it is stored, and never shown again." } else { "None is needed." })}
        })
    };
    view! {
        <Card title="Add a model">
            <div class="mb-3 min-w-0 sm:w-1/2">
                <label class=LABEL for="field-preset">
                    "Provider"
                </label>
                <select
                    id="field-preset"
                    class=CONTROL
                    data-testid="model-preset"
                    on:change=move |event| chosen.set(event_target_value(&event))
                >
                    {choices}
                </select>
            </div>
            <ActionForm action=create>
                {form}
                <div class="mt-3">
                    <Button submits=true kind=Kind::Primary test_id="add-model" disabled=create.pending()>"Add"</Button>
                </div>
            </ActionForm>
        </Card>
    }
    .into_any()
}

/// A form that changes a model, folded until it is wanted; none for the model inside the process.
pub(super) fn change(known: &ModelView, update: FormAction<UpdateModel>) -> Option<AnyView> {
    let id = known.id?;
    let summary = format!("Change {}", known.name);
    let form = format!("{id}-");
    let name = known.name.clone();
    let enabled = known.settings.enabled;
    let key_help = if known.has_key { "Left empty, the stored one stays. Another host needs it again." } else { "No key is stored." };
    let shown = fields(&form, &known.name, &known.settings, key_help);
    Some(
        view! {
            <details class="rounded-card border border-line bg-raised px-4 py-2" data-testid="change-model" data-name=name>
                <summary class="cursor-pointer text-14 font-medium">{summary}</summary>
                <div class="pt-3">
                    <ActionForm action=update>
                        <input type="hidden" name="id" value=id.to_string()/>
                        {shown}
                        <CheckField form=form.clone() name="enabled" label="It is asked" checked=enabled/>
                        <div class="mt-3">
                            <Button submits=true kind=Kind::Primary test_id="save-model" disabled=update.pending()>"Save"</Button>
                        </div>
                    </ActionForm>
                </div>
            </details>
        }
        .into_any(),
    )
}

fn fields(form: &str, name: &str, settings: &ModelSettings, key_help: &'static str) -> AnyView {
    let tiers = ModelTier::ALL.iter().map(|tier| (tier.as_str().to_owned(), tier_words(*tier).to_owned())).collect();
    let price = |micros: u64| (micros as f64 / 1e6).to_string();
    view! {
        <div class="grid grid-cols-1 gap-3 sm:grid-cols-2">
            <TextField form=form.to_owned() name="name" label="Name here" value=name.to_owned() required=true autocomplete="off" max_length="100"/>
            <TextField
                form=form.to_owned()
                name="base_url"
                label="Address"
                value=settings.base_url.clone()
                required=true
                autocomplete="off"
                help="The base of an OpenAI-compatible API."
            />
            <TextField form=form.to_owned() name="model" label="Model at its provider" value=settings.model.clone() required=true autocomplete="off"/>
            <SelectField form=form.to_owned() name="tier" label="How able it is" options=tiers value=settings.tier.as_str()/>
            <TextField form=form.to_owned() name="key" label="Key" kind="password" autocomplete="new-password" help=key_help/>
            {numbers(form, settings)}
            <TextField form=form.to_owned() name="prompt_price" label="Price of a million tokens read" value=price(settings.prompt_micros_per_million) required=true/>
            <TextField
                form=form.to_owned()
                name="completion_price"
                label="Price of a million tokens written"
                value=price(settings.completion_micros_per_million)
                required=true
            />
            {authority(form, settings.ca_pem.as_deref().unwrap_or_default())}
            <div>
                <CheckField form=form.to_owned() name="private" label="Its host may have a private address" checked=settings.private/>
                <CheckField form=form.to_owned() name="embeds" label="It places texts (embeddings)" checked=settings.embeds/>
            </div>
        </div>
    }
    .into_any()
}

/// The bounds of its calls, each beside the others in a list: a field more is a line, and no view of its own.
fn numbers(form: &str, settings: &ModelSettings) -> Vec<AnyView> {
    [
        ("rank", "Rank", u64::from(settings.rank), "Of those that are able enough, the smallest is asked first."),
        ("concurrency", "Most calls at the same time", settings.concurrency.into(), "From one server; others wait for their turn."),
        ("per_minute", "Most calls in a minute", settings.per_minute.into(), "From one server."),
        ("timeout_ms", "Longest call in milliseconds", settings.timeout_ms, "Then it counts as failed."),
        ("context_tokens", "Tokens of prompt and answer together", settings.context_tokens.into(), "What does not fit is not sent."),
    ]
    .into_iter()
    .map(|(name, label, value, help)| {
        view! { <TextField form=form.to_owned() name label kind="number" value=value.to_string() required=true help/> }.into_any()
    })
    .collect()
}

/// Several lines: in one, a browser would join those of a certificate.
fn authority(form: &str, pem: &str) -> AnyView {
    let id = format!("field-{form}ca_pem");
    let help = format!("{id}-help");
    view! {
        <div class="min-w-0 sm:col-span-2">
            <label class=LABEL for=id.clone()>"Certificate authority (PEM)"</label>
            <textarea
                id=id
                name="ca_pem"
                rows="3"
                spellcheck="false"
                autocomplete="off"
                class=format!("{CONTROL} resize-y font-mono text-12")
                aria-describedby=help.clone()
                inner_html=escaped(pem)
            ></textarea>
            <p id=help class="mt-1 text-12 text-muted">
                "Only where its certificate comes from a private authority: from -----BEGIN CERTIFICATE----- on, with its line breaks. Emptied, none is trusted but the known ones."
            </p>
        </div>
    }
    .into_any()
}

const fn tier_words(tier: ModelTier) -> &'static str {
    match tier {
        ModelTier::Tiny => "tiny: below 1 B parameters",
        ModelTier::Small => "small: 1 to 10 B",
        ModelTier::Medium => "medium: 10 to 100 B",
        ModelTier::Large => "large: the best there are",
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_form_shows_the_bounds_of_calls_and_the_lines_of_an_authority() {
        let pem = "-----BEGIN CERTIFICATE-----\nMIIB</textarea>\n-----END CERTIFICATE-----\n";
        let settings = ModelSettings {
            ca_pem: Some(pem.to_owned()),
            concurrency: 7,
            per_minute: 71,
            timeout_ms: 7_003,
            context_tokens: 7_777,
            ..ModelSettings::unset()
        };
        let owner = Owner::new();
        let html = owner.with(|| fields("x-", "m", &settings, "").to_html());
        for (name, value) in
            [("concurrency", "7"), ("per_minute", "71"), ("timeout_ms", "7003"), ("context_tokens", "7777"), ("rank", "100")]
        {
            let field =
                html.split("<input").find(|field| field.contains(&format!("name=\"{name}\""))).unwrap_or_else(|| panic!("{name}: {html}"));
            assert!(field.contains(&format!("value=\"{value}\"")) && field.contains("type=\"number\""), "{name}: {field}");
        }
        assert!(html.contains("MIIB&lt;/textarea&gt;\n-----END"), "its lines stay lines, and nothing in it ends the field: {html}");
        assert_eq!(html.matches("<textarea").count(), 1);
    }
}
