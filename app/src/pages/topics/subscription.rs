//! One durable subscription: how far it is and how it is served, its messages in a person's hands, its dead letters and what can be done about them.

use baton_domain::problem::{Code, Problem};
use baton_domain::topic::DeliveryPolicy;
use baton_domain::user::Permission;
use baton_domain::wire::topic::{DeadLetter, DeadLetterFilter, DeadLetterList, SubscriptionView};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::deliveries::Deliveries;
use super::policies::{changed, policy_fields};
use super::{Follow, SubscriptionTable, payload};
use crate::components::action::refusal;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::topics::{Purge, Redrive, Subscribe, Unsubscribe, dead_letters, subscriptions};
use crate::server_fns::{ApiError, Called};
use crate::session::use_session;

/// Dead letters that the page shows.
const ROWS: u32 = 100;

type Found = (SubscriptionView, DeadLetterList);

/// The page of one subscription.
#[component]
pub(crate) fn Subscription() -> impl IntoView {
    let params = use_params_map();
    let name = memo(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    let data = PageData::new(move || name.get(), read);
    loaded(data, |found| view! { <Content found/> })
}

#[component]
fn Content(found: Found) -> impl IntoView {
    let as_of = found.1.as_of;
    let name = found.0.name.to_string();
    let (subscription, letters) = (RwSignal::new(found.0), RwSignal::new(found.1.items));
    let again = name.clone();
    // What is read anew changes what it must: the messages in a person's hands and the focus stay.
    let read_anew = Callback::new(move |()| {
        let name = again.clone();
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why.
            let Ok((one, list)) = read(name).await else { return };
            subscription.try_set(one);
            letters.try_maybe_update(|letters| {
                let changed = *letters != list.items;
                if changed {
                    *letters = list.items;
                }
                (changed, ())
            });
        });
    });
    let redrive = FormAction::<Redrive>::new();
    let purge = FormAction::<Purge>::new();
    let end = FormAction::<Unsubscribe>::new();
    let change = FormAction::<Subscribe>::new();
    Effect::new(move |before: Option<()>| {
        let _ = (redrive.version().get(), purge.version().get(), change.version().get());
        if before.is_some() {
            read_anew.run(());
        }
    });
    let navigate = use_navigate();
    effect(move || {
        if end.is_done() {
            navigate("/topics", NavigateOptions::default());
        }
    });
    let problem = Signal::derive(move || refusal(redrive).or_else(|| refusal(purge)).or_else(|| refusal(end)).or_else(|| refusal(change)));
    // Drawn anew if the policy is another, and else not: what is typed into its fields stays.
    let policy = memo(move |_| subscription.with(|one| one.policy));
    let (served, pattern) = (name.clone(), subscription.with_untracked(|one| one.pattern.to_string()));
    let may_pull = use_session().may(Permission::Work);
    view! {
        <Follow as_of on=read_anew/>
        <div class="space-y-4">
            <Head name=name.clone() end/>
            <LastProblem problem/>
            {move || view! { <SubscriptionTable title="How far it is" subscriptions=vec![subscription.get()]/> }}
            {move || subscription.with(facts)}
            {may_pull.then(|| view! { <Deliveries subscription=name.clone() changed=read_anew/> })}
            {move || view! { <Letters name=name.clone() letters=letters.get() redrive purge/> }}
            {may_pull
                .then(|| {
                    view! {
                        {move || serve(served.clone(), pattern.clone(), policy.get(), change)}
                        {changed(change)}
                    }
                })}
        </div>
    }
    .into_any()
}

async fn read(name: String) -> Called<Found> {
    let filter = DeadLetterFilter { after: None, limit: Some(ROWS) };
    let (list, letters) = futures::join!(subscriptions(), dead_letters(name.clone(), filter));
    let letters = letters?;
    let one = list?.items.into_iter().find(|one| one.name.as_str() == name);
    let gone = || ApiError(Problem::new(Code::NoSuchSubscription, "The subscription has ended; look at the page Topics."));
    Ok((one.ok_or_else(gone)?, letters))
}

#[component]
fn Head(name: String, end: FormAction<Unsubscribe>) -> impl IntoView {
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

/// The form by which its policy is replaced.
fn serve(name: String, pattern: String, policy: DeliveryPolicy, change: FormAction<Subscribe>) -> AnyView {
    view! {
        <Card title="How it is served">
            <ActionForm action=change>
                <input type="hidden" name="name" value=name/>
                <input type="hidden" name="pattern" value=pattern/>
                {policy_fields(Some(policy))}
                <div class="mt-3">
                    <Button submits=true test_id="serve-subscription" disabled=change.pending()>
                        "Change"
                    </Button>
                </div>
            </ActionForm>
        </Card>
    }
    .into_any()
}

fn facts(subscription: &SubscriptionView) -> AnyView {
    let policy = &subscription.policy;
    let text = format!(
        "{} acknowledged, {} missed by retention. A consumer has {} s for a message; after {} deliveries it is a dead letter; at most {} are \
         unacknowledged at once.",
        format::count(subscription.acknowledged),
        format::count(subscription.missed),
        policy.ack_deadline_ms / 1_000,
        policy.maximum_deliveries,
        format::count(policy.maximum_in_flight.into())
    );
    view! {
        <p class="text-14 text-soft" data-testid="subscription-facts">
            {text}
        </p>
    }
    .into_any()
}

#[component]
fn Letters(name: String, letters: Vec<DeadLetter>, redrive: FormAction<Redrive>, purge: FormAction<Purge>) -> impl IntoView {
    let may = use_session().may(Permission::Operate);
    if letters.is_empty() {
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
    let items: Vec<_> = letters.into_iter().map(|letter| letter_item(&name, letter, may, redrive)).collect();
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

fn letter_item(name: &str, letter: DeadLetter, may: bool, redrive: FormAction<Redrive>) -> impl IntoView {
    let DeadLetter { message, deliveries, reason, consumer, died_at } = letter;
    let text = payload(&message.payload);
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
            {text}
        </li>
    }
    .into_any()
}
