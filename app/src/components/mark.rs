//! How is the state of something shown that is no task? With the colour and sign of the task's state that it is most like, and words of its own.

use baton_domain::task::TaskState;
use leptos::prelude::*;

use super::icon::{Icon, Sign};
use super::pill::state_colour;
use crate::reactive::memo;

/// How something stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Mark {
    /// Whose colour and sign it has.
    pub look: TaskState,
    /// The state's name, for programs.
    pub state: &'static str,
    /// What people read.
    pub words: String,
}

impl Mark {
    /// A state whose name people can read.
    #[must_use]
    pub fn new(look: TaskState, state: &'static str) -> Self {
        Self { look, state, words: state.replace('_', " ") }
    }

    /// The same with more to say.
    #[must_use]
    pub fn saying(self, words: impl Into<String>) -> Self {
        Self { words: words.into(), ..self }
    }
}

/// A state as a pill.
#[component]
pub fn MarkPill(
    /// The state.
    #[prop(into)]
    mark: Signal<Mark>,
    /// What a test holds on to.
    #[prop(optional, into)]
    test_id: Option<&'static str>,
) -> impl IntoView {
    let look = memo(move |_| mark.with(|mark| mark.look));
    let class = move || {
        let colour = state_colour(look.get());
        format!(
            "inline-flex items-center gap-1 whitespace-nowrap rounded-full border border-current bg-raised px-2 py-px text-12 font-medium {colour}"
        )
    };
    let pulse = move || if look.get() == TaskState::Running { "inline-flex animate-pulse-slow" } else { "inline-flex" };
    view! {
        <span class=class data-testid=test_id data-state=move || mark.with(|mark| mark.state)>
            <span class=pulse>
                <Icon sign=Signal::derive(move || Sign::of_state(look.get())) size="size-3"/>
            </span>
            {move || mark.with(|mark| mark.words.clone())}
        </span>
    }
    .into_any()
}
