//! One plan: the graph that is proposed and why, to be accepted, edited or refused.

use baton_domain::id::PlanId;
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Permission;
use baton_domain::wire::plan::{PlanDetail, PlanState};
use baton_domain::wire::workflow::WorkflowCheck;
use leptos::prelude::*;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::mark;
use super::why::Why;
use crate::components::action::refusal;
use crate::components::badge::Badge;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::code_editor::CodeEditor;
use crate::components::code_view::CodeView;
use crate::components::field::TextField;
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::pages::workflows::{Checked, Drawn, Found};
use crate::reactive::{effect, memo};
use crate::server_fns::goal::EditPlanForm;
use crate::server_fns::plans::{AcceptPlan, RefusePlan, get};
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// The page of one plan.
#[component]
pub(crate) fn Plan() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = PageData::new(move || id.get(), read);
    loaded(data, |detail| view! { <Content detail/> })
}

async fn read(id: String) -> Called<PlanDetail> {
    let Ok(id) = id.parse::<PlanId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchRoute, "The address holds no plan's id; look for it on the page Plans.")));
    };
    get(id).await
}

#[component]
fn Content(detail: PlanDetail) -> impl IntoView {
    let first = detail.summary.clone();
    let id = first.id;
    let subject = format!("plan:{id}");
    let concerns = move |event: &LiveEvent| event.subject == subject;
    // What stands in the editor is checked as it is typed; the stored plan is what events tell of.
    let checked = WorkflowCheck {
        problems: detail.problems.clone(),
        name: None,
        title: None,
        description: None,
        newest: 0,
        hash: None,
        graph: detail.graph.clone(),
        input_schema: None,
        output_schema: None,
    };
    let text = RwSignal::new(detail.text.clone());
    let go = RwSignal::new(None);
    let fresh = Fresh::new(detail, |detail| detail.as_of, concerns, move || read(id.to_string()));
    let detail = fresh.value();
    let checked = Checked::new(text, checked);
    let state = memo(move |_| detail.with(|detail| detail.summary.state));
    let mark = Signal::derive(move || mark(state.get()));
    let open = memo(move |_| state.get() == PlanState::Proposed);
    let may = use_session().may(Permission::Work);
    let became = move || {
        let (run, workflow, because, other, none) = detail.with(|detail| {
            let summary = &detail.summary;
            let none = summary.no_other_way.clone();
            (summary.run, summary.workflow.clone(), summary.refused_because.clone(), summary.another_way, none)
        });
        view! {
            {run
                .map(|run| {
                    view! {
                        <Fact name="Became">
                            <a class="text-accent hover:underline" href=format!("/runs/{run}") data-testid="plan-run">
                                "a run"
                            </a>
                            " of "
                            <a class="text-accent hover:underline" href=format!("/workflows/{workflow}")>
                                {workflow.clone()}
                            </a>
                        </Fact>
                    }
                })}
            {because.filter(|because| !because.is_empty()).map(|because| view! { <Fact name="Refused because">{because}</Fact> })}
            {other
                .map(|other| {
                    view! {
                        <Fact name="Its run failed">
                            <a class="text-accent hover:underline" href=format!("/plans/{other}") data-testid="another-way">
                                "another way is proposed"
                            </a>
                        </Fact>
                    }
                })}
            {none.map(|none| view! { <Fact name="No other way">{none}</Fact> })}
        }
    };
    let replaces = first.replaces.map(|run| {
        view! {
            <Fact name="Another way for">
                <a class="text-accent hover:underline" href=format!("/runs/{run}")>
                    "a run that failed"
                </a>
            </Fact>
        }
    });
    let facts = view! {
        <MarkPill mark test_id="plan-state"/>
        {move || detail.with(|detail| detail.summary.by_model).then(|| view! { <Badge>"made by a model"</Badge> })}
        {move || detail.with(|detail| detail.summary.edited).then(|| view! { <Badge>"edited"</Badge> })}
        {first.replan.then(|| view! { <Badge>"planned anew if a step fails"</Badge> })}
    };
    view! {
        <div class="space-y-4">
            <PageHead title=first.goal facts=facts.into_any()/>
            <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="Proposed">
                    <RelativeTime at=first.created_at/>
                    " to "
                    {first.created_by}
                </Fact>
                <Fact name="Workflow">
                    <code class="font-mono text-12">{first.workflow}</code>
                </Fact>
                {replaces}
                {became}
            </dl>
            {move || (may && open.get()).then(|| view! { <Verdict id checked/> })}
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                <div class="min-w-0 space-y-4">
                    <Drawn checked text go/>
                    {move || {
                        if may && open.get() {
                            view! { <Edit id detail text checked go fresh/> }.into_any()
                        } else {
                            let stored = Signal::derive(move || detail.with(|detail| detail.text.clone()));
                            view! {
                                <Card title="Document">
                                    <CodeView text=stored label="Document of the plan" test_id="document"/>
                                </Card>
                            }
                                .into_any()
                        }
                    }}
                </div>
                <div class="min-w-0 space-y-4">
                    <Why detail/>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// Accept or refuse.
#[component]
fn Verdict(id: PlanId, checked: Checked) -> impl IntoView {
    let accept = FormAction::<AcceptPlan>::new();
    let refuse = FormAction::<RefusePlan>::new();
    let navigate = use_navigate();
    effect(move || {
        if let Some(Ok(accepted)) = accept.get() {
            navigate(&format!("/runs/{}", accepted.run.id), Default::default());
        }
    });
    let wrong = memo(move |_| checked.wrong());
    view! {
        <section class="space-y-3 rounded-card border border-accent bg-raised p-4" aria-label="Verdict" data-testid="plan-verdict">
            <LastProblem problem=Signal::derive(move || refusal(accept).or_else(|| refusal(refuse)))/>
            <div class="flex flex-wrap items-end gap-4">
                <ActionForm action=accept>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <Button
                        submits=true
                        kind=Kind::Primary
                        sign=Sign::Play
                        test_id="accept-plan"
                        disabled=Signal::derive(move || accept.pending().get() || wrong.get())
                    >
                        "Accept and run it"
                    </Button>
                </ActionForm>
                <ActionForm action=refuse>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <div class="flex flex-wrap items-end gap-2">
                        <TextField name="why" form="plan-" label="Why not" max_length="1000" autocomplete="off"/>
                        <Button submits=true kind=Kind::Danger test_id="refuse-plan" disabled=refuse.pending()>
                            "Refuse it"
                        </Button>
                    </div>
                </ActionForm>
            </div>
            <p class="text-12 text-muted">"Accepting stores the workflow and begins a run of it with these inputs. What is edited below has to be saved first."</p>
        </section>
    }
    .into_any()
}

/// The document, to be changed before it is accepted.
#[component]
fn Edit(
    id: PlanId,
    detail: RwSignal<PlanDetail>,
    text: RwSignal<String>,
    checked: Checked,
    go: RwSignal<Option<crate::components::code_editor::Place>>,
    fresh: Fresh<PlanDetail>,
) -> impl IntoView {
    let edit = FormAction::<EditPlanForm>::new();
    effect(move || {
        if edit.version().get() > 0 {
            fresh.read();
        }
    });
    let wrong = memo(move |_| checked.wrong_lines());
    let version = move || detail.with(|detail| detail.summary.version).to_string();
    let changed = memo(move |_| detail.with(|detail| text.with(|text| *text != detail.text)));
    view! {
        <Found checked go/>
        <Card title="Document">
            <div class="space-y-3">
                <LastProblem problem=Signal::derive(move || refusal(edit))/>
                <ActionForm action=edit>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="seen_version" value=version/>
                    <CodeEditor name="text" label="Workflow" text wrong go/>
                    <div class="mt-3">
                        <Button submits=true test_id="save-plan" disabled=Signal::derive(move || edit.pending().get() || !changed.get())>
                            "Save the change"
                        </Button>
                    </div>
                </ActionForm>
            </div>
        </Card>
    }
    .into_any()
}
