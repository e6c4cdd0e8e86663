//! How everything is said in one sentence, linked to what it is about.

use baton_domain::agent::AgentStatus;
use leptos::prelude::*;

use super::model::Model;
use crate::components::icon::{Icon, Sign};
use crate::format;

/// From this share of failed attempts on something is wrong.
const TOO_MANY_FAIL: f64 = 0.05;

/// The sentence as it is now.
#[expect(clippy::cast_precision_loss, reason = "counts of one hour")]
pub(super) fn draw(model: &Model) -> AnyView {
    let takes_work = model.agents.with(|agents| agents.iter().any(|agent| agent.with(|agent| agent.status == AgentStatus::Active)));
    let (failed, ended, run) = model.series.with(|series| {
        let total = &series.total;
        (total.failed, total.failed + total.completed, total.run_ms)
    });
    let done_today = model.day.with(|day| day.completed);
    let (class, sign, text, href) = if !takes_work {
        ("text-danger", Sign::Alert, "No agent takes work: resume one, or nothing will run.".to_owned(), "/agents")
    } else if ended > 0 && failed as f64 / ended as f64 > TOO_MANY_FAIL {
        let text = format!("{} of {} attempts failed in the last hour.", format::count(failed), format::count(ended));
        ("text-danger", Sign::Alert, text, "/tasks?state=failed")
    } else if done_today == 0 && ended == 0 {
        ("text-success", Sign::Check, "All good: the agents wait for work.".to_owned(), "/tasks/new")
    } else {
        let quick = run.map_or_else(String::new, |run| format!(", p95 {}", format::millis(run.p95)));
        let tasks = if done_today == 1 { "task" } else { "tasks" };
        ("text-success", Sign::Check, format!("All good: {} {tasks} in the last 24 hours{quick}.", format::count(done_today)), "/tasks")
    };
    view! {
        <p class="flex items-center gap-2 text-16" data-testid="summary">
            <span class=class>
                <Icon sign/>
            </span>
            <a class="hover:underline" href=href>
                {text}
            </a>
        </p>
    }
    .into_any()
}
