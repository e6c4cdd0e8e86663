//! One contract: what was called for, who bid how much and why in this order, who has it, and what whoever was called can say.

use baton_domain::id::ContractId;
use baton_domain::problem::{Code, Problem};
use baton_domain::user::{Permission, Principal};
use baton_domain::wire::contract::{AwardView, BidTerms, BidView, ContractDetail, ContractMessage, ContractState};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;
use serde_json::Value;

use super::contract_mark;
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
use crate::components::table::{CELL, CODE_NAME, Column, NUMBER, TableCard};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::reactive::{effect, memo};
use crate::server_fns::contracts::{CancelContract, get, tell};
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// The page of one contract.
#[component]
pub(crate) fn Contract() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = PageData::new(move || id.get(), read);
    loaded(data, |detail| view! { <Content detail/> })
}

async fn read(id: String) -> Called<ContractDetail> {
    let Ok(id) = id.parse::<ContractId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchContract, "The address holds no contract's id; look for it on the page Contracts.")));
    };
    get(id).await
}

#[component]
fn Content(detail: ContractDetail) -> impl IntoView {
    let first = detail.contract.clone();
    let id = first.id;
    let subject = format!("contract:{id}");
    let concerns = move |event: &LiveEvent| event.subject == subject;
    let fresh = Fresh::new(detail, |detail| detail.as_of, concerns, move || read(id.to_string()));
    let detail = fresh.value();
    let cancel = FormAction::<CancelContract>::new();
    effect(move || {
        if cancel.version().get() > 0 {
            fresh.read();
        }
    });
    let state = memo(move |_| detail.with(|detail| detail.contract.state));
    let mark = Signal::derive(move || contract_mark(state.get()));
    let may = use_session().may(Permission::Work);
    let ended = move || matches!(state.get(), ContractState::Done | ContractState::Nobody | ContractState::Cancelled);
    let actions = move || {
        (may && !ended()).then(|| {
            view! {
                <ActionForm action=cancel>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <Button submits=true kind=Kind::Danger sign=Sign::Stop test_id="cancel-contract" disabled=cancel.pending()>
                        "Cancel"
                    </Button>
                </ActionForm>
            }
        })
    };
    let due = move || detail.with(|detail| detail.contract.due).map(|at| view! { <Fact name="Due"><RelativeTime at/></Fact> });
    let winner = move || detail.with(|detail| detail.contract.winner.clone()).map(|who| view! { <Fact name="Who has it">{who}</Fact> });
    let result = move || {
        detail.with(|detail| detail.result.clone()).map(|value| {
            view! {
                <Card title="What came of it" test_id="contract-result">
                    <JsonTree value/>
                </Card>
            }
        })
    };
    let bids = move || {
        let rows = detail.with(|detail| detail.bids.iter().map(bid_row).collect());
        let columns = vec![
            Column::Number("Place"),
            Column::Text("Bidder"),
            Column::Number("Score"),
            Column::Number("Cost"),
            Column::Number("Takes"),
            Column::Text("Why"),
        ];
        view! { <TableCard title="Bids, the best first" columns rows empty="Nobody was called." test_id="bids"/> }
    };
    let awards = move || {
        let rows = detail.with(|detail| detail.awards.iter().map(award_row).collect());
        let columns = vec![Column::Number("Award"), Column::Text("To"), Column::Text("When"), Column::Text("What became of it")];
        view! { <TableCard title="Awards" columns rows empty="It was not awarded yet." test_id="awards"/> }
    };
    let work = detail.with_untracked(|detail| detail.call.work.input.clone());
    view! {
        <div class="space-y-4">
            <PageHead title=first.title facts=view! { <MarkPill mark test_id="contract-state"/> }.into_any() actions=actions.into_any()/>
            <LastProblem problem=Signal::derive(move || refusal(cancel))/>
            <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="Skill">
                    <code class="font-mono text-12">{first.skill}</code>
                </Fact>
                <Fact name="Called">
                    <RelativeTime at=first.created_at/>
                    " by "
                    {first.created_by}
                </Fact>
                {winner}
                {due}
            </dl>
            <Saying detail fresh/>
            {result}
            {bids}
            {awards}
            <Card title="What is to be done">
                <JsonTree value=work/>
            </Card>
        </div>
    }
    .into_any()
}

#[expect(clippy::cast_precision_loss, reason = "spans and amounts of a bid are far below 2^53")]
fn bid_row(bid: &BidView) -> AnyView {
    let terms: Vec<String> = bid.terms.iter().map(|term| format!("{} {:.2} × {}", term.name, term.value, term.weight)).collect();
    let why = bid.refusal.clone().unwrap_or_else(|| if bid.bid.is_none() { "no answer yet".to_owned() } else { terms.join(", ") });
    let number = |value: Option<String>| value.unwrap_or_else(|| "–".to_owned());
    let (cost, takes) = match bid.bid {
        Some(terms) => (Some(format!("{:.4}", terms.cost as f64 / 1e6)), Some(format::millis(terms.eta_ms as f64))),
        None => (None, None),
    };
    view! {
        <tr data-testid="bid-row" data-bidder=bid.bidder.clone()>
            <td class=NUMBER>{number(bid.rank.map(|rank| rank.to_string()))}</td>
            <th scope="row" class=CODE_NAME>{bid.bidder.clone()}</th>
            <td class=NUMBER>{number(bid.score.map(|score| format!("{score:.3}")))}</td>
            <td class=NUMBER>{number(cost)}</td>
            <td class=NUMBER>{number(takes)}</td>
            <td class=format!("{CELL} max-w-96 break-words text-soft")>{why}</td>
        </tr>
    }
    .into_any()
}

fn award_row(award: &AwardView) -> AnyView {
    let became = match (&award.withdrawn, award.accepted) {
        (Some(why), _) => why.clone(),
        (None, true) => "accepted".to_owned(),
        (None, false) => "not answered yet".to_owned(),
    };
    let due = award.due.map(|at| view! { <span class="text-muted">", due " <RelativeTime at/></span> });
    let task = award.task.map(|task| {
        view! {
            " "
            <a class="text-accent underline" href=format!("/tasks/{task}")>
                "task"
            </a>
        }
    });
    view! {
        <tr data-testid="award-row">
            <td class=NUMBER>{award.number}</td>
            <th scope="row" class=CODE_NAME>{award.bidder.clone()}</th>
            <td class=CELL>
                <RelativeTime at=award.at/>
            </td>
            <td class=CELL>{became} {due} {task}</td>
        </tr>
    }
    .into_any()
}

/// What somebody who was called can say now.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Bid,
    Answer(u32),
    Report(u32),
}

fn part(detail: &ContractDetail, me: &str) -> Option<Part> {
    let bid = detail.bids.iter().find(|bid| bid.bidder == me)?;
    let award = detail.awards.iter().rev().find(|award| award.bidder == me && award.withdrawn.is_none());
    match (detail.contract.state, award) {
        (ContractState::Called, _) if bid.bid.is_none() && bid.refusal.is_none() => Some(Part::Bid),
        (ContractState::Awarded, Some(award)) if !award.accepted => Some(Part::Answer(award.number)),
        (ContractState::Accepted, Some(award)) if award.accepted => Some(Part::Report(award.number)),
        _ => None,
    }
}

/// The form of whoever was called.
#[component]
fn Saying(detail: RwSignal<ContractDetail>, fresh: Fresh<ContractDetail>) -> impl IntoView {
    let me = use_session().me.and_then(|me| match me.principal {
        Principal::User { id, .. } => Some(format!("user:{id}")),
        _ => None,
    });
    let part = memo(move |_| me.as_deref().and_then(|me| detail.with(|detail| part(detail, me))));
    let id = detail.with_untracked(|detail| detail.contract.id);
    let problem = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let (cost, takes, words) = (RwSignal::new(String::new()), RwSignal::new(String::new()), RwSignal::new(String::new()));
    // What was typed for one part is not said with the next.
    effect(move || {
        part.track();
        words.set(String::new());
    });
    let send = move |message: ContractMessage| {
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = tell(id, message).await;
            busy.try_set(false);
            problem.try_set(answer.err().map(|error| error.0));
            fresh.read();
        });
    };
    let bid = move || {
        let number = |text: String| text.trim().parse::<f64>().ok().filter(|value| value.is_finite() && *value >= 0.0);
        match (number(cost.get_untracked()), number(takes.get_untracked())) {
            (Some(cost), Some(minutes)) => {
                #[expect(
                    clippy::cast_possible_truncation,
                    clippy::cast_sign_loss,
                    reason = "not negative, and what is too large saturates"
                )]
                let terms = BidTerms { cost: (cost * 1e6) as u64, eta_ms: (minutes * 60_000.0) as u64, capability: 1.0, confidence: 1.0 };
                send(ContractMessage::Bid { terms });
            }
            _ => problem.set(Some(Problem::invalid_field("bid", "Write cost and minutes as numbers."))),
        }
    };
    let because = move || words.get_untracked().trim().to_owned();
    let text = move |id: &'static str, label: &'static str, signal: RwSignal<String>, rows: u8| {
        view! {
            <div>
                <label class=LABEL for=id>
                    {label}
                </label>
                <textarea
                    id=id
                    rows=rows.to_string()
                    class=CONTROL
                    prop:value=signal
                    on:input=move |event| signal.set(event_target_value(&event))
                ></textarea>
            </div>
        }
        .into_any()
    };
    let line = move |id: &'static str, label: &'static str, signal: RwSignal<String>| {
        view! {
            <div>
                <label class=LABEL for=id>
                    {label}
                </label>
                <input id=id type="number" min="0" step="any" class=CONTROL on:input=move |event| signal.set(event_target_value(&event))/>
            </div>
        }
        .into_any()
    };
    let button = move |words: &'static str, kind: Kind, test_id: &'static str, act: Callback<()>| {
        view! {
            <button type="button" class=kind.class() disabled=busy data-testid=test_id on:click=move |_| act.run(())>
                {words}
            </button>
        }
        .into_any()
    };
    move || {
        let (title, fields, yes, no) = match part.get()? {
            Part::Bid => (
                "You are called to bid",
                vec![
                    line("field-bid-cost", "Cost", cost),
                    line("field-bid-takes", "Minutes until it is done", takes),
                    text("field-bid-because", "Why not, if you do not bid", words, 2),
                ],
                button("Bid", Kind::Primary, "bid", Callback::new(move |()| bid())),
                button("Do not bid", Kind::Plain, "no-bid", Callback::new(move |()| send(ContractMessage::Refuse { because: because() }))),
            ),
            Part::Answer(award) => (
                "It was awarded to you",
                vec![text("field-bid-because", "Why not, if you do not take it", words, 2)],
                button("Take it", Kind::Primary, "accept-award", Callback::new(move |()| send(ContractMessage::Accept { award }))),
                button(
                    "Decline it",
                    Kind::Danger,
                    "decline-award",
                    Callback::new(move |()| send(ContractMessage::Decline { award, because: because() })),
                ),
            ),
            Part::Report(award) => (
                "You do it",
                vec![text("field-bid-because", "What came of it, or why it cannot be done", words, 4)],
                button(
                    "Report it",
                    Kind::Primary,
                    "report-award",
                    Callback::new(move |()| {
                        let said = because();
                        let result = serde_json::from_str(&said).unwrap_or(Value::String(said));
                        send(ContractMessage::Report { award, result });
                    }),
                ),
                button(
                    "It cannot be done",
                    Kind::Danger,
                    "fail-award",
                    Callback::new(move |()| send(ContractMessage::Fail { award, because: because() })),
                ),
            ),
        };
        Some(view! {
            <section class="space-y-3 rounded-card border border-accent bg-raised p-4" data-testid="contract-part">
                <h2 class="text-14 font-semibold">{title}</h2>
                <LastProblem problem/>
                {fields}
                <div class="flex flex-wrap gap-2">{yes} {no}</div>
            </section>
        })
    }
}
