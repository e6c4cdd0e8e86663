//! What a person does with language models.

#![allow(
    clippy::too_many_arguments,
    reason = "the fields of a form; the macro drops the attribute of a single function in the browser's half"
)]

use baton_domain::id::{ModelId, TaskId};
#[cfg(feature = "ssr")]
use baton_domain::model::ModelTier;
#[cfg(feature = "ssr")]
use baton_domain::wire::auth::Secret;
#[cfg(feature = "ssr")]
use baton_domain::wire::model::{ModelBudget, ModelSettings, NewModel};
use baton_domain::wire::model::{ModelBudgetView, ModelCallView, ModelList, ModelPreset, ModelTest, ModelView};
use leptos::prelude::server;
use leptos::server_fn::codec::PostUrl;

#[cfg(feature = "ssr")]
use super::serve;
use super::{Called, Json};

/// All models with the project's budget.
///
/// # Errors
/// As [`ModelService::list`](baton_domain::services::ModelService::list).
#[server(name = ListModels, endpoint = "/models/list", input = Json, output = Json)]
pub async fn list() -> Called<ModelList> {
    serve::answer(serve::services()?.models.list(&serve::caller()).await)
}

/// Known providers.
///
/// # Errors
/// As [`ModelService::presets`](baton_domain::services::ModelService::presets).
#[server(name = ListModelPresets, endpoint = "/models/presets", input = Json, output = Json)]
pub async fn presets() -> Called<Vec<ModelPreset>> {
    serve::answer(serve::services()?.models.presets(&serve::caller()).await)
}

/// What the form of a model holds; everything else comes from the preset, or stays as it is.
#[cfg(feature = "ssr")]
#[derive(Debug)]
struct Form {
    name: String,
    base_url: String,
    model: String,
    tier: String,
    key: String,
    rank: u32,
    concurrency: Option<u32>,
    per_minute: Option<u32>,
    timeout_ms: Option<u64>,
    context_tokens: Option<u32>,
    prompt_price: f64,
    completion_price: f64,
    ca_pem: Option<String>,
    private: Option<String>,
    embeds: Option<String>,
    enabled: bool,
}

#[cfg(feature = "ssr")]
impl Form {
    fn read(self, base: ModelSettings) -> Called<NewModel> {
        use baton_domain::problem::{Code, Problem};

        let wrong = |field: &str, message: &str| {
            Problem::new(Code::InvalidModel, "Correct the field.").with_field(format!("/settings/{field}"), message)
        };
        let micros = |field: &str, price: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within a million")]
            if (0.0..=10_000.0).contains(&price) {
                Ok((price * 1e6).round() as u64)
            } else {
                Err(wrong(field, "write a price from 0 to 10000"))
            }
        };
        let same_host = base.base_url == self.base_url.trim() && base.model == self.model.trim();
        let settings = ModelSettings {
            prompt_micros_per_million: micros("prompt_micros_per_million", self.prompt_price)?,
            completion_micros_per_million: micros("completion_micros_per_million", self.completion_price)?,
            base_url: self.base_url.trim().to_owned(),
            model: self.model.trim().to_owned(),
            tier: ModelTier::parse(&self.tier).ok_or_else(|| wrong("tier", "choose one of the list"))?,
            rank: self.rank,
            enabled: self.enabled,
            private: self.private.is_some(),
            embeds: self.embeds.is_some(),
            ca_pem: authority(base.ca_pem, self.ca_pem.as_deref()),
            concurrency: self.concurrency.unwrap_or(base.concurrency),
            per_minute: self.per_minute.unwrap_or(base.per_minute),
            timeout_ms: self.timeout_ms.unwrap_or(base.timeout_ms),
            context_tokens: self.context_tokens.unwrap_or(base.context_tokens),
            // What was found out of another endpoint says nothing of this one.
            capabilities: base.capabilities.filter(|_| same_host),
        };
        Ok(NewModel { name: self.name.trim().to_owned(), settings, key: Some(Secret(self.key)).filter(|key| !key.0.is_empty()) })
    }
}

/// The certificate authority after a form was sent: what is stored stays, to the byte, where the field was left alone, since browsers send
/// other line breaks than they were given; emptied, there is none.
#[cfg(feature = "ssr")]
fn authority(stored: Option<String>, sent: Option<&str>) -> Option<String> {
    let lines = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n").trim().to_owned();
    let Some(sent) = sent.map(lines) else { return stored };
    if stored.as_deref().is_some_and(|stored| lines(stored) == sent) {
        return stored;
    }
    (!sent.is_empty()).then(|| sent + "\n")
}

/// Configures a model from a preset and what was written over it. Prices are those of a million tokens, in the installation's currency.
///
/// # Errors
/// As [`ModelService::create`](baton_domain::services::ModelService::create).
#[server(name = CreateModel, endpoint = "/models/create", input = PostUrl, output = Json)]
pub async fn create(
    preset: String,
    name: String,
    base_url: String,
    model: String,
    tier: String,
    key: String,
    rank: u32,
    concurrency: Option<u32>,
    per_minute: Option<u32>,
    timeout_ms: Option<u64>,
    context_tokens: Option<u32>,
    prompt_price: f64,
    completion_price: f64,
    ca_pem: Option<String>,
    private: Option<String>,
    embeds: Option<String>,
) -> Called<ModelView> {
    let services = serve::services()?;
    let presets = serve::answer(services.models.presets(&serve::caller()).await)?;
    let unknown = || baton_domain::problem::Problem::invalid_field("preset", "choose one of the list");
    let preset = presets.into_iter().find(|known| known.id == preset).ok_or_else(unknown)?;
    let form = Form {
        name,
        base_url,
        model,
        tier,
        key,
        rank,
        concurrency,
        per_minute,
        timeout_ms,
        context_tokens,
        prompt_price,
        completion_price,
        ca_pem,
        private,
        embeds,
        enabled: true,
    };
    let made = serve::answer(services.models.create(&serve::caller(), form.read(preset.settings)?).await)?;
    serve::go_back();
    Ok(made)
}

/// Changes a model; what the form does not show or send stays as it is.
///
/// # Errors
/// As [`ModelService::update`](baton_domain::services::ModelService::update).
#[server(name = UpdateModel, endpoint = "/models/update", input = PostUrl, output = Json)]
pub async fn update(
    id: ModelId,
    name: String,
    base_url: String,
    model: String,
    tier: String,
    key: String,
    rank: u32,
    concurrency: Option<u32>,
    per_minute: Option<u32>,
    timeout_ms: Option<u64>,
    context_tokens: Option<u32>,
    prompt_price: f64,
    completion_price: f64,
    ca_pem: Option<String>,
    private: Option<String>,
    embeds: Option<String>,
    enabled: Option<String>,
) -> Called<ModelView> {
    let services = serve::services()?;
    let known = serve::answer(services.models.list(&serve::caller()).await)?.items.into_iter().find(|known| known.id == Some(id));
    // Of one that is gone the service says so, to whoever may know.
    let base = match known {
        Some(known) => known.settings,
        None => ModelSettings::unset(),
    };
    let enabled = enabled.is_some();
    let form = Form {
        name,
        base_url,
        model,
        tier,
        key,
        rank,
        concurrency,
        per_minute,
        timeout_ms,
        context_tokens,
        prompt_price,
        completion_price,
        ca_pem,
        private,
        embeds,
        enabled,
    };
    let changed = serve::answer(services.models.update(&serve::caller(), id, form.read(base)?).await)?;
    serve::go_back();
    Ok(changed)
}

/// Removes a model.
///
/// # Errors
/// As [`ModelService::remove`](baton_domain::services::ModelService::remove).
#[server(name = RemoveModel, endpoint = "/models/remove", input = PostUrl, output = Json)]
pub async fn remove(id: ModelId) -> Called<()> {
    serve::answer(serve::services()?.models.remove(&serve::caller(), id).await)?;
    serve::go_back();
    Ok(())
}

/// Tests a model.
///
/// # Errors
/// As [`ModelService::test`](baton_domain::services::ModelService::test).
#[server(name = TestModel, endpoint = "/models/test", input = PostUrl, output = Json)]
pub async fn test(name: String) -> Called<ModelTest> {
    let found = serve::answer(serve::services()?.models.test(&serve::caller(), &name).await)?;
    serve::go_back();
    Ok(found)
}

/// What a task's attempts asked models.
///
/// # Errors
/// As [`ModelService::calls`](baton_domain::services::ModelService::calls).
#[server(name = ListModelCalls, endpoint = "/models/calls", input = Json, output = Json)]
pub async fn calls(task: TaskId) -> Called<Vec<ModelCallView>> {
    serve::answer(serve::services()?.models.calls(&serve::caller(), task).await)
}

/// Sets the project's budget of a month; an empty field is no limit. `cost` is in the installation's currency.
///
/// # Errors
/// As [`ModelService::set_budget`](baton_domain::services::ModelService::set_budget).
#[server(name = SetModelBudget, endpoint = "/models/set_budget", input = PostUrl, output = Json)]
pub async fn set_budget(tokens: String, cost: String) -> Called<ModelBudgetView> {
    use baton_domain::problem::Problem;

    let (tokens, cost) = (tokens.trim(), cost.trim());
    let whole =
        |text: &str| text.parse::<u64>().map_err(|_| Problem::invalid_field("tokens", "write a whole number above zero, or nothing"));
    let money = |text: &str| {
        let price = text.parse::<f64>().ok().filter(|price| *price > 0.0 && *price <= 1e9);
        price.ok_or_else(|| Problem::invalid_field("cost", "write an amount above zero, or nothing"))
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be above zero and within a billion")]
    let micros = |price: f64| (price * 1e6).ceil() as u64;
    let budget = ModelBudget {
        tokens: if tokens.is_empty() { None } else { Some(whole(tokens)?) },
        cost_micros: if cost.is_empty() { None } else { Some(micros(money(cost)?)) },
    };
    let set = serve::answer(serve::services()?.models.set_budget(&serve::caller(), budget).await)?;
    serve::go_back();
    Ok(set)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    const PEM: &str = "-----BEGIN CERTIFICATE-----\nMIIB\nAAAA\n-----END CERTIFICATE-----\n";

    fn form() -> Form {
        Form {
            name: "m".into(),
            base_url: "https://api.example.com/v1".into(),
            model: "m".into(),
            tier: "small".into(),
            key: String::new(),
            rank: 3,
            concurrency: None,
            per_minute: None,
            timeout_ms: None,
            context_tokens: None,
            prompt_price: 0.0,
            completion_price: 0.0,
            ca_pem: None,
            private: None,
            embeds: None,
            enabled: true,
        }
    }

    fn stored() -> ModelSettings {
        ModelSettings {
            ca_pem: Some(PEM.into()),
            concurrency: 7,
            per_minute: 70,
            timeout_ms: 7_000,
            context_tokens: 7_777,
            ..ModelSettings::unset()
        }
    }

    #[test]
    fn what_a_form_does_not_send_stays_as_it_is() {
        let read = form().read(stored()).unwrap().settings;
        assert_eq!((read.ca_pem.as_deref(), read.rank), (Some(PEM), 3));
        assert_eq!((read.concurrency, read.per_minute, read.timeout_ms, read.context_tokens), (7, 70, 7_000, 7_777));
        let sent = Form { concurrency: Some(1), per_minute: Some(2), timeout_ms: Some(300), context_tokens: Some(4_000), ..form() };
        let read = sent.read(stored()).unwrap().settings;
        assert_eq!((read.concurrency, read.per_minute, read.timeout_ms, read.context_tokens), (1, 2, 300, 4_000));
    }

    #[test]
    fn an_authority_keeps_its_lines_and_is_changed_only_by_whoever_changes_it() {
        let after = |sent: &str| Form { ca_pem: Some(sent.into()), ..form() }.read(stored()).unwrap().settings.ca_pem;
        // As browsers send what they were given.
        assert_eq!(after(&PEM.replace('\n', "\r\n")).as_deref(), Some(PEM));
        assert_eq!(after(PEM.trim()).as_deref(), Some(PEM));
        assert_eq!(after("  \r\n"), None);
        let other = PEM.replace("AAAA", "BBBB");
        assert_eq!(after(&other.replace('\n', "\r\n")), Some(other.clone()));
        let read = Form { ca_pem: Some(other.clone()), ..form() }.read(ModelSettings::unset()).unwrap().settings;
        assert_eq!(read.ca_pem, Some(other));
    }
}
