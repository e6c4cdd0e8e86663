//! One durable subscription: how far it is, and its dead letters with what can be done about them.

use baton_domain::problem::{Code, Problem};
use baton_domain::user::Permission;
use baton_domain::wire::topic::{DeadLetter, DeadLetterFilter, DeadLetterList, SubscriptionView};
use leptos::form::ActionForm;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;

use super::{Follow, SubscriptionTable};
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::server_fns::topics::{Purge, Redrive, Unsubscribe, dead_letters, subscriptions};
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// Dead letters that the page shows.
const ROWS: u32 = 100;

/// The page of one subscription.
#[component]
pub(crate) fn Subscription() -> impl IntoView {
    let params = use_params_map();
    let name = Memo::new(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    let redrive = ServerAction::<Redrive>::new();
    let purge = ServerAction::<Purge>::new();
    let end = ServerAction::<Unsubscribe>::new();
    let versions = move || (name.get(), redrive.version().get(), purge.version().get(), end.version().get());
    let data = Resource::new_blocking(versions, |(name, ..)| read(name));
    let problem = Signal::derive(move || {
        let redriven = redrive.value().get().and_then(Result::err);
        let rest = || purge.value().get().and_then(Result::err).or_else(|| end.value().get().and_then(Result::err));
        redriven.or_else(rest).map(|error| error.0)
    });
    view! {
        <LastProblem problem/>
        {loaded(data, move |(subscription, letters)| {
            view! {
                <Follow as_of=letters.as_of on=Callback::new(move |()| data.refetch())/>
                <div class="space-y-4">
                    <Head subscription=subscription.clone() end/>
                    <SubscriptionTable subscriptions=vec![subscription.clone()]/>
                    <Facts subscription=subscription.clone()/>
                    <Letters name=subscription.name.to_string() letters redrive purge/>
                </div>
            }
        })}
    }
    .into_any()
}

async fn read(name: String) -> Called<(SubscriptionView, DeadLetterList)> {
    let filter = DeadLetterFilter { after: None, limit: Some(ROWS) };
    let (list, letters) = futures::join!(subscriptions(), dead_letters(name.clone(), filter));
    let letters = letters?;
    let one = list?.items.into_iter().find(|one| one.name.as_str() == name);
    let gone = || ApiError(Problem::new(Code::NoSuchSubscription, "The subscription has ended; look at the page Topics."));
    Ok((one.ok_or_else(gone)?, letters))
}

#[component]
fn Head(subscription: SubscriptionView, end: ServerAction<Unsubscribe>) -> impl IntoView {
    let name = subscription.name.to_string();
    let title = name.clone();
    if !use_session().may(Permission::Work) {
        return view! { <PageHead title=name/> }.into_any();
    }
    let actions = view! {
        <ActionForm action=end>
            <input type="hidden" name="name" value=name/>
            <Button submits=true kind=Kind::Danger test_id="end-subscription">"End"</Button>
        </ActionForm>
    }
    .into_any();
    view! { <PageHead title actions/> }.into_any()
}

#[component]
fn Facts(subscription: SubscriptionView) -> impl IntoView {
    let policy = subscription.policy;
    let text = format!(
        "{} acknowledged, {} missed by retention. A consumer has {} s for a message; after {} deliveries it is a dead letter; at most {} are \
         unacknowledged at once.",
        subscription.acknowledged,
        subscription.missed,
        policy.ack_deadline_ms / 1_000,
        policy.maximum_deliveries,
        policy.maximum_in_flight
    );
    view! {
        <p class="text-14 text-soft" data-testid="subscription-facts">
            {text}
        </p>
    }
    .into_any()
}

#[component]
fn Letters(name: String, letters: DeadLetterList, redrive: ServerAction<Redrive>, purge: ServerAction<Purge>) -> impl IntoView {
    let may = use_session().may(Permission::Operate);
    if letters.items.is_empty() {
        return view! {
            <Card title="Dead letters" test_id="dead-letters">
                <Empty text="No dead letter: every message was acknowledged, or will be delivered again."/>
            </Card>
        }
        .into_any();
    }
    let (again, gone) = (name.clone(), name.clone());
    let aside = may.then(move || {
        view! {
            <span class="flex gap-2">
                <ActionForm action=redrive>
                    <input type="hidden" name="name" value=again/>
                    <Button submits=true test_id="redrive-all">"Deliver all again"</Button>
                </ActionForm>
                <ActionForm action=purge>
                    <input type="hidden" name="name" value=gone/>
                    <Button submits=true kind=Kind::Danger test_id="purge-all">"Delete all"</Button>
                </ActionForm>
            </span>
        }
        .into_any()
    });
    let items: Vec<_> = letters.items.into_iter().map(|letter| letter_item(&name, letter, may, redrive)).collect();
    let list = view! {
        <ol class="divide-y divide-line" aria-label="Dead letters">
            {items}
        </ol>
    };
    match aside {
        Some(aside) => view! { <Card title="Dead letters" flush=true aside test_id="dead-letters">{list}</Card> }.into_any(),
        None => view! { <Card title="Dead letters" flush=true test_id="dead-letters">{list}</Card> }.into_any(),
    }
}

fn letter_item(name: &str, letter: DeadLetter, may: bool, redrive: ServerAction<Redrive>) -> impl IntoView {
    let DeadLetter { message, deliveries, reason, consumer, died_at } = letter;
    let text = serde_json::to_string_pretty(&message.payload).unwrap_or_default();
    let (name, seq) = (name.to_owned(), message.seq.to_string());
    let shown_seq = seq.clone();
    view! {
        <li class="min-w-0 px-4 py-2" data-testid="dead-letter" data-seq=shown_seq>
            <div class="flex flex-wrap items-center justify-between gap-2">
                <p class="text-12 text-muted">
                    {format!("#{} of {}: {deliveries} deliveries, the last {reason} by {consumer}, ", message.seq, message.topic)}
                    <RelativeTime at=died_at/>
                </p>
                {may
                    .then(|| {
                        view! {
                            <ActionForm action=redrive>
                                <input type="hidden" name="name" value=name/>
                                <input type="hidden" name="seq" value=seq/>
                                <Button submits=true kind=Kind::Quiet test_id="redrive">"Deliver again"</Button>
                            </ActionForm>
                        }
                    })}
            </div>
            <pre class="max-h-48 overflow-auto whitespace-pre-wrap break-words font-mono text-12 text-text" tabindex="0">
                {text}
            </pre>
        </li>
    }
    .into_any()
}
