//! Cancels what the list is filtered by: asked for twice, since it cannot be undone.

use baton_domain::task::TaskState;
use baton_domain::user::Permission;
use baton_domain::wire::task::{BulkCancel, TaskFilter};
use leptos::prelude::*;

use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::icon::Sign;
use crate::server_fns::tasks::CancelAll;
use crate::session::use_session;

/// The button, behind a fold; nothing where nothing could be cancelled.
#[component]
pub(super) fn CancelFiltered(filter: TaskFilter) -> impl IntoView {
    let live = filter.states.is_empty() || filter.states.iter().any(|state| !state.is_terminal());
    if !live || !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let cancel = ServerAction::<CancelAll>::new();
    let problem = Signal::derive(move || cancel.value().get().and_then(Result::err).map(|error| error.0));
    let said = move || {
        cancel.value().get().and_then(Result::ok).map(|answer| {
            let more = if answer.next_cursor.is_some() { " There are more: press again." } else { "" };
            format!("{} asked to end.{more}", answer.count)
        })
    };
    let states: Vec<TaskState> = filter.states.iter().copied().filter(|state| !state.is_terminal()).collect();
    let filter = StoredValue::new(TaskFilter { states, cursor: None, limit: Some(500), ..filter });
    let send = move |_| {
        cancel.dispatch(CancelAll { which: BulkCancel { filter: filter.get_value() } });
    };
    view! {
        <details class="rounded-card border border-line bg-raised p-4 text-13" data-testid="cancel-filtered">
            <summary class="font-medium">"Cancel what this filter shows"</summary>
            <LastProblem problem/>
            <div class="mt-3 flex flex-wrap items-center gap-3">
                <p class="text-soft">"Every task that fits and has not ended, the newest 500 at a time. This cannot be undone."</p>
                <span on:click=send>
                    <Button kind=Kind::Danger sign=Sign::Stop test_id="cancel-all" disabled=cancel.pending()>
                        "Cancel them"
                    </Button>
                </span>
                <span role="status" aria-live="polite">{said}</span>
            </div>
        </details>
    }
    .into_any()
}
