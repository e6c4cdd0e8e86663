//! The step that is looked at: how it stands and why, what it gave, and what can be done about it.

use baton_domain::user::Permission;
use baton_domain::wire::approval::ApprovalSummary;
use baton_domain::wire::run::{RunState, StepState, StepView, WaitsFor};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

use super::facts::why;
use super::items::{items, outcome};
use super::run::Data;
use super::steps::{waits, work};
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, CheckField, LABEL};
use crate::components::icon::Sign;
use crate::components::mark::MarkPill;
use crate::components::run_table::step_mark;
use crate::components::times::{Elapsed, RelativeTime};
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::live::Fresh;
use crate::pages::task::Fact;
use crate::reactive::{effect, memo};
use crate::server_fns::goal::ReplanForm;
use crate::server_fns::runs::RetryRun;
use crate::server_fns::written::SignalForm;
use crate::session::use_session;

/// The panel; what to do where no step is chosen.
#[component]
pub(super) fn StepPanel(data: RwSignal<Data>, fresh: Fresh<Data>) -> impl IntoView {
    let step = memo(move |_| data.with(|data| data.step().cloned()));
    let asked = memo(move |_| data.with(|data| data.asked.clone()));
    let named = memo(move |_| step.with(|step| step.as_ref().map(|step| (step.id.clone(), step.label.clone()))));
    move || {
        let Some((id, label)) = named.get() else {
            let words = match asked.with(|asked| asked.step.clone()) {
                Some(step) => format!("This run has no step {step}: choose one in the graph or in the table."),
                None => "Choose a step in the graph or in the table to see what it waits for, what it gave and why it failed.".to_owned(),
            };
            return view! { <p class="text-13 text-muted">{words}</p> }.into_any();
        };
        let shown = Signal::derive(move || step.get());
        let close = asked.with(|asked| asked.address(None, None));
        view! {
            <Card
                title=label
                test_id="step"
                aside=view! {
                    <a class=Kind::Quiet.class() href=close data-noscroll="">
                        "Close"
                    </a>
                }
                    .into_any()
            >
                <div class="space-y-3">
                    {move || shown.get().map(|step| facts(&step))}
                    <Approvals data id=id.clone()/>
                    <Steering data step=shown fresh/>
                    {move || shown.get().and_then(|step| step.error).map(why)}
                    {move || {
                        let item = shown.get()?.item?;
                        outcome(&item).map(|outcome| view! {
                            <div>
                                <h3 class="text-13 font-medium">"Output"</h3>
                                {outcome}
                            </div>
                        })
                    }}
                </div>
            </Card>
            {move || {
                let page = data.with(|data| data.items.clone());
                page.map(|page| {
                    let list = items(page, &asked.get_untracked());
                    view! {
                        <Card title="Items that have begun" flush=true>
                            {list}
                        </Card>
                    }
                })
            }}
        }
        .into_any()
    }
}

fn facts(step: &StepView) -> AnyView {
    let mark = step_mark(step);
    let (ended_at, generation) = (step.ended_at, step.generation);
    let decided = step.decided_by.clone().map(|by| {
        let said = step.comment.clone().filter(|comment| !comment.trim().is_empty());
        let said = said.map(|comment| format!(": {comment}")).unwrap_or_default();
        view! { <Fact name="Decided on by">{format!("{by}{said}")}</Fact> }
    });
    let counts = step.foreach.then(|| {
        let words = format!("{} running, {} completed, {} failed, of {}", step.running, step.completed, step.failed, step.count);
        view! { <Fact name="Items">{words}</Fact> }
    });
    view! {
        <dl class="flex flex-wrap gap-x-6 gap-y-2 text-13">
            <Fact name="State">
                <MarkPill mark=Signal::stored(mark) test_id="step-state"/>
            </Fact>
            {step.uses.clone().map(|uses| view! { <Fact name="Uses"><code class="font-mono text-12">{uses}</code></Fact> })}
            {step.waits.clone().map(|wait| view! { <Fact name="Waits for">{waits(wait)}</Fact> })}
            {counts}
            {step.asked_at.map(|at| view! { <Fact name="Approval asked for"><RelativeTime at/></Fact> })}
            {decided}
            {step
                .started_at
                .map(|at| {
                    view! {
                        <Fact name="Begun">
                            <RelativeTime at/>
                        </Fact>
                        <Fact name=if ended_at.is_some() { "Took" } else { "Going for" }>
                            <Elapsed from=Some(at) to=ended_at/>
                        </Fact>
                    }
                })}
            {(generation > 1).then(|| view! { <Fact name="Try">{generation}</Fact> })}
            {work(step).map(|link| view! { <Fact name="Done by">{link}</Fact> })}
            {copied(step)}
        </dl>
    }
    .into_any()
}

/// In which run it was done, if that was another one.
fn copied(step: &StepView) -> Option<AnyView> {
    let run = step.copied_from?;
    let href = format!("/runs/{run}?step={}", step.id);
    Some(
        view! {
            <Fact name="Kept from">
                <a class="text-accent hover:underline" href=href data-testid="copied-from">
                    "the run "
                    {format::short_id(&run)}
                </a>
            </Fact>
        }
        .into_any(),
    )
}

/// Where somebody can agree to what the step would do.
#[component]
fn Approvals(data: RwSignal<Data>, id: String) -> impl IntoView {
    let open = memo(move |_| {
        data.with(|data| data.approvals.iter().filter(|approval| approval.step == id).cloned().collect::<Vec<ApprovalSummary>>())
    });
    move || {
        open.get()
            .into_iter()
            .map(|approval| {
                view! {
                    <p class="rounded-control border border-waiting p-3 text-13">
                        {approval.title}
                        " "
                        <a class="font-medium text-accent hover:underline" href=format!("/approvals/{}", approval.id) data-testid="step-approval">
                            "Look at what is asked"
                        </a>
                        <span class="block text-12 text-muted">"Until " <RelativeTime at=approval.expires_at/></span>
                    </p>
                }
            })
            .collect_view()
    }
}

/// A signal to give, or the step to be begun anew.
#[component]
fn Steering(data: RwSignal<Data>, step: Signal<Option<StepView>>, fresh: Fresh<Data>) -> impl IntoView {
    let signal = FormAction::<SignalForm>::new();
    let retry = FormAction::<RetryRun>::new();
    let replan = FormAction::<ReplanForm>::new();
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(plan)) = replan.get() {
            navigate(&format!("/plans/{}", plan.summary.id), Default::default());
        }
    });
    effect(move || {
        if signal.version().get() + retry.version().get() > 0 {
            fresh.read();
        }
    });
    let problem = Signal::derive(move || refusal(signal).or_else(|| refusal(retry)).or_else(|| refusal(replan)));
    if !use_session().may(Permission::Work) {
        return ().into_any();
    }
    let wanted = memo(move |_| {
        step.with(|step| {
            let wait = step.as_ref()?.waits.as_ref().filter(|wait| wait.kind == WaitsFor::Signal)?;
            wait.names.first().cloned()
        })
    });
    let again = memo(move |_| {
        let (id, state, part) = data.with(|data| (data.run.summary.id, data.run.summary.state, data.run.summary.parent.is_some()));
        let ended = matches!(state, RunState::Failed | RunState::Canceled) && !part;
        step.with(|step| {
            let step = step.as_ref().filter(|step| ended && matches!(step.state, StepState::Failed | StepState::Canceled))?;
            Some((id, step.id.clone(), step.state == StepState::Failed && state == RunState::Failed))
        })
    });
    // What was never come to cannot be changed.
    let forkable = memo(move |_| {
        let ended = data.with(|data| data.run.summary.state.is_ended());
        step.with(|step| {
            let step = step.as_ref().filter(|_| ended)?;
            let reached = match step.state {
                StepState::Completed | StepState::Failed => true,
                StepState::Canceled => step.asked_at.or(step.started_at).is_some(),
                _ => false,
            };
            reached.then(|| step.id.clone())
        })
    });
    let id = data.with_untracked(|data| data.run.summary.id);
    let to_fork = move || {
        forkable.get().map(|step| {
            view! {
                <p>
                    <a class=Kind::Plain.class() href=format!("/runs/{id}/fork?step={step}") data-testid="fork-step">
                        "Fork at this step"
                    </a>
                </p>
            }
        })
    };
    let to_signal = move || {
        wanted.get().map(|name| {
            view! {
                <ActionForm action=signal>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="name" value=name.clone()/>
                    <label class=LABEL for="field-signal-payload">
                        {format!("What the signal {name} brings, as JSON")}
                    </label>
                    <textarea id="field-signal-payload" name="payload" rows="3" class=format!("{CONTROL} mb-2 font-mono") spellcheck="false"></textarea>
                    <Button submits=true kind=Kind::Primary test_id="send-signal" disabled=signal.pending()>
                        "Send the signal"
                    </Button>
                </ActionForm>
            }
        })
    };
    let to_retry = move || {
        again.get().map(|(id, step, failed)| {
            let other = failed.then(|| {
                let step = step.clone();
                view! {
                    <ActionForm action=replan>
                        <input type="hidden" name="run" value=id.to_string()/>
                        <input type="hidden" name="step" value=step/>
                        <CheckField name="use_model" label="A language model may help" form="replan-"/>
                        <Button submits=true test_id="replan-step" disabled=replan.pending()>
                            "Find another way"
                        </Button>
                    </ActionForm>
                }
            });
            view! {
                {other}
                <ActionForm action=retry>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="step" value=step/>
                    <Button submits=true sign=Sign::Repeat test_id="retry-step" disabled=retry.pending()>
                        "Retry from here"
                    </Button>
                </ActionForm>
            }
        })
    };
    view! {
        <LastProblem problem/>
        {to_signal}
        {to_retry}
        {to_fork}
    }
    .into_any()
}
