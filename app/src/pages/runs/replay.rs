//! Does the run come to the same again? A button, and what came of it.

use baton_domain::wire::replay::{DifferenceView, ReplayDivergence, ReplayReport, Taken, TakenKind};
use baton_domain::wire::run::RunSummary;
use leptos::prelude::*;

use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::Button;
use crate::components::card::Card;
use crate::components::icon::Sign;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::reactive::memo;
use crate::server_fns::replays::ReplayRun;
use crate::session::use_session;
use baton_domain::user::Permission;

/// How much of what was taken from the recording is listed.
const LISTED: usize = 20;

/// The card of replays, once the run has ended.
#[component]
pub(super) fn Replay(summary: Memo<RunSummary>) -> impl IntoView {
    let replay = FormAction::<ReplayRun>::new();
    let ended = memo(move |_| summary.with(|run| (run.id, run.state.is_ended())));
    let problem = Signal::derive(move || refusal(replay));
    let may = use_session().may(Permission::Work);
    let report = move || replay.get().and_then(Result::ok).map(shown);
    move || {
        let (id, ended) = ended.get();
        ended.then(|| {
            let form = may.then(|| {
                view! {
                    <ActionForm action=replay>
                        <input type="hidden" name="id" value=id.to_string()/>
                        <Button submits=true sign=Sign::Repeat test_id="replay-run" disabled=replay.pending()>
                            "Replay"
                        </Button>
                    </ActionForm>
                }
            });
            view! {
                <Card title="Replay" test_id="run-replay">
                    <div class="space-y-3">
                        <p class="text-13 text-muted">
                            "The agents do their work once more, answered from what was recorded, with nothing outside. All of it must come to the same."
                        </p>
                        <LastProblem problem/>
                        {form}
                        {report}
                        <p class="text-13">
                            <a
                                class="underline"
                                href=format!("/api/v1/runs/{id}/recording")
                                rel="external"
                                data-testid="run-recording"
                            >
                                "The recording as JSON"
                            </a>
                        </p>
                    </div>
                </Card>
            }
        })
    }
}

fn shown(report: ReplayReport) -> AnyView {
    let tone = if report.equal { "border-line bg-raised" } else { "border-danger bg-danger-tint" };
    let words = if report.equal { "It came to the same, byte for byte." } else { "It does not come to the same." };
    let counts = format!(
        "{} steps and items gone through, {} tasks done again, {} calls answered, in {}.",
        format::count(report.steps),
        format::count(report.rehearsed),
        format::count(report.calls),
        format::millis(millis(report.took_ms)),
    );
    let taken = report.taken_count;
    view! {
        <div class=format!("space-y-2 rounded-control border p-3 text-13 {tone}") role="status" data-testid="replay-report" data-equal=report.equal.to_string()>
            <p class="font-medium">{words}</p>
            <p class="text-muted">{counts}</p>
            {report.divergence.map(divergence)}
            {(taken > 0).then(|| taken_list(report.taken, taken))}
        </div>
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "spans of a replay are far below 2^53 ms")]
const fn millis(span: u64) -> f64 {
    span as f64
}

fn divergence(divergence: ReplayDivergence) -> AnyView {
    let href = format!("/docs/errors/{}", divergence.code);
    let rows: Vec<_> = divergence.differences.into_iter().map(difference).collect();
    view! {
        <p class="break-words" data-testid="replay-divergence" data-step=divergence.step>
            <a class="font-mono text-12 underline" href=href rel="external">
                {divergence.code}
            </a>
            " "
            {divergence.message}
        </p>
        <ul class="space-y-1">{rows}</ul>
    }
    .into_any()
}

fn difference(difference: DifferenceView) -> AnyView {
    let side = |side: Option<String>| side.unwrap_or_else(|| "nothing".to_owned());
    view! {
        <li class="break-all font-mono text-12">
            {if difference.pointer.is_empty() { "/".to_owned() } else { difference.pointer }}
            ": "
            <del>{side(difference.recorded)}</del>
            " → "
            <ins>{side(difference.now)}</ins>
        </li>
    }
    .into_any()
}

const fn kind_words(kind: TakenKind) -> &'static str {
    match kind {
        TakenKind::Tool => "tool",
        TakenKind::Decision => "decision",
        TakenKind::Approval => "approval",
        TakenKind::Signal => "signal",
        TakenKind::Timer => "timer",
        TakenKind::Copied => "copied",
        TakenKind::Control => "control",
    }
}

fn taken_list(taken: Vec<Taken>, count: u64) -> AnyView {
    let items: Vec<_> = taken
        .into_iter()
        .take(LISTED)
        .map(|taken| {
            let place = if taken.step.is_empty() { "the run".to_owned() } else { taken.step };
            view! {
                <li>
                    <span class="font-mono text-12">{place}</span>
                    {format!(" ({}): {}", kind_words(taken.kind), taken.why)}
                </li>
            }
        })
        .collect();
    let more = count.saturating_sub(items.len() as u64);
    view! {
        <p>"Taken from the recording:"</p>
        <ul class="list-disc pl-5 text-muted" data-testid="replay-taken">
            {items}
            {(more > 0).then(|| view! { <li>{format!("and {} more", format::count(more))}</li> })}
        </ul>
    }
    .into_any()
}
