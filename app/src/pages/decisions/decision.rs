//! One decision: the question, what came of it and why, who said what, and the same ballots by other rules.

use baton_domain::id::DecisionId;
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Permission;
use baton_domain::wire::decision::{DecisionDetail, Retallied, RetallyChoice};
use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

use super::ballots::Ballots;
use super::later::Later;
use super::recounting::Recounting;
use super::story::Story;
use super::tally::Tally;
use super::verdict::Verdict;
use super::voters::Voters;
use super::words::{mark, rule_words};
use super::yours::Yours;
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::reactive::{effect, memo};
use crate::server_fns::decisions::{get, retally};
use crate::server_fns::say::EndDecision;
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// The page of one decision.
#[component]
pub(crate) fn Decision() -> impl IntoView {
    let params = use_params_map();
    let query = use_query_map();
    let asked = memo(move |_| {
        let id = params.with(|params| params.get("id").unwrap_or_default());
        (id, query.with(Recounting::of))
    });
    let data = PageData::new(move || asked.get(), read);
    loaded(data, |data| view! { <Content data/> })
}

/// What the page shows.
#[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Data {
    pub(super) detail: DecisionDetail,
    /// The ballots by the rule that the address asks for, once what was said may be seen.
    pub(super) tally: Option<Retallied>,
    /// Why they cannot be counted so.
    pub(super) refused: Option<Problem>,
    /// How the address asks to count them.
    pub(super) asked: Recounting,
}

async fn read((id, asked): (String, Recounting)) -> Called<Data> {
    let Ok(id) = id.parse::<DecisionId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchDecision, "The address holds no decision's id; look for it on the page Decisions.")));
    };
    let detail = get(id).await?;
    let (mut tally, mut refused) = (None, None);
    if detail.is_countable() {
        let counted = match asked.choice() {
            Ok(choice) => retally(id, choice).await.map_err(|error| error.0),
            Err(problem) => Err(problem),
        };
        match counted {
            Ok(counted) => tally = Some(counted),
            Err(problem) => {
                // Without a rule that was asked for there is nothing to refuse but what was never counted.
                refused = (asked != Recounting::default()).then_some(problem);
                // What can be counted at all stays there, to be asked for otherwise.
                if refused.is_some() {
                    tally = retally(id, RetallyChoice::default()).await.ok();
                }
            }
        }
    }
    Ok(Data { detail, tally, refused, asked })
}

#[component]
fn Content(data: Data) -> impl IntoView {
    let id = data.detail.summary.id;
    let subject = format!("decision:{id}");
    let concerns = move |event: &LiveEvent| event.subject == subject;
    let asked = data.asked.clone();
    let fresh = Fresh::new(data, |data| data.detail.as_of, concerns, move || read((id.to_string(), asked.clone())));
    let data = fresh.value();
    let summary = memo(move |_| data.with(|data| data.detail.summary.clone()));
    let mark = memo(move |_| summary.with(mark));
    let title = summary.with_untracked(|summary| summary.question.clone());
    view! {
        <div class="space-y-4">
            <PageHead
                title
                facts=view! { <MarkPill mark test_id="decision-state"/> }.into_any()
                actions=view! { <Cancel data fresh/> }.into_any()
            />
            <Facts data/>
            <Question data/>
            <Yours data fresh/>
            <div class="grid grid-cols-1 items-start gap-4 rail:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
                <div class="min-w-0 space-y-4">
                    <Verdict data/>
                    <Ballots data/>
                    <Tally data/>
                </div>
                <div class="min-w-0 space-y-4">
                    <Voters data/>
                    <Story data/>
                    <Later data fresh/>
                </div>
            </div>
        </div>
    }
    .into_any()
}

#[component]
fn Facts(data: RwSignal<Data>) -> impl IntoView {
    let first = data.with_untracked(|data| data.detail.summary.clone());
    let quorum = data.with_untracked(|data| data.detail.quorum);
    let spent = move || data.with(|data| data.detail.summary.spent);
    let answered = move || {
        data.with(|data| {
            let summary = &data.detail.summary;
            (!summary.state.is_ended() && summary.asked > 0).then(|| format!("{} of {}", summary.answered, summary.asked))
        })
        .map(|words| view! { <Fact name="Answered in this stage">{words}</Fact> })
    };
    view! {
        <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
            <Fact name="Rule">{rule_words(&first.rule)}</Fact>
            <Fact name="Voters">{format!("{}, of whom {quorum} must take part", first.voters)}</Fact>
            {answered}
            {first.task_id.map(|task| {
                view! {
                    <Fact name="About the task">
                        <a class="text-accent hover:underline" href=format!("/tasks/{task}") data-testid="decision-task">
                            "whose answers differ"
                        </a>
                    </Fact>
                }
            })}
            <Fact name="Opened">
                <RelativeTime at=first.opened_at/>
                " by "
                {first.created_by}
            </Fact>
            <Fact name="Until">
                <RelativeTime at=first.deadline/>
            </Fact>
            <Fact name="Took">
                {move || {
                    let spent = spent();
                    format!("{} tokens, cost {}", crate::format::count(spent.tokens), super::words::points(spent.cost))
                }}
            </Fact>
            <Fact name="Id">
                <code class="break-all font-mono text-12">{first.id.to_string()}</code>
            </Fact>
        </dl>
    }
    .into_any()
}

/// The question as a whole, where a list shows only its beginning, and what voters were told.
#[component]
fn Question(data: RwSignal<Data>) -> impl IntoView {
    let (whole, context, short) = data.with_untracked(|data| {
        let detail = &data.detail;
        (detail.request.question.clone(), detail.request.context.clone(), detail.summary.question.clone())
    });
    let whole = (whole != short).then(|| view! { <p class="whitespace-pre-wrap break-words text-14">{whole}</p> });
    let context = context.map(|context| {
        view! {
            <details class="rounded-control border border-line p-3">
                <summary class="text-13 font-medium">"What voters were told besides"</summary>
                <p class="mt-2 whitespace-pre-wrap break-words text-13">{context}</p>
            </details>
        }
    });
    view! {
        {whole}
        {context}
    }
    .into_any()
}

#[component]
fn Cancel(data: RwSignal<Data>, fresh: Fresh<Data>) -> impl IntoView {
    let cancel = FormAction::<EndDecision>::new();
    effect(move || {
        if cancel.version().get() > 0 {
            fresh.read();
        }
    });
    let ended = memo(move |_| data.with(|data| data.detail.summary.state.is_ended()));
    let id = data.with_untracked(|data| data.detail.summary.id);
    let may = use_session().may(Permission::Work);
    view! {
        <LastProblem problem=Signal::derive(move || refusal(cancel))/>
        {move || {
            (may && !ended.get())
                .then(|| {
                    view! {
                        <ActionForm action=cancel>
                            <input type="hidden" name="id" value=id.to_string()/>
                            <Button submits=true kind=Kind::Danger sign=Sign::Stop test_id="cancel-decision" disabled=cancel.pending()>
                                "Cancel"
                            </Button>
                        </ActionForm>
                    }
                })
        }}
    }
    .into_any()
}
