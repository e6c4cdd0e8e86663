//! On what terms a task runs: what it depends on, its share among fairness keys, what it may use up.

use baton_domain::wire::task::TaskDetail;
use leptos::prelude::*;

use super::facts::Fact;
use crate::components::card::Card;
use crate::components::pill::state_word;
use crate::reactive::memo;

/// The card; nothing for a task that has no terms.
#[component]
pub(super) fn Terms(detail: RwSignal<TaskDetail>) -> impl IntoView {
    let terms = memo(move |_| {
        detail.with(|detail| {
            let key = detail.summary.fairness_key.clone();
            (detail.depends_on.clone(), key, detail.fairness_weight, detail.budget)
        })
    });
    move || {
        let (depends_on, key, weight, budget) = terms.get();
        if depends_on.is_empty() && key.is_none() && budget.is_none() {
            return ().into_any();
        }
        let needed: Vec<_> = depends_on
            .into_iter()
            .map(|needed| {
                view! {
                    <li data-testid="dependency">
                        <a class="text-accent hover:underline" href=format!("/tasks/{}", needed.id)>
                            {needed.title}
                        </a>
                        <span class="text-muted">{format!(" · {}", state_word(needed.state))}</span>
                    </li>
                }
            })
            .collect();
        let needed = (!needed.is_empty()).then(|| view! { <Fact name="Depends on"><ul>{needed}</ul></Fact> });
        let share = key.map(|key| view! { <Fact name="Fairness key">{format!("{key}, weight {weight}")}</Fact> });
        let budget = budget.map(|budget| {
            let tokens = budget.tokens.map(|tokens| format!("{tokens} tokens"));
            let cost = budget.cost.map(|cost| format!("cost {cost}"));
            let words: Vec<String> = tokens.into_iter().chain(cost).collect();
            view! { <Fact name="At most">{words.join(", ")}</Fact> }
        });
        view! {
            <Card title="Terms" test_id="terms">
                <dl class="flex flex-col gap-2 text-13">{needed} {share} {budget}</dl>
            </Card>
        }
        .into_any()
    }
}
