//! How an agent is shown among others: who it is, what it does now, whether it takes work.

use baton_domain::agent::{AgentStatus, Family};
use baton_domain::user::Permission;
use baton_domain::wire::agent::AgentView;
use leptos::prelude::*;

use super::banner::LastProblem;
use super::button::Button;
use super::icon::{Icon, Sign};
use super::pill::AgentPill;
use super::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::reactive::{effect, memo};
use crate::server_fns::agents::{Drain, Resume};
use crate::session::use_session;

/// The most slots that are drawn as dots.
const DOTS: u32 = 16;

/// The words for a family.
#[must_use]
pub const fn family_word(family: Family) -> &'static str {
    match family {
        Family::DataScience => "data science",
        Family::Nlp => "language",
        Family::WebAutomation => "web",
        Family::Documentation => "documents",
        Family::CodeAnalysis => "code",
        Family::Custom => "custom",
    }
}

/// An agent.
#[component]
pub fn AgentCard(
    /// The agent as it is now.
    agent: ArcRwSignal<AgentView>,
    /// Whether it can be drained and resumed here.
    #[prop(optional)]
    actions: bool,
) -> impl IntoView {
    let agent = RwSignal::from(agent);
    let (id, name, title, description, family) =
        agent.with_untracked(|agent| (agent.id, agent.name.clone(), agent.title.clone(), agent.description.clone(), agent.family));
    let status = memo(move |_| agent.with(|agent| agent.status));
    view! {
        <article
            class="flex min-w-0 flex-col gap-2 rounded-card border border-line bg-raised p-4"
            data-testid="agent-card"
            data-name=name
            data-status=move || status.get().as_str()
        >
            <div class="flex items-start justify-between gap-2">
                <h3 class="flex min-w-0 items-center gap-2 text-14 font-semibold">
                    <span class="rounded-control bg-accent-tint p-1.5 text-accent">
                        <Icon sign=Sign::of_family(family)/>
                    </span>
                    <a class="truncate hover:underline" href=format!("/agents/{id}")>
                        {title}
                    </a>
                </h3>
                <AgentPill status/>
            </div>
            <p class="line-clamp-2 text-13 text-muted">{description}</p>
            <Slots agent/>
            <p class="text-12 text-muted">
                {family_word(family)} ", " {move || agent.with(done)}
                {move || agent.with(|agent| agent.last_active_at).map(|at| view! { ", active " <RelativeTime at/> })}
            </p>
            {actions.then(|| view! { <AgentActions agent/> })}
        </article>
    }
    .into_any()
}

fn done(agent: &AgentView) -> String {
    format!("{} done, {} failed", format::count(agent.completed), format::count(agent.failed))
}

/// The slots of an agent as dots, with the numbers beside them.
#[component]
pub fn Slots(
    /// The agent.
    agent: RwSignal<AgentView>,
) -> impl IntoView {
    let dots = move || {
        let (slots, busy) = agent.with(|agent| (agent.slots, agent.busy));
        (0..slots.min(DOTS))
            .map(|index| {
                let colour = if index < busy { "bg-running" } else { "border border-line-strong" };
                view! { <span class=format!("size-2 rounded-full {colour}")></span> }
            })
            .collect_view()
    };
    view! {
        <div class="flex items-center gap-2">
            <span class="flex flex-wrap gap-1" aria-hidden="true">
                {dots}
            </span>
            <span class="text-12 tabular-nums text-soft" data-testid="busy">
                {move || agent.with(|agent| format!("{} of {} busy", agent.busy, agent.slots))}
            </span>
        </div>
    }
    .into_any()
}

/// Drain or resume, whichever fits.
#[component]
pub fn AgentActions(
    /// The agent.
    agent: RwSignal<AgentView>,
) -> impl IntoView {
    let drain = FormAction::<Drain>::new();
    let resume = FormAction::<Resume>::new();
    let id = agent.with_untracked(|agent| agent.id.to_string());
    // The answer is the agent as it is now; its event may come before or after.
    effect(move || {
        if let Some(Ok(view)) = drain.get() {
            agent.try_set(view);
        }
    });
    effect(move || {
        if let Some(Ok(view)) = resume.get() {
            agent.try_set(view);
        }
    });
    let problem = Signal::derive(move || {
        let failed = |value: Option<Result<AgentView, crate::server_fns::ApiError>>| value.and_then(Result::err).map(|error| error.0);
        failed(drain.get()).or_else(|| failed(resume.get()))
    });
    let active = memo(move |_| agent.with(|agent| agent.status == AgentStatus::Active));
    if !use_session().may(Permission::Operate) {
        return ().into_any();
    }
    view! {
        <LastProblem problem/>
        <div class="mt-auto flex gap-2 pt-1">
            {move || {
                let id = id.clone();
                if active.get() {
                    view! {
                        <ActionForm action=drain>
                            <input type="hidden" name="id" value=id/>
                            <Button submits=true sign=Sign::Pause test_id="drain" disabled=drain.pending()>
                                "Drain"
                            </Button>
                        </ActionForm>
                    }
                        .into_any()
                } else {
                    view! {
                        <ActionForm action=resume>
                            <input type="hidden" name="id" value=id/>
                            <Button submits=true sign=Sign::Play test_id="resume" disabled=resume.pending()>
                                "Resume"
                            </Button>
                        </ActionForm>
                    }
                        .into_any()
                }
            }}
        </div>
    }
    .into_any()
}
