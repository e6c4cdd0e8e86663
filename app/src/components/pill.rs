//! How a state is shown: the same colour, sign and word everywhere.

use baton_domain::agent::AgentStatus;
use baton_domain::task::{TaskState, WaitKind};
use leptos::prelude::*;

use super::icon::{Icon, Sign};

/// The word that people read.
#[must_use]
pub const fn state_word(state: TaskState) -> &'static str {
    match state {
        TaskState::TimedOut => "timed out",
        other => other.as_str(),
    }
}

/// What a waiting task waits for, in words.
#[must_use]
pub const fn wait_word(kind: WaitKind) -> &'static str {
    match kind {
        WaitKind::Timer => "its time",
        WaitKind::Dependency => "other tasks",
        WaitKind::Input => "input",
        WaitKind::Auth => "credentials",
        WaitKind::Approval => "approval",
        WaitKind::Decision => "a decision",
        WaitKind::Child => "a task of its own",
        WaitKind::Budget => "budget",
    }
}

/// The colour of a state, as a text class.
#[must_use]
pub const fn state_colour(state: TaskState) -> &'static str {
    match state {
        TaskState::Queued => "text-queued",
        TaskState::Assigned => "text-assigned",
        TaskState::Running => "text-running",
        TaskState::Waiting => "text-waiting",
        TaskState::Paused => "text-paused",
        TaskState::Completed => "text-completed",
        TaskState::Failed => "text-failed",
        TaskState::Canceled => "text-canceled",
        TaskState::Rejected => "text-rejected",
        TaskState::TimedOut => "text-timed-out",
    }
}

/// A task's state.
#[component]
pub fn StatePill(
    /// The state.
    #[prop(into)]
    state: Signal<TaskState>,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    let class = move || {
        format!(
            "inline-flex items-center gap-1 whitespace-nowrap rounded-full border border-current bg-raised px-2 py-px text-12 font-medium {}",
            state_colour(state.get()),
        )
    };
    let pulse = move || if state.get() == TaskState::Running { "inline-flex animate-pulse-slow" } else { "inline-flex" };
    view! {
        <span class=class data-testid=test_id data-state=move || state.get().as_str()>
            <span class=pulse>
                <Icon sign=Signal::derive(move || Sign::of_state(state.get())) size="size-3"/>
            </span>
            {move || state_word(state.get())}
        </span>
    }
    .into_any()
}

/// What an agent takes on.
#[component]
pub fn AgentPill(
    /// The status.
    #[prop(into)]
    status: Signal<AgentStatus>,
) -> impl IntoView {
    let class = move || {
        let colour = match status.get() {
            AgentStatus::Active => "text-completed",
            AgentStatus::Draining => "text-waiting",
            AgentStatus::Drained => "text-paused",
        };
        format!(
            "inline-flex items-center gap-1 whitespace-nowrap rounded-full border border-current bg-raised px-2 py-px text-12 font-medium {colour}"
        )
    };
    let sign = Signal::derive(move || match status.get() {
        AgentStatus::Active => Sign::Check,
        AgentStatus::Draining => Sign::Clock,
        AgentStatus::Drained => Sign::Pause,
    });
    view! {
        <span class=class>
            <Icon sign size="size-3"/>
            {move || status.get().as_str()}
        </span>
    }
    .into_any()
}
