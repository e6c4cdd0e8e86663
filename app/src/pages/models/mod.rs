//! Language models: which are asked in which order, what they took, what may be spent, and how to add, test and change one.

mod budget;
mod form;

use baton_domain::user::Permission;
use baton_domain::wire::model::{ModelList, ModelPreset, ModelState, ModelView};
use leptos::prelude::*;

use self::budget::Budget;
use self::form::{Add, change};
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{ACTIONS, CELL, CODE_NAME, Column, NUMBER, QUIET, TableCard};
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::page_data::PageData;
use crate::server_fns::Called;
use crate::server_fns::models::{CreateModel, RemoveModel, SetModelBudget, TestModel, UpdateModel, list, presets};
use crate::session::use_session;

/// The page of models.
#[component]
pub(crate) fn Models() -> impl IntoView {
    let create = FormAction::<CreateModel>::new();
    let update = FormAction::<UpdateModel>::new();
    let remove = FormAction::<RemoveModel>::new();
    let test = FormAction::<TestModel>::new();
    let set_budget = FormAction::<SetModelBudget>::new();
    let versions =
        move || (create.version().get(), update.version().get(), remove.version().get(), test.version().get(), set_budget.version().get());
    let data = PageData::new(versions, |_| read());
    let problem = Signal::derive(move || {
        refusal(create).or_else(|| refusal(update)).or_else(|| refusal(remove)).or_else(|| refusal(test)).or_else(|| refusal(set_budget))
    });
    let may = use_session().may(Permission::Administer);
    view! {
        <PageHead title="Models"/>
        <LastProblem problem/>
        <TestResult test/>
        {loaded(data, move |(models, presets)| {
            let changes: Vec<_> = if may { models.items.iter().filter_map(|known| change(known, update)).collect() } else { Vec::new() };
            let budget = models.budget;
            view! {
                <div class="space-y-4">
                    <Known models=models.items may remove test/>
                    {changes}
                    <Budget budget may set=set_budget/>
                    {may.then(|| view! { <Add presets create/> })}
                </div>
            }
        })}
    }
    .into_any()
}

async fn read() -> Called<(ModelList, Vec<ModelPreset>)> {
    let (models, presets) = futures::join!(list(), presets());
    Ok((models?, presets?))
}

/// What the last test found.
#[component]
fn TestResult(test: FormAction<TestModel>) -> impl IntoView {
    move || {
        let found = test.get()?.ok()?;
        let can = found.capabilities.map(|can| {
            let named = [
                ("streams", can.streaming),
                ("keeps to schemas", can.json_schema),
                ("calls tools", can.tools),
                ("places texts", can.embeddings),
            ];
            let able: Vec<&str> = named.iter().filter(|(_, able)| *able).map(|(name, _)| *name).collect();
            if able.is_empty() { " It can do nothing beyond plain answers.".to_owned() } else { format!(" It {}.", able.join(", ")) }
        });
        let words = if found.ok {
            format!("The model answered in {} ms: {}.{}", found.duration_ms, found.message, can.unwrap_or_default())
        } else {
            format!("The model did not answer: {}", found.message)
        };
        let tone = if found.ok { "border-line bg-raised" } else { "border-bad bg-raised" };
        Some(view! {
            <p class=format!("mb-4 rounded-card border px-4 py-3 text-14 {tone}") role="status" data-testid="model-test" data-ok=found.ok.to_string()>
                {words}
            </p>
        })
    }
}

#[component]
fn Known(models: Vec<ModelView>, may: bool, remove: FormAction<RemoveModel>, test: FormAction<TestModel>) -> impl IntoView {
    use Column::{Actions, Number, Text};
    let columns = vec![
        Text("Name"),
        Text("Model"),
        Text("Tier"),
        Text("State"),
        Number("Answers, 30 days"),
        Number("Failed"),
        Number("Tokens"),
        Number("Cost"),
        Text("Changed"),
        Actions,
    ];
    let rows = models.into_iter().map(|known| row(known, may, remove, test)).collect();
    view! {
        <TableCard title="In the order in which they are asked" columns rows empty="No language model can be asked." test_id="models"/>
    }
}

const fn state_words(state: ModelState) -> &'static str {
    match state {
        ModelState::Ready => "ready",
        ModelState::Resting => "resting after failures",
        ModelState::Disabled => "switched off",
        ModelState::Missing => "its weights are not here",
    }
}

/// Millionths as an amount.
pub(super) fn money(micros: u64) -> String {
    format!("{:.4}", micros as f64 / 1e6)
}

fn row(known: ModelView, may: bool, remove: FormAction<RemoveModel>, test: FormAction<TestModel>) -> AnyView {
    let usage = known.usage;
    let tokens = usage.total.prompt_tokens.saturating_add(usage.total.completion_tokens);
    let answers = if usage.cached == 0 {
        format::count(usage.answered)
    } else {
        format!("{} ({} from memory)", format::count(usage.answered), format::count(usage.cached))
    };
    let (name, id) = (known.name.clone(), known.id);
    view! {
        <tr data-testid="model-row" data-name=known.name.clone() data-state=known.state.as_str()>
            <th scope="row" class=CODE_NAME>{known.name.clone()}</th>
            <td class=CELL>{known.settings.model.clone()}</td>
            <td class=CELL>{if known.settings.embeds { "places texts" } else { known.settings.tier.as_str() }}</td>
            <td class=CELL>{state_words(known.state)}</td>
            <td class=NUMBER>{answers}</td>
            <td class=NUMBER>{format::count(usage.failed)}</td>
            <td class=NUMBER>{format::count(tokens)}</td>
            <td class=NUMBER>{money(usage.total.cost_micros)}</td>
            <td class=QUIET>
                {known.updated_at.map(|at| view! { <crate::components::times::RelativeTime at/> " by " })}
                {known.updated_by}
            </td>
            <td class=ACTIONS>
                {may
                    .then(|| {
                        view! {
                            <div class="flex justify-end gap-2">
                                <ActionForm action=test>
                                    <input type="hidden" name="name" value=name/>
                                    <Button submits=true test_id="test-model" disabled=test.pending()>"Test"</Button>
                                </ActionForm>
                                {id
                                    .map(|id| {
                                        view! {
                                            <ActionForm action=remove>
                                                <input type="hidden" name="id" value=id.to_string()/>
                                                <Button submits=true kind=Kind::Danger test_id="remove-model">"Remove"</Button>
                                            </ActionForm>
                                        }
                                    })}
                            </div>
                        }
                    })}
            </td>
        </tr>
    }
    .into_any()
}
