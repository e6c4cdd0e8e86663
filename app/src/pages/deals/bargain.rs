//! One bargaining: what each party would get, what was said, and what whoever speaks for a party can say.

use std::collections::BTreeMap;

use baton_domain::id::BargainId;
use baton_domain::problem::{Code, Problem};
use baton_domain::user::Principal;
use baton_domain::wire::contract::{BargainDetail, BargainMove, BargainState, BargainView, Mediation, PartyVoice};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;

use super::bargain_mark;
use crate::components::banner::LastProblem;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::CONTROL;
use crate::components::loaded::loaded;
use crate::components::mark::MarkPill;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::format;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::pages::task::Fact;
use crate::reactive::memo;
use crate::server_fns::contracts::{bargain, say};
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// The page of one bargaining.
#[component]
pub(crate) fn Bargain() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = PageData::new(move || id.get(), read);
    loaded(data, |detail| view! { <Content detail/> })
}

async fn read(id: String) -> Called<BargainDetail> {
    let Ok(id) = id.parse::<BargainId>() else {
        return Err(ApiError(Problem::new(
            Code::NoSuchBargain,
            "The address holds no bargaining's id; look for it on the page Contracts.",
        )));
    };
    bargain(id).await
}

#[component]
fn Content(detail: BargainDetail) -> impl IntoView {
    let first = detail.bargain.clone();
    let id = first.id;
    let subject = format!("bargain:{id}");
    let concerns = move |event: &LiveEvent| event.subject == subject;
    let fresh = Fresh::new(detail, |detail| detail.as_of, concerns, move || read(id.to_string()));
    let detail = fresh.value();
    let view = memo(move |_| detail.with(|detail| detail.bargain.clone()));
    let mark = Signal::derive(move || bargain_mark(view.with(|bargain| bargain.state)));
    let mediation = match detail.with_untracked(|detail| detail.mediation) {
        Mediation::Nash => "the split with the largest product of gains",
        Mediation::MaxMin => "the split with the largest least gain",
        Mediation::None => "nobody gets anything by it",
    };
    let turn = move || {
        let (proposer, due) = view.with(|bargain| (bargain.proposer.clone(), bargain.due));
        let due = due.map(|at| view! { <Fact name="Until"><RelativeTime at/></Fact> });
        view! {
            {proposer.map(|who| view! { <Fact name="Offer of">{who}</Fact> })}
            {due}
        }
    };
    view! {
        <div class="space-y-4">
            <PageHead title=first.title facts=view! { <MarkPill mark test_id="bargain-state"/> }.into_any()/>
            <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="Units">{format::count(first.pot)}</Fact>
                <Fact name="Round">{move || view.with(|bargain| format!("{} of {}", bargain.round + 1, bargain.rounds))}</Fact>
                {turn}
                <Fact name="Without agreement">{mediation}</Fact>
                <Fact name="Opened">
                    <RelativeTime at=first.created_at/>
                    " by "
                    {first.created_by}
                </Fact>
            </dl>
            <Saying detail fresh/>
            <Card title="What each would get" test_id="shares">
                {move || shares(&view.get())}
            </Card>
            <Card title="What was said">
                {move || moves(&detail.get())}
            </Card>
        </div>
    }
    .into_any()
}

/// What each party gets by the offer on the table, or in the end.
#[expect(clippy::cast_precision_loss, reason = "a pot has at most a million units")]
fn shares(bargain: &BargainView) -> AnyView {
    let Some(shares) = &bargain.shares else {
        return view! { <Empty text="No offer is on the table."/> }.into_any();
    };
    let rows: Vec<_> = bargain
        .parties
        .iter()
        .map(|party| {
            let units = shares.get(party).copied().unwrap_or_default();
            let width = (units as f64 / bargain.pot.max(1) as f64 * 100.0).min(100.0);
            let yes = bargain.accepted.contains(party) && bargain.state == BargainState::Open;
            view! {
                <li class="grid grid-cols-[minmax(6rem,30%)_1fr_9rem] items-center gap-2 text-13" data-testid="share" data-party=party.clone()>
                    <span class="truncate">{party.clone()}</span>
                    <span class="h-2 rounded-sm bg-sunken" aria-hidden="true">
                        <span class="block h-full rounded-sm bg-accent" style=format!("width:{width:.1}%")></span>
                    </span>
                    <span class="text-right tabular-nums">{format::count(units)} {yes.then_some(", says yes")}</span>
                </li>
            }
        })
        .collect();
    view! { <ol class="space-y-1">{rows}</ol> }.into_any()
}

fn moves(detail: &BargainDetail) -> AnyView {
    if detail.moves.is_empty() {
        return view! { <Empty text="Nobody has said anything yet."/> }.into_any();
    }
    let rows: Vec<_> = detail
        .moves
        .iter()
        .rev()
        .map(|said| {
            let words = match &said.what {
                BargainMove::Offer { party, round, shares } => {
                    let parts: Vec<String> = shares.iter().map(|(who, units)| format!("{who} {}", format::count(*units))).collect();
                    format!("Round {}: {party} offers {}", round + 1, parts.join(", "))
                }
                BargainMove::Accept { party, round } => format!("Round {}: {party} says yes", round + 1),
                BargainMove::Reject { party, round } => format!("Round {}: {party} says no", round + 1),
            };
            view! {
                <li class="flex flex-wrap justify-between gap-2 border-t border-line py-1.5 text-13 first:border-t-0" data-testid="bargain-move">
                    <span class="min-w-0 break-words">{words}</span>
                    <span class="text-12 text-muted">
                        <RelativeTime at=said.at/>
                    </span>
                </li>
            }
        })
        .collect();
    view! { <ol>{rows}</ol> }.into_any()
}

/// What the person who speaks for a party can say now, for the party whose turn it is if they speak for several.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    party: String,
    round: u32,
    /// Whether it is theirs to make an offer.
    offers: bool,
    parties: Vec<String>,
}

fn part(detail: &BargainDetail, me: &str) -> Option<Part> {
    let bargain = &detail.bargain;
    if bargain.state != BargainState::Open {
        return None;
    }
    let speaks = |voice: &PartyVoice| matches!(voice, PartyVoice::Caller { caller } if caller == me);
    detail.parties.iter().filter(|party| speaks(&party.voice)).map(|party| &party.key).find_map(|party| {
        let mine = bargain.proposer.as_ref() == Some(party);
        let offers = mine && bargain.shares.is_none();
        let answers = !mine && bargain.shares.is_some() && !bargain.accepted.contains(party);
        (offers || answers).then(|| Part { party: party.clone(), round: bargain.round, offers, parties: bargain.parties.clone() })
    })
}

#[component]
fn Saying(detail: RwSignal<BargainDetail>, fresh: Fresh<BargainDetail>) -> impl IntoView {
    let me = use_session().me.and_then(|me| match me.principal {
        Principal::User { id, .. } => Some(format!("user:{id}")),
        _ => None,
    });
    let part = memo(move |_| me.as_deref().and_then(|me| detail.with(|detail| part(detail, me))));
    let (id, pot) = detail.with_untracked(|detail| (detail.bargain.id, detail.bargain.pot));
    let problem = RwSignal::new(None::<Problem>);
    let busy = RwSignal::new(false);
    let offer = RwSignal::new(BTreeMap::<String, u64>::new());
    let send = move |what: BargainMove| {
        busy.set(true);
        problem.set(None);
        spawn_local(async move {
            let answer = say(id, what).await;
            busy.try_set(false);
            problem.try_set(answer.err().map(|error| error.0));
            fresh.read();
        });
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
        let Part { party, round, offers, parties } = part.get()?;
        let shown = party.clone();
        let title = format!("It is the turn of {party}, for which you speak");
        let content = if offers {
            // The fields are empty again, so nothing of an earlier offer stays.
            offer.set(BTreeMap::new());
            let fields: Vec<_> = parties
                .into_iter()
                .enumerate()
                .map(|(index, name)| {
                    let field = format!("field-share-{index}");
                    let key = name.clone();
                    let typed = move |event| {
                        let units = event_target_value(&event).trim().parse().unwrap_or_default();
                        offer.update(|offer| {
                            offer.insert(key.clone(), units);
                        });
                    };
                    view! {
                        <div class="grid grid-cols-[1fr_8rem] items-center gap-2 text-13">
                            <label for=field.clone()>{name}</label>
                            <input id=field type="number" min="0" max=pot.to_string() step="1" class=CONTROL on:input=typed/>
                        </div>
                    }
                })
                .collect();
            let left = move || format!("{} of {pot} units are given out.", offer.with(|offer| offer.values().sum::<u64>()));
            let make = Callback::new(move |()| send(BargainMove::Offer { party: party.clone(), round, shares: offer.get_untracked() }));
            view! {
                <div class="space-y-2">{fields}</div>
                <p class="text-12 text-muted" role="status">{left}</p>
                {button("Make the offer", Kind::Primary, "make-offer", make)}
            }
            .into_any()
        } else {
            let other = party.clone();
            let yes = Callback::new(move |()| send(BargainMove::Accept { party: party.clone(), round }));
            let no = Callback::new(move |()| send(BargainMove::Reject { party: other.clone(), round }));
            view! {
                <div class="flex flex-wrap gap-2">
                    {button("Say yes", Kind::Primary, "accept-offer", yes)}
                    {button("Say no", Kind::Danger, "reject-offer", no)}
                </div>
            }
            .into_any()
        };
        Some(view! {
            <section class="space-y-3 rounded-card border border-accent bg-raised p-4" data-testid="bargain-part" data-party=shown>
                <h2 class="text-14 font-semibold">{title}</h2>
                <LastProblem problem/>
                {content}
            </section>
        })
    }
}
