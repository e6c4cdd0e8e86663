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
    prompt_price: f64,
    completion_price: f64,
    ca_pem: String,
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
            ca_pem: Some(self.ca_pem.trim().to_owned()).filter(|pem| !pem.is_empty()),
            // What was found out of another endpoint says nothing of this one.
            capabilities: base.capabilities.filter(|_| same_host),
            ..base
        };
        Ok(NewModel { name: self.name.trim().to_owned(), settings, key: Some(Secret(self.key)).filter(|key| !key.0.is_empty()) })
    }
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
    prompt_price: f64,
    completion_price: f64,
    ca_pem: String,
    private: Option<String>,
    embeds: Option<String>,
) -> Called<ModelView> {
    let services = serve::services()?;
    let presets = serve::answer(services.models.presets(&serve::caller()).await)?;
    let unknown = || baton_domain::problem::Problem::invalid_field("preset", "choose one of the list");
    let preset = presets.into_iter().find(|known| known.id == preset).ok_or_else(unknown)?;
    let form = Form { name, base_url, model, tier, key, rank, prompt_price, completion_price, ca_pem, private, embeds, enabled: true };
    let made = serve::answer(services.models.create(&serve::caller(), form.read(preset.settings)?).await)?;
    serve::go_back();
    Ok(made)
}

/// Changes a model; what the form does not show stays as it is.
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
    prompt_price: f64,
    completion_price: f64,
    ca_pem: String,
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
    let form = Form { name, base_url, model, tier, key, rank, prompt_price, completion_price, ca_pem, private, embeds, enabled };
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
