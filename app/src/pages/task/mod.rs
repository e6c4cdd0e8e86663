//! One task: its states, its result first, then what happened inside, and why this agent.

mod attempts;
mod facts;
mod held_up;
mod model;
mod model_calls;
mod terms;
mod voters;
mod why;

use baton_domain::wire::task::NewTask;
pub(super) use facts::Fact;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use self::attempts::Attempts;
use self::facts::Facts;
use self::held_up::HeldUp;
use self::model::{Model, read};
use self::model_calls::ModelCalls;
use self::terms::Terms;
use self::voters::Voters;
use self::why::Why;
use crate::components::artifact_list::ArtifactList;
use crate::components::banner::ProblemBanner;
use crate::components::card::Card;
use crate::components::copy_button::CopyButton;
use crate::components::curl::{rerun_command, submit_command};
use crate::components::empty::Empty;
use crate::components::json_tree::JsonTree;
use crate::components::loaded::loaded;
use crate::components::log_view::LogView;
use crate::components::page_head::PageHead;
use crate::components::pill::StatePill;
use crate::components::progress::Progress;
use crate::components::result::ResultView;
use crate::components::task_actions::TaskActions;
use crate::components::timeline::Timeline;
use crate::components::waterfall::Waterfall;
use crate::live::use_live;
use crate::page_data::PageData;
use crate::reactive::{effect, memo};

/// The page of one task.
#[component]
pub(crate) fn Task() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = PageData::new(move || id.get(), read);
    loaded(data, |data| view! { <Content model=Model::new(&use_live(), data)/> })
}

#[component]
fn Content(model: Model) -> impl IntoView {
    let live = use_live();
    effect(move || model.follow(&live));
    let task = model.task;
    let (title, id) = task.with_untracked(|task| (task.title.clone(), task.id));
    let state = memo(move |_| task.with(|task| task.state));
    let command = Signal::derive(move || {
        model.detail.with(|detail| {
            let title = Some(detail.summary.title.clone());
            if detail.decide.is_some() {
                return rerun_command(detail.summary.id);
            }
            let request =
                NewTask { title, priority: detail.summary.priority, ..NewTask::new(detail.summary.skill.as_str(), detail.input.clone()) };
            submit_command(&request)
        })
    });
    let input = model.detail.with_untracked(|detail| detail.input.clone());
    view! {
        <div class="space-y-4">
            <PageHead
                title=title
                facts=view! { <StatePill state=state test_id="state"/> }.into_any()
                actions=view! {
                    <CopyButton text=command label="Copy as curl" test_id="copy-curl"/>
                    <TaskActions task checkpoints=Signal::derive(move || model.detail.with(|detail| detail.checkpoints))/>
                }
                    .into_any()
            />
            <Facts task id detail=model.detail/>
            <Progress state=model.progress/>
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                <div class="min-w-0 space-y-4">
                    <Outcome model/>
                    <Voters detail=model.detail/>
                    <Why task/>
                    <Card title="Log">
                        <LogView lines=model.lines/>
                    </Card>
                    <Card title="Trace">
                        <Waterfall trace=model.trace/>
                    </Card>
                </div>
                <div class="min-w-0 space-y-4">
                    <Card title="States">
                        <Timeline entries=model.timeline/>
                    </Card>
                    <HeldUp detail=model.detail/>
                    <Terms detail=model.detail/>
                    <Card title="Input" test_id="input">
                        <JsonTree value=input/>
                    </Card>
                    <Attempts detail=model.detail/>
                    <ModelCalls id moved=Signal::derive(move || model.timeline.with(Vec::len))/>
                </div>
            </div>
        </div>
    }
    .into_any()
}

/// The result, or why there is none.
#[component]
fn Outcome(model: Model) -> impl IntoView {
    let drawn = memo(move |_| {
        let failure = model.task.with(|task| task.failure.clone());
        model.detail.with(|detail| {
            ((detail.result_kind.clone(), detail.result_schema.clone()), detail.result.clone(), detail.artifacts.clone(), failure)
        })
    });
    let ended = memo(move |_| model.task.with(|task| task.state.is_terminal()));
    let content = move || {
        let ((kind, schema), result, artifacts, failure) = drawn.get();
        if let Some(result) = result {
            return view! { <ResultView kind result schema artifacts/> }.into_any();
        }
        let files = (!artifacts.is_empty()).then(|| view! { <ArtifactList artifacts/> });
        let why = match failure {
            Some(failure) => {
                let problem = baton_domain::problem::Problem {
                    kind: format!("/docs/errors/{}", failure.code),
                    title: "The task failed".to_owned(),
                    status: 500,
                    detail: failure.message,
                    code: failure.code,
                    errors: Vec::new(),
                    request_id: None,
                    retry_after: None,
                };
                view! { <ProblemBanner problem/> }.into_any()
            }
            None if ended.get() => view! { <Empty text="This task ended without a result."/> }.into_any(),
            None => view! { <Empty text="The result appears here as soon as there is one."/> }.into_any(),
        };
        view! {
            {why}
            {files}
        }
        .into_any()
    };
    view! { <Card title="Result">{content}</Card> }
}
