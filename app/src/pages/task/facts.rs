//! The facts of a task in a row.

use baton_domain::id::TaskId;
use baton_domain::wire::task::{TaskDetail, TaskSummary};
use leptos::prelude::*;

use crate::components::pill::wait_word;
use crate::components::times::{Elapsed, RelativeTime};

/// Skill, agent, attempt, priority, times, who.
#[component]
pub(super) fn Facts(task: RwSignal<TaskSummary>, id: TaskId, detail: RwSignal<TaskDetail>) -> impl IntoView {
    let (skill, created_by, created_at, priority) =
        task.with_untracked(|task| (task.skill.clone(), task.created_by.clone(), task.created_at, task.priority.word()));
    let (rerun_of, run, parent) = task.with_untracked(|task| (task.rerun_of, task.run_id, task.parent_id));
    let children = move || {
        let any = detail.with(|detail| detail.has_children);
        any.then(|| linked("Tasks it asked for", format!("/tasks?parent_id={id}"), "the list of them"))
    };
    let agent = move || {
        let agent = task.with(|task| task.agent.clone());
        match agent {
            Some(agent) => {
                view! { <a class="text-accent hover:underline" href=format!("/agents/{}", agent.id)>{agent.name}</a> }.into_any()
            }
            None if detail.with(|detail| detail.decide.is_some()) => "several, see Voters".into_any(),
            None if task.with(|task| task.state.is_terminal()) => "none".into_any(),
            None => "none yet".into_any(),
        }
    };
    let attempt = move || task.with(|task| format!("{} of at most {}", task.attempt, task.maximum_attempts));
    // What several do begins when they are asked.
    let from = Signal::derive(move || {
        let asked = detail.with(|detail| detail.decide.is_some().then_some(detail.summary.created_at));
        task.with(|task| task.started_at).or(asked)
    });
    let to = Signal::derive(move || task.with(|task| task.finished_at));
    let waits = move || task.with(|task| task.wait_kind).map(|kind| view! { <Fact name="Waits for">{wait_word(kind)}</Fact> });
    let not_before = move || {
        task.with(|task| task.not_before.filter(|_| !task.state.is_terminal() && !task.state.holds_lease()))
            .map(|at| view! { <Fact name="Not before"><RelativeTime at/></Fact> })
    };
    let checkpoint = move || {
        let at = detail.with(|detail| detail.checkpoint_at).filter(|_| task.with(|task| !task.state.is_terminal()));
        at.map(|at| view! { <Fact name="Last checkpoint"><RelativeTime at/></Fact> })
    };
    view! {
        <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
            <Fact name="Skill">
                <code class="font-mono">{skill}</code>
            </Fact>
            <Fact name="Agent">{agent}</Fact>
            <Fact name="Attempt">{attempt}</Fact>
            <Fact name="Priority">{priority}</Fact>
            <Fact name="Submitted">
                <RelativeTime at=created_at/>
                " by "
                {created_by}
            </Fact>
            <Fact name="Took">
                <Elapsed from to/>
            </Fact>
            {waits}
            {not_before}
            {checkpoint}
            {rerun_of.map(|original| linked("Runs again", format!("/tasks/{original}"), "the earlier task"))}
            {run.map(|run| linked("Part of run", format!("/runs/{run}"), "the run"))}
            {parent.map(|parent| linked("Asked for by", format!("/tasks/{parent}"), "another task"))}
            {children}
            <Fact name="Id">
                <code class="break-all font-mono text-12">{id.to_string()}</code>
            </Fact>
        </dl>
    }
    .into_any()
}

/// What else belongs to the task, as a link.
fn linked(name: &'static str, href: String, words: &'static str) -> AnyView {
    view! {
        <Fact name=name>
            <a class="text-accent hover:underline" href=href>
                {words}
            </a>
        </Fact>
    }
    .into_any()
}

/// A name and what it is.
#[component]
pub(in crate::pages) fn Fact(name: &'static str, children: Children) -> impl IntoView {
    view! {
        <div class="min-w-0">
            <dt class="text-12 text-muted">{name}</dt>
            <dd class="min-w-0 break-words">{children()}</dd>
        </div>
    }
    .into_any()
}
