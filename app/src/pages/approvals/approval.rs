//! One approval: exactly what would be done, who may decide until when, and the decision.

use baton_domain::id::ApprovalId;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::approval::{ApprovalDetail, ApprovalState};
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use serde_json::Value;

use super::{mark, who_may};
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{CONTROL, LABEL};
use crate::components::icon::Sign;
use crate::components::json_tree::JsonTree;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::reactive::{effect, memo};
use crate::server_fns::approvals::{Approve, RefuseApproval, get};
use crate::server_fns::{ApiError, Called};

/// The page of one approval.
#[component]
pub(crate) fn Approval() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = PageData::new(move || id.get(), read);
    loaded(data, |detail| view! { <Content detail/> })
}

async fn read(id: String) -> Called<ApprovalDetail> {
    let Ok(id) = id.parse::<ApprovalId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchApproval, "The address holds no approval's id; look for it on the page Approvals.")));
    };
    get(id).await
}

#[component]
fn Content(detail: ApprovalDetail) -> impl IntoView {
    let first = detail.summary.clone();
    let id = first.id;
    let subject = format!("approval:{}:{}", first.run, first.step);
    let concerns = move |event: &LiveEvent| event.subject == subject;
    let fresh = Fresh::new(detail, |detail| detail.as_of, concerns, move || read(id.to_string()));
    let detail = fresh.value();
    let state = memo(move |_| detail.with(|detail| detail.summary.state));
    let mark = Signal::derive(move || mark(state.get()));
    let subject = memo(move |_| detail.with(|detail| detail.subject.clone()));
    let outcome = move || {
        let (by, at, comment) = detail.with(|detail| {
            let summary = &detail.summary;
            (summary.decided_by.clone(), summary.decided_at, summary.comment.clone())
        });
        at.map(|at| {
            let by = by.map(|by| format!(" by {by}")).unwrap_or_default();
            let comment =
                comment.filter(|comment| !comment.trim().is_empty()).map(|comment| view! { <Fact name="What was said">{comment}</Fact> });
            view! {
                <Fact name="Closed">
                    <RelativeTime at/>
                    {by}
                </Fact>
                {comment}
            }
        })
    };
    let who = who_may(&first);
    view! {
        <div class="space-y-4">
            <PageHead title=first.title.clone() facts=view! { <MarkPill mark test_id="approval-state"/> }.into_any()/>
            <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="Run">
                    <a class="text-accent underline" href=format!("/runs/{}?step={}", first.run, first.step)>
                        {first.workflow.clone()}
                    </a>
                    {format!(" version {}, step {}", first.version, first.step)}
                </Fact>
                <Fact name="Asked">
                    <RelativeTime at=first.asked_at/>
                    " by "
                    {first.requested_by.clone()}
                </Fact>
                <Fact name="Who may decide">{who}</Fact>
                <Fact name="Until">
                    <RelativeTime at=first.expires_at/>
                </Fact>
                {outcome}
            </dl>
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                <Card title="Exactly what is approved" test_id="approval-subject">
                    {move || view! { <Subject subject=subject.get()/> }}
                    <p class="mt-3 text-12 text-muted">
                        "Whoever approves agrees to this and nothing else. Should the run come to ask for something else, it has to ask again. SHA-256 "
                        <code class="break-all font-mono">{move || detail.with(|detail| detail.summary.hash.clone())}</code>
                    </p>
                </Card>
                <Verdict detail fresh/>
            </div>
        </div>
    }
    .into_any()
}

/// What would be done, part by part.
#[component]
fn Subject(subject: Value) -> impl IntoView {
    const NAMES: [(&str, &str); 6] = [
        ("question", "Question"),
        ("questions", "Questions"),
        ("options", "Options"),
        ("terms", "Terms"),
        ("input", "Input"),
        ("inputs", "Inputs, one for each item"),
    ];
    let text = |name: &str| subject.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let uses = text("uses");
    let does = match uses.split_once(':') {
        _ if uses.is_empty() => "The step does nothing by itself: it hands on what is approved.".to_owned(),
        _ if uses == "decision" => "The step opens a decision.".to_owned(),
        Some(("workflow", name)) => format!("The step runs the workflow {name}."),
        Some(("signal", name)) => format!("The step waits for the signal {name}."),
        Some(("wait", span)) => format!("The step waits for {span}."),
        _ => format!("The step runs the skill {uses}."),
    };
    let parts: Vec<_> = NAMES
        .iter()
        .filter_map(|(name, words)| {
            let value = subject.get(*name).filter(|value| !value.is_null())?.clone();
            let shown = match &value {
                Value::String(text) => view! { <p class="whitespace-pre-wrap break-words text-14">{text.clone()}</p> }.into_any(),
                _ => view! { <JsonTree value/> }.into_any(),
            };
            Some(view! {
                <div>
                    <h3 class="text-13 font-medium">{*words}</h3>
                    {shown}
                </div>
            })
        })
        .collect();
    view! {
        <div class="space-y-3">
            <p class="text-14" data-testid="approval-does">{does}</p>
            {parts}
        </div>
    }
    .into_any()
}

/// The form of whoever may decide; why not, for others.
#[component]
fn Verdict(detail: RwSignal<ApprovalDetail>, fresh: Fresh<ApprovalDetail>) -> impl IntoView {
    let approve = FormAction::<Approve>::new();
    let refuse = FormAction::<RefuseApproval>::new();
    effect(move || {
        if approve.version().get() + refuse.version().get() > 0 {
            fresh.read();
        }
    });
    let problem = Signal::derive(move || refusal(approve).or_else(|| refusal(refuse)));
    let comment = RwSignal::new(String::new());
    let offered = memo(move |_| {
        detail.with(|detail| {
            (detail.summary.id, detail.summary.hash.clone(), detail.summary.state, detail.may_decide, detail.why_not.clone())
        })
    });
    let busy = Signal::derive(move || approve.pending().get() || refuse.pending().get());
    let content = move || {
        let (id, hash, state, may, why_not) = offered.get();
        if state != ApprovalState::Open {
            let words = match state {
                ApprovalState::Approved => "It was approved; the step has begun.",
                ApprovalState::Refused => "It was refused; the step has failed.",
                ApprovalState::Expired => "Nobody decided in time; the step has failed.",
                ApprovalState::Withdrawn | ApprovalState::Open => "It is not needed any more: the run was cancelled.",
            };
            return view! { <p class="text-13 text-soft" role="status" data-testid="approval-closed">{words}</p> }.into_any();
        }
        if !may {
            let why = why_not.unwrap_or_else(|| "You may not decide on it.".to_owned());
            return view! { <p class="text-13 text-soft" data-testid="approval-why-not">{why}</p> }.into_any();
        }
        // Both forms send what stands in the one field: with scripts and, since it belongs to the first, without for who approves.
        let hidden = || {
            view! {
                <input type="hidden" name="id" value=id.to_string()/>
                <input type="hidden" name="hash" value=hash.clone()/>
            }
        };
        let (to_approve, to_refuse) = (hidden(), hidden());
        view! {
            <div class="space-y-3">
                <ActionForm action=approve attr:id="approve-form">
                    {to_approve}
                    <label class=LABEL for="field-comment">
                        "Comment"
                    </label>
                    <textarea
                        id="field-comment"
                        name="comment"
                        rows="3"
                        maxlength="2000"
                        class=CONTROL
                        aria-describedby="field-comment-help"
                        on:input=move |event| comment.set(event_target_value(&event))
                    ></textarea>
                    <p id="field-comment-help" class="mb-3 mt-1 text-12 text-muted">
                        "Kept with the verdict, for whoever reads the run later."
                    </p>
                </ActionForm>
                <div class="flex flex-wrap gap-2">
                    <button
                        type="submit"
                        form="approve-form"
                        class=Kind::Primary.class()
                        disabled=move || busy.get()
                        data-testid="approve"
                    >
                        "Approve"
                    </button>
                    <ActionForm action=refuse>
                        {to_refuse}
                        <input type="hidden" name="comment" prop:value=comment value=""/>
                        <Button submits=true kind=Kind::Danger sign=Sign::Hand test_id="refuse" disabled=busy>
                            "Refuse"
                        </Button>
                    </ActionForm>
                </div>
            </div>
        }
        .into_any()
    };
    view! {
        <Card title="Verdict">
            <div class="space-y-3">
                <LastProblem problem/>
                {content}
            </div>
        </Card>
    }
    .into_any()
}
