//! What may the project spend on models in a month, and how much is spent?

use baton_domain::wire::model::ModelBudgetView;
use leptos::prelude::*;

use super::money;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::TextField;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::server_fns::models::SetModelBudget;

#[component]
pub(super) fn Budget(budget: ModelBudgetView, may: bool, set: FormAction<SetModelBudget>) -> impl IntoView {
    let of = |spent: String, limit: Option<String>| match limit {
        Some(limit) => format!("{spent} of {limit}"),
        None => format!("{spent}, no limit"),
    };
    let tokens = of(format::count(budget.tokens), budget.budget.tokens.map(format::count));
    let cost = of(money(budget.cost_micros), budget.budget.cost_micros.map(money));
    view! {
        <Card title="This month (UTC)">
            <dl class="mb-3 flex flex-wrap gap-x-8 gap-y-2" data-testid="model-budget">
                <div>
                    <dt class="text-12 text-muted">"Tokens"</dt>
                    <dd class="font-mono text-13 tabular-nums">{tokens}</dd>
                </div>
                <div>
                    <dt class="text-12 text-muted">"Cost"</dt>
                    <dd class="font-mono text-13 tabular-nums">{cost}</dd>
                </div>
            </dl>
            {may
                .then(|| {
                    view! {
                        <ActionForm action=set>
                            <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[1fr_1fr_auto]">
                                <TextField
                                    form="budget-"
                                    name="tokens"
                                    label="At most so many tokens"
                                    value=budget.budget.tokens.map(|tokens| tokens.to_string()).unwrap_or_default()
                                    autocomplete="off"
                                    placeholder="no limit"
                                />
                                <TextField
                                    form="budget-"
                                    name="cost"
                                    label="At most this cost"
                                    value=budget.budget.cost_micros.map(|micros| (micros as f64 / 1e6).to_string()).unwrap_or_default()
                                    autocomplete="off"
                                    placeholder="no limit"
                                />
                                <Button submits=true kind=Kind::Primary test_id="set-model-budget" disabled=set.pending()>"Set"</Button>
                            </div>
                        </ActionForm>
                    }
                })}
        </Card>
    }
    .into_any()
}
