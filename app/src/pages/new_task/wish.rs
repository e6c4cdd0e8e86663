//! Which skill does what somebody wants? They say it in their words, and the skills that fit are shown.

use baton_domain::user::Permission;
use baton_domain::wire::assistance::{SkillSuggestion, SkillSuggestions, SkillWish};
use leptos::prelude::*;
use leptos_router::components::Form;

use crate::components::banner::{LastProblem, ProblemBanner};
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL};
use crate::page_data::PageData;
use crate::server_fns::tasks::suggest;
use crate::session::use_session;

/// The field and what fits what was written into it. What was asked comes from the address, so that it works without scripts and can be
/// passed on; a model is asked by its button only.
#[component]
pub(super) fn Wish(
    /// What the address says is wanted.
    asked: Option<String>,
) -> impl IntoView {
    // What is wanted is a value: the page is drawn anew for another wish, so that nothing here outlives the address it was drawn for.
    let (wish, shown) = (asked.clone(), asked.clone().unwrap_or_default());
    let found = PageData::later(
        || (),
        move |()| {
            let wish = wish.clone();
            async move {
                match wish {
                    Some(text) => suggest(SkillWish { text, limit: None, with_model: false }).await.map(Some),
                    None => Ok(None),
                }
            }
        },
    );
    view! {
        <Card title="What do you want done?" test_id="wish">
            <Form method="get" action="/tasks/new">
                <div class="flex flex-wrap items-end gap-2">
                    <div class="min-w-0 grow">
                        <label class=LABEL for="wish">
                            "In your words"
                        </label>
                        <input
                            id="wish"
                            name="wish"
                            class=CONTROL
                            type="search"
                            maxlength="2000"
                            required=true
                            value=asked.unwrap_or_default()
                            placeholder="Find out what our customers complain about"
                            data-testid="wish-text"
                        />
                    </div>
                    <Button submits=true kind=Kind::Primary test_id="wish-ask">
                        "Find a skill"
                    </Button>
                </div>
            </Form>
            <Transition>
                {move || {
                    Some(
                        match found.get()? {
                            Ok(None) => ().into_any(),
                            Ok(Some(found)) => view! { <Suggestions found wish=shown.clone()/> }.into_any(),
                            Err(error) => view! { <ProblemBanner problem=error.0/> }.into_any(),
                        },
                    )
                }}
            </Transition>
        </Card>
    }
    .into_any()
}

#[component]
fn Suggestions(found: SkillSuggestions, wish: String) -> impl IntoView {
    if found.items.is_empty() {
        return view! {
            <p class="mt-3 text-13 text-soft" role="status" data-testid="no-suggestion">
                "No skill speaks of that. Try other words, or choose one below."
            </p>
        }
        .into_any();
    }
    let with_model = Action::new(move |text: &String| suggest(SkillWish { text: text.clone(), limit: None, with_model: true }));
    let problem = Signal::derive(move || with_model.value().get().and_then(Result::err).map(|error| error.0));
    let may = use_session().may(Permission::Work);
    let shown = Signal::derive(move || with_model.value().get().and_then(Result::ok).unwrap_or_else(|| found.clone()));
    view! {
        <ol class="mt-4 grid gap-2" aria-live="polite" data-testid="suggestions">
            {move || shown.get().items.into_iter().map(row).collect_view()}
        </ol>
        <LastProblem problem/>
        <div class="mt-3 flex flex-wrap items-center gap-3 text-12 text-muted">
            <Button
                kind=Kind::Quiet
                test_id="wish-model"
                disabled=Signal::derive(move || with_model.pending().get() || !may)
                on:click=move |_| {
                    with_model.dispatch(wish.clone());
                }
            >
                {move || if with_model.pending().get() { "Asking" } else { "Let a model choose" }}
            </Button>
            {move || with_model.value().get().and_then(Result::ok).map(chosen)}
        </div>
    }
    .into_any()
}

fn chosen(found: SkillSuggestions) -> AnyView {
    let who = match found.chosen_by {
        Some(model) => format!("{model} chose the first: "),
        None => "No other choice: ".to_owned(),
    };
    let task = found.task_id.map(|id| view! { <a class="underline" href=format!("/tasks/{id}")>"its task"</a> });
    view! { <p data-testid="wish-reason">{who} {found.reason} " " {task}</p> }.into_any()
}

fn row(found: SkillSuggestion) -> impl IntoView {
    let SkillSuggestion { skill, title, description, words, .. } = found;
    let (address, name) = (format!("/tasks/new?skill={skill}"), skill.clone());
    view! {
        <li>
            <a
                class="block rounded-control border border-line bg-raised px-3 py-2 hover:border-accent"
                href=address
                data-testid="suggestion"
                data-name=name
            >
                <span class="font-medium">{title}</span>
                <span class="ml-2 font-mono text-12 text-muted">{skill}</span>
                <span class="block text-13 text-soft">{description}</span>
                <span class="block text-12 text-muted">{format!("found by {}", words.join(", "))}</span>
            </a>
        </li>
    }
}
