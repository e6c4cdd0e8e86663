//! One topic: what it keeps and for how long, its last messages, and a form to publish.

use baton_domain::topic::TopicKind;
use baton_domain::user::Permission;
use baton_domain::wire::topic::{MessageFilter, MessageList, MessageView, TopicView};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map};

use super::policies::{changed, retention_fields};
use super::{Follow, payload};
use crate::components::action::{emptied_by, refusal};
use crate::components::badge::Badge;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::{CONTROL, LABEL, TextField};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::format;
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::Called;
use crate::server_fns::topics::{Declare, Delete, Publish, get, messages};
use crate::session::use_session;

/// Messages that the page shows.
const ROWS: u32 = 50;

/// The page of one topic.
#[component]
pub(crate) fn Topic() -> impl IntoView {
    let params = use_params_map();
    let name = memo(move |_| params.with(|params| params.get("name").unwrap_or_default()));
    let publish = FormAction::<Publish>::new();
    let delete = FormAction::<Delete>::new();
    let declare = FormAction::<Declare>::new();
    let changes = move || (name.get(), publish.version().get(), declare.version().get());
    let data = PageData::new(changes, |(name, ..)| read(name));
    // Only what was done counts: what is typed into a form that was refused stays.
    let declared = memo(move |before: Option<&usize>| {
        let version = declare.version().get();
        if declare.is_done() { version } else { before.copied().unwrap_or_default() }
    });
    // Apart from the rest, which is read anew with each message: what is typed into its fields stays.
    let kept = PageData::new(move || (name.get(), declared.get()), |(name, _)| found(name));
    let navigate = use_navigate();
    effect(move || {
        if delete.is_done() {
            navigate("/topics", NavigateOptions::default());
        }
    });
    let form = emptied_by(publish);
    let problem = Signal::derive(move || refusal(publish).or_else(|| refusal(delete)).or_else(|| refusal(declare)));
    let published = move || {
        let published = publish.get().and_then(Result::ok)?;
        Some(if published.repeated { "Published before, under the same key: the first one counts." } else { "Published." })
    };
    let session = use_session();
    let (may_publish, may_delete) = (session.may(Permission::Work), session.may(Permission::Operate));
    view! {
        <LastProblem problem/>
        <div class="space-y-4">
            {loaded(data, move |(topic, messages)| {
                view! {
                    <Follow as_of=messages.as_of on=Callback::new(move |()| data.refetch())/>
                    <Head topic=topic.clone() delete may_delete/>
                    <Facts topic=topic.clone()/>
                    <Messages kind=topic.kind messages=messages.items/>
                }
            })}
            {may_publish
                .then(|| {
                    view! {
                        <Card title="Publish a message">
                            <ActionForm action=publish node_ref=form>
                                <input type="hidden" name="name" prop:value=move || name.get() value=name.get_untracked()/>
                                <label class=LABEL for="field-payload">
                                    "Message"
                                </label>
                                <textarea
                                    id="field-payload"
                                    name="payload"
                                    rows="4"
                                    required
                                    maxlength="65536"
                                    class=format!("{CONTROL} font-mono")
                                    aria-describedby="field-payload-help"
                                ></textarea>
                                <p id="field-payload-help" class="mb-3 mt-1 text-12 text-muted">
                                    "JSON of at most 64 KiB; anything else is published as text."
                                </p>
                                <div class="flex flex-wrap items-end gap-3">
                                    <TextField
                                        form="publish-"
                                        name="key"
                                        label="Key"
                                        autocomplete="off"
                                        max_length="128"
                                        placeholder="none"
                                        help="Of two with the same key only the first is kept."
                                    />
                                    <Button submits=true kind=Kind::Primary test_id="publish" disabled=publish.pending()>
                                        "Publish"
                                    </Button>
                                    <p class="min-w-0 self-center text-13 text-soft" role="status" data-testid="published">
                                        {published}
                                    </p>
                                </div>
                            </ActionForm>
                        </Card>
                    }
                })}
            {may_delete
                .then(|| {
                    view! {
                        {loaded(kept, move |topic| topic.map(|topic| keep(&topic, declare)))}
                        {changed(declare)}
                    }
                })}
        </div>
    }
    .into_any()
}

/// The topic, if it can be read; why it cannot be, the rest of the page says.
async fn found(name: String) -> Called<Option<TopicView>> {
    Ok(get(name).await.ok())
}

async fn read(name: String) -> Called<(TopicView, MessageList)> {
    let filter = MessageFilter { before: None, limit: Some(ROWS) };
    let (topic, messages) = futures::join!(get(name.clone()), messages(name, filter));
    Ok((topic?, messages?))
}

#[component]
fn Head(topic: TopicView, delete: FormAction<Delete>, may_delete: bool) -> impl IntoView {
    let name = topic.name.to_string();
    let actions = may_delete.then(|| {
        view! {
            <ActionForm action=delete>
                <input type="hidden" name="name" value=name/>
                <Button submits=true kind=Kind::Danger test_id="delete-topic">"Delete"</Button>
            </ActionForm>
        }
        .into_any()
    });
    let facts = view! { <Badge>{topic.kind.as_str()}</Badge> }.into_any();
    match actions {
        Some(actions) => view! { <PageHead title=topic.name.to_string() facts actions/> }.into_any(),
        None => view! { <PageHead title=topic.name.to_string() facts/> }.into_any(),
    }
}

#[component]
fn Facts(topic: TopicView) -> impl IntoView {
    let kept = match topic.kind {
        TopicKind::Durable => format!(
            "{} kept, for {} or up to {} of them. {} it.",
            if topic.depth == 1 { "1 message is".to_owned() } else { format!("{} messages are", format::count(topic.depth)) },
            age(topic.retention.maximum_age_seconds),
            format::count(topic.retention.maximum_messages),
            match topic.subscriptions {
                1 => "1 subscription wants".to_owned(),
                count => format!("{} subscriptions want", format::count(count.into())),
            },
        ),
        TopicKind::Ephemeral => "Messages go to whoever listens, and are gone.".to_owned(),
    };
    view! {
        <p class="text-14 text-soft" data-testid="topic-facts">
            {kept}
            " Declared "
            <RelativeTime at=topic.created_at/>
            {format!(" by {}.", topic.created_by)}
        </p>
    }
    .into_any()
}

/// The form by which its retention is declared anew; nothing for a topic that keeps nothing.
fn keep(topic: &TopicView, declare: FormAction<Declare>) -> AnyView {
    if topic.kind == TopicKind::Ephemeral {
        return ().into_any();
    }
    let (name, kind, retention) = (topic.name.to_string(), topic.kind.as_str(), topic.retention);
    view! {
        <Card title="How long it keeps them">
            <ActionForm action=declare>
                <input type="hidden" name="name" value=name/>
                <input type="hidden" name="kind" value=kind/>
                {retention_fields(Some(retention))}
                <div class="mt-3">
                    <Button submits=true test_id="keep-topic" disabled=declare.pending()>
                        "Change"
                    </Button>
                </div>
            </ActionForm>
        </Card>
    }
    .into_any()
}

/// How long messages are kept, in the largest unit that says it.
fn age(seconds: u64) -> String {
    let (count, unit) = match seconds {
        _ if seconds.is_multiple_of(86_400) => (seconds / 86_400, "day"),
        _ if seconds.is_multiple_of(3_600) => (seconds / 3_600, "hour"),
        _ if seconds.is_multiple_of(60) => (seconds / 60, "minute"),
        _ => (seconds, "second"),
    };
    format!("{} {unit}{}", format::count(count), if count == 1 { "" } else { "s" })
}

#[component]
fn Messages(kind: TopicKind, messages: Vec<MessageView>) -> impl IntoView {
    if messages.is_empty() {
        let text = match kind {
            TopicKind::Durable => "No message is kept: publish the first one below.",
            TopicKind::Ephemeral => "Nothing is kept of an ephemeral topic; the event stream has its messages as they come.",
        };
        return view! {
            <Card title="Last messages">
                <Empty text/>
            </Card>
        }
        .into_any();
    }
    let items: Vec<_> = messages.into_iter().map(message).collect();
    view! {
        <Card title="Last messages" flush=true>
            <ol class="divide-y divide-line" aria-label="Last messages">
                {items}
            </ol>
        </Card>
    }
    .into_any()
}

/// A message, as lists show it.
pub(super) fn message(message: MessageView) -> impl IntoView {
    let text = payload(&message.payload);
    let key = message.key.map(|key| format!(", key {key}"));
    view! {
        <li class="min-w-0 px-4 py-2" data-testid="message" data-seq=message.seq.to_string()>
            <p class="text-12 text-muted">
                {format!("#{} ", message.seq)}
                <RelativeTime at=message.at/>
                {format!(" by {}", message.publisher)}
                {key}
            </p>
            {text}
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn an_age_is_said_in_its_largest_unit() {
        assert_eq!([604_800, 86_400, 7_200, 90 * 60, 1].map(age), ["7 days", "1 day", "2 hours", "90 minutes", "1 second"]);
    }
}
