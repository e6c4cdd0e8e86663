//! When was each step done? The same run as bars at their times.

use baton_domain::time::Timestamp;
use baton_domain::wire::run::StepView;
use leptos::prelude::*;

use super::run::Data;
use crate::components::card::Card;
use crate::components::run_table::step_mark;
use crate::format;
use crate::live::Now;
use crate::reactive::memo;

/// The most steps that are drawn.
const DRAWN: usize = 200;

/// The bars, once a step has begun.
#[component]
pub(super) fn Times(data: RwSignal<Data>) -> impl IntoView {
    let steps = memo(move |_| {
        data.with(|data| {
            data.run.steps.iter().filter(|step| step.copied_from.is_none() && begun(step).is_some()).cloned().collect::<Vec<_>>()
        })
    });
    let whole = memo(move |_| data.with(|data| (data.run.summary.created_at, data.run.summary.ended_at, data.run.as_of)));
    let content = move || {
        let steps = steps.get();
        if steps.is_empty() {
            return None;
        }
        let (from, ended, _) = whole.get();
        // What is still going on reaches to now, as far as the page knows what time that is; it need not move each second.
        let now = use_context::<Now>().and_then(|now| now.0.get_untracked());
        let last = steps.iter().filter_map(|step| step.ended_at.or_else(|| begun(step))).max();
        let to = ended.or(now).into_iter().chain(last).max().unwrap_or(from);
        let rest = steps.len().saturating_sub(DRAWN);
        let rows: Vec<_> = steps.into_iter().take(DRAWN).map(|step| bar(&step, from, to)).collect();
        Some(view! {
            <Card title="When">
                <ul class="space-y-1 text-12" data-testid="times">
                    {rows}
                </ul>
                {(rest > 0).then(|| view! { <p class="mt-2 text-12 text-muted">{format!("and {rest} more steps")}</p> })}
            </Card>
        })
    };
    view! { {content} }.into_any()
}

/// When something of a step began: its approval, or its work.
fn begun(step: &StepView) -> Option<Timestamp> {
    step.asked_at.or(step.started_at)
}

/// Where a span lies within another, in percent from the left and in width.
#[expect(clippy::cast_precision_loss, reason = "spans of a run are far below 2^53 ms")]
fn place(from: Timestamp, to: Timestamp, begin: Timestamp, end: Timestamp) -> (f64, f64) {
    let whole = to.since(from).as_millis().max(1) as f64;
    let left = (begin.since(from).as_millis() as f64 / whole * 100.0).min(99.6);
    let width = (end.since(begin).as_millis() as f64 / whole * 100.0).max(0.4).min(100.0 - left);
    (left, width)
}

fn bar(step: &StepView, from: Timestamp, to: Timestamp) -> AnyView {
    let begin = begun(step).unwrap_or(from);
    let end = step.ended_at.unwrap_or(to);
    let (left, width) = place(from, to, begin, end);
    let colour = match step_mark(step).look {
        baton_domain::task::TaskState::Failed => "bg-failed",
        baton_domain::task::TaskState::Completed => "bg-completed",
        baton_domain::task::TaskState::Waiting => "bg-waiting",
        baton_domain::task::TaskState::Running => "bg-running",
        _ => "bg-canceled",
    };
    let took = format::between(begin, end);
    view! {
        <li class="grid grid-cols-[minmax(5rem,30%)_1fr_5.5rem] items-center gap-2">
            <span class="truncate" title=step.label.clone()>{step.label.clone()}</span>
            <span class="relative h-3 rounded-sm bg-sunken" aria-hidden="true">
                <span class=format!("absolute inset-y-0 rounded-sm {colour}") style=format!("left:{left:.2}%;width:{width:.2}%")></span>
            </span>
            <span class="whitespace-nowrap text-right tabular-nums text-soft">{took}</span>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_stays_within_the_frame() {
        let at = Timestamp::from_millis;
        assert_eq!(place(at(0), at(200), at(50), at(150)), (25.0, 50.0));
        let (left, width) = place(at(0), at(100), at(100), at(100));
        assert!(left + width <= 100.0 && width > 0.0, "{left} {width}");
    }
}
