//! All topics and durable subscriptions: how much waits where, and how to add one.

mod deliveries;
mod follow;
mod policies;
mod subscription;
mod topic;

use std::time::Duration;

use baton_domain::topic::TopicKind;
use baton_domain::user::Permission;
use baton_domain::wire::topic::{SubscriptionList, SubscriptionView, TopicList, TopicView};
use leptos::prelude::*;
use leptos_router::components::A;
use serde_json::Value;

use crate::components::action::{emptied_by, refusal};
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::field::{SelectField, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, CODE, Column, NAME, NUMBER, QUIET, TableCard};
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::page_data::PageData;
use crate::server_fns::Called;
use crate::server_fns::topics::{Declare, Subscribe, list, subscriptions};
use crate::session::use_session;
use follow::Follow;
use policies::{folded, policy_fields, retention_fields};

pub(crate) use subscription::Subscription;
pub(crate) use topic::Topic;

/// What a message says, in a box that scrolls.
fn payload(payload: &Value) -> AnyView {
    let text = serde_json::to_string_pretty(payload).unwrap_or_default();
    view! {
        <pre class="max-h-48 overflow-auto whitespace-pre-wrap break-words font-mono text-12 text-text" tabindex="0">
            {text}
        </pre>
    }
    .into_any()
}

/// How long after an event a page of topics is read anew.
const SETTLE: Duration = Duration::from_millis(600);

/// The page of topics.
#[component]
pub(crate) fn Topics() -> impl IntoView {
    let declare = FormAction::<Declare>::new();
    let subscribe = FormAction::<Subscribe>::new();
    let data = PageData::new(move || (declare.version().get(), subscribe.version().get()), |_| read());
    let (topic_form, subscription_form) = (emptied_by(declare), emptied_by(subscribe));
    let problem = Signal::derive(move || refusal(declare).or_else(|| refusal(subscribe)));
    let session = use_session();
    let (may_declare, may_subscribe) = (session.may(Permission::Operate), session.may(Permission::Work));
    view! {
        <PageHead title="Topics"/>
        <LastProblem problem/>
        <div class="space-y-4">
            {loaded(data, move |(topics, subscriptions)| {
                view! {
                    <Follow as_of=topics.as_of on=Callback::new(move |()| data.refetch())/>
                    <div class="space-y-4">
                        <TopicTable topics=topics.items/>
                        <SubscriptionTable title="Durable subscriptions" subscriptions=subscriptions.items/>
                    </div>
                }
            })}
            {may_declare
                .then(|| {
                    view! {
                        <Card title="Declare a topic">
                            <ActionForm action=declare node_ref=topic_form>
                                <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[2fr_1fr_auto]">
                                    <TextField
                                        name="name"
                                        label="Name"
                                        required=true
                                        autocomplete="off"
                                        max_length="200"
                                        placeholder="orders.created"
                                    />
                                    <SelectField name="kind" label="What nobody hears" options=kinds() value="durable"/>
                                    <Button submits=true kind=Kind::Primary test_id="declare-topic" disabled=declare.pending()>
                                        "Declare"
                                    </Button>
                                </div>
                                {folded("How long it keeps them", retention_fields(None))}
                            </ActionForm>
                        </Card>
                    }
                })}
            {may_subscribe
                .then(|| {
                    view! {
                        <Card title="Make a durable subscription">
                            <ActionForm action=subscribe node_ref=subscription_form>
                                <div class="grid grid-cols-1 items-end gap-3 sm:grid-cols-[1fr_2fr_1fr_auto]">
                                    <TextField
                                        form="subscription-"
                                        name="name"
                                        label="Name of the subscription"
                                        required=true
                                        autocomplete="off"
                                        max_length="64"
                                    />
                                    <TextField
                                        name="pattern"
                                        label="Topics"
                                        required=true
                                        autocomplete="off"
                                        max_length="200"
                                        placeholder="orders.*, orders.>"
                                    />
                                    <SelectField name="start" label="Begins with" options=starts() value="new"/>
                                    <Button submits=true kind=Kind::Primary test_id="make-subscription" disabled=subscribe.pending()>
                                        "Make"
                                    </Button>
                                </div>
                                {folded("How it is served", policy_fields(None))}
                            </ActionForm>
                        </Card>
                    }
                })}
        </div>
    }
    .into_any()
}

async fn read() -> Called<(TopicList, SubscriptionList)> {
    let (topics, subscriptions) = futures::join!(list(), subscriptions());
    Ok((topics?, subscriptions?))
}

fn kinds() -> Vec<(String, String)> {
    let words = |kind: &TopicKind| match kind {
        TopicKind::Ephemeral => "is gone (ephemeral)",
        TopicKind::Durable => "is kept (durable)",
    };
    TopicKind::ALL.iter().map(|kind| (kind.as_str().to_owned(), words(kind).to_owned())).collect()
}

fn starts() -> Vec<(String, String)> {
    [("new", "what comes from now on"), ("earliest", "everything that is kept")]
        .map(|(key, words)| (key.to_owned(), words.to_owned()))
        .to_vec()
}

/// An instant, or a dash.
fn when(at: Option<baton_domain::time::Timestamp>) -> AnyView {
    match at {
        Some(at) => view! { <RelativeTime at/> }.into_any(),
        None => "–".into_any(),
    }
}

#[component]
fn TopicTable(topics: Vec<TopicView>) -> impl IntoView {
    use Column::{Number, Text};
    let columns = vec![Text("Name"), Text("Kind"), Number("Messages"), Text("Oldest"), Text("Newest"), Number("Subscriptions")];
    let rows = topics.into_iter().map(topic_row).collect();
    let empty = "No topic yet: agents and people publish under names that were declared.";
    view! { <TableCard title="Topics" columns rows empty/> }
}

fn topic_row(topic: TopicView) -> AnyView {
    let durable = topic.kind == TopicKind::Durable;
    let name = topic.name.to_string();
    let words = name.clone();
    let href = format!("/topics/{name}");
    view! {
        <tr data-testid="topic-row" data-name=name>
            <th scope="row" class=NAME>
                <A href attr:class="hover:underline">
                    {words}
                </A>
            </th>
            <td class=CELL>{topic.kind.as_str()}</td>
            <td class=NUMBER data-testid="depth">{if durable { format::count(topic.depth) } else { "–".to_owned() }}</td>
            <td class=QUIET>{when(topic.oldest_at)}</td>
            <td class=QUIET>{when(topic.newest_at)}</td>
            <td class=NUMBER>{format::count(topic.subscriptions.into())}</td>
        </tr>
    }
    .into_any()
}

#[component]
pub(super) fn SubscriptionTable(title: &'static str, subscriptions: Vec<SubscriptionView>) -> impl IntoView {
    use Column::{Number, Text};
    let numbers = ["Behind", "In hands", "Waiting", "Dead", "Consumers"].map(Number);
    let columns = [Text("Name"), Text("Topics")].into_iter().chain(numbers).chain([Text("Oldest")]).collect();
    let rows = subscriptions.into_iter().map(subscription_row).collect();
    let empty = "No durable subscription: messages are kept, and nobody has asked to be given each of them.";
    view! { <TableCard title columns rows empty/> }
}

fn subscription_row(one: SubscriptionView) -> AnyView {
    let name = one.name.to_string();
    let words = name.clone();
    let href = format!("/subscriptions/{name}");
    view! {
        <tr data-testid="subscription-row" data-name=name>
            <th scope="row" class=NAME>
                <A href attr:class="hover:underline">
                    {words}
                </A>
            </th>
            <td class=CODE>{one.pattern.to_string()}</td>
            <td class=NUMBER data-testid="lag">{format::count(one.lag)}</td>
            <td class=NUMBER>{format::count(one.in_flight)}</td>
            <td class=NUMBER>{format::count(one.waiting)}</td>
            <td class=NUMBER data-testid="dead">{format::count(one.dead)}</td>
            <td class=NUMBER>{format::count(one.consumers.into())}</td>
            <td class=QUIET>{when(one.oldest_at)}</td>
        </tr>
    }
    .into_any()
}
