//! How did a decision go on? Its stages, each with why it was begun, and what made no difference.

use leptos::prelude::*;

use super::decision::Data;
use super::words::{stage_words, why_words};
use crate::components::card::Card;
use crate::format;
use crate::reactive::memo;

/// The stages, oldest first.
#[component]
pub(super) fn Story(data: RwSignal<Data>) -> impl IntoView {
    let story = memo(move |_| data.with(|data| data.detail.story.clone()));
    let ignored = memo(move |_| data.with(|data| (data.detail.ignored.clone(), data.detail.budget_spent)));
    let steps = move || {
        story
            .get()
            .into_iter()
            .map(|step| {
                let asked = match step.asked {
                    0 => String::new(),
                    1 => ", 1 asked".to_owned(),
                    count => format!(", {count} asked"),
                };
                view! {
                    <li class="grid grid-cols-[5.5rem_1fr] gap-2 border-l-2 border-line py-1.5 pl-3" data-testid="story-step" data-stage=step.stage.clone()>
                        <time class="font-mono text-12 text-muted" datetime=step.at.to_string() title=format::instant(step.at)>
                            {format::clock(step.at)}
                        </time>
                        <div class="min-w-0">
                            <p class="text-13 first-letter:uppercase">{stage_words(&step.stage).to_owned()} {asked}</p>
                            <p class="break-words text-12 text-muted">{why_words(&step.why)}</p>
                        </div>
                    </li>
                }
            })
            .collect_view()
    };
    let notes = move || {
        let (ignored, spent) = ignored.get();
        let left: Vec<String> = ignored.iter().map(|(why, count)| format!("{} {}", format::count(*count), why.replace('_', " "))).collect();
        view! {
            {(!left.is_empty()).then(|| view! { <p class="mt-2 text-12 text-muted">{format!("Made no difference: {}.", left.join(", "))}</p> })}
            {spent.then(|| view! { <p class="mt-2 text-12 text-warning">"Its budget is spent: no model is asked any more."</p> })}
        }
    };
    view! {
        <Card title="Story">
            <ol data-testid="story">{steps}</ol>
            {notes}
        </Card>
    }
    .into_any()
}
