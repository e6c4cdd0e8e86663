//! What waits for the person and what went wrong for them: unread first, each with a link to what it is about.

use baton_domain::id::NotificationId;
use baton_domain::wire::notification::{NotificationFilter, NotificationList, NotificationView, UnreadCount};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

use crate::components::action::refusal;
use crate::components::badge::Badge;
use crate::components::banner::LastProblem;
use crate::components::button::{Button, Kind};
use crate::components::empty::Empty;
use crate::components::icon::{Icon, Sign};
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::times::RelativeTime;
use crate::form_action::{ActionForm, FormAction};
use crate::live::use_unread;
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::notifications::{MarkNotifications, list};

/// Where the page is.
const ADDRESS: &str = "/notifications";

/// The page of notifications.
#[component]
pub(crate) fn Notifications() -> impl IntoView {
    let query = use_query_map();
    let filter = memo(move |_| {
        query.with(|query| NotificationFilter {
            unread: query.get_str("all").is_none(),
            cursor: query.get("cursor").filter(|cursor| !cursor.is_empty()),
            limit: None,
        })
    });
    let mark = FormAction::<MarkNotifications>::new();
    let unread = use_unread();
    let changes = unread.changes();
    let data = PageData::new(move || (filter.get(), mark.version().get(), changes.get()), |(filter, ..)| read(filter));
    effect(move || {
        if let Some(Ok(marked)) = mark.get() {
            unread.know(marked.unread);
        }
    });
    let problem = Signal::derive(move || refusal(mark));
    let done = move || {
        mark.get().and_then(Result::ok).map(|marked| match marked.unread {
            0 => "Marked. Nothing is unread.".to_owned(),
            left => format!("Marked. {left} unread."),
        })
    };
    view! {
        <PageHead title="Notifications"/>
        <LastProblem problem/>
        <p class="text-13 text-soft empty:hidden" role="status" data-testid="marked">{done}</p>
        {loaded(data, move |(filter, list)| view! { <Content filter list mark/> })}
    }
    .into_any()
}

async fn read(filter: NotificationFilter) -> crate::server_fns::Called<(NotificationFilter, NotificationList)> {
    let list = list(filter.clone()).await?;
    Ok((filter, list))
}

#[component]
fn Content(filter: NotificationFilter, list: NotificationList, mark: FormAction<MarkNotifications>) -> impl IntoView {
    let NotificationList { items, next_cursor, unread, as_of } = list;
    let known = use_unread();
    effect(move || known.read_with(UnreadCount { unread, as_of }));
    let all = if filter.unread { "" } else { "all=true&" };
    let next = next_cursor.map(|cursor| format!("{ADDRESS}?{all}cursor={cursor}"));
    // What came since this page was read is not marked with it.
    let newest = items.first().map(|first| first.id).filter(|_| filter.cursor.is_none() && unread > 0);
    let empty = items.is_empty();
    let rows: Vec<_> = items.into_iter().map(|row| view! { <Row row mark/> }).collect();
    let choice = |href: &'static str, words: &'static str, chosen: bool| {
        let class = if chosen { Kind::Plain.class() } else { Kind::Quiet.class() };
        view! { <a class=class href=href aria-current=chosen.then_some("page")>{words}</a> }
    };
    view! {
        <div class="space-y-4">
            <div class="flex flex-wrap items-center justify-between gap-3">
                <nav class="flex gap-1" aria-label="Which notifications" data-testid="which">
                    {choice(ADDRESS, "Unread", filter.unread)}
                    {choice("/notifications?all=true", "All", !filter.unread)}
                </nav>
                {newest
                    .map(|newest| {
                        view! {
                            <ActionForm action=mark>
                                <input type="hidden" name="read" value="true"/>
                                <input type="hidden" name="up_to" value=newest.to_string()/>
                                <Button submits=true sign=Sign::Check test_id="mark-all" disabled=mark.pending()>"Mark all as read"</Button>
                            </ActionForm>
                        }
                    })}
            </div>
            <section class="min-w-0 rounded-card border border-line bg-raised">
                <h2 class="sr-only">"List"</h2>
                {if empty { nothing(&filter) } else { view! { <ul class="divide-y divide-line">{rows}</ul> }.into_any() }}
            </section>
            <nav class="flex justify-end" aria-label="Pages of the list">
                {next.map(|href| view! { <a class=Kind::Plain.class() href=href data-testid="next-page">"Older"</a> })}
            </nav>
        </div>
    }
    .into_any()
}

/// Why the list is empty, and where to go from there.
fn nothing(filter: &NotificationFilter) -> AnyView {
    if !filter.unread {
        let text = "No notification yet. Approvals, votes and decisions that wait for you come here, and what failed that you began.";
        return view! { <Empty text/> }.into_any();
    }
    let action = view! { <a class=Kind::Plain.class() href="/notifications?all=true">"Show all notifications"</a> }.into_any();
    view! { <Empty text="Nothing waits for you." action/> }.into_any()
}

const fn word(unread: bool, settled: bool) -> &'static str {
    match (unread, settled) {
        (_, true) => "Settled",
        (true, false) => "Unread",
        (false, false) => "Read",
    }
}

fn sign(kind: &str) -> Sign {
    match kind.split('.').next() {
        Some("approval" | "plan") => Sign::Check,
        Some("decision") => Sign::Members,
        _ => Sign::Alert,
    }
}

#[component]
fn Row(row: NotificationView, mark: FormAction<MarkNotifications>) -> impl IntoView {
    let (id, unread, settled) = (row.id, row.is_unread(), row.settled_at.is_some());
    // Whoever follows it has seen it.
    let count = use_unread();
    let seen = move |_| {
        if unread {
            mark.send(&[("read", "true"), ("id", &id.to_string())]);
            count.followed_one();
        }
    };
    let title = if unread { "font-medium text-text hover:underline" } else { "text-soft hover:underline" };
    view! {
        <li class="flex items-start gap-3 px-4 py-3" data-testid="notification" data-kind=row.kind.clone() data-unread=unread.to_string()>
            <span class=if unread { "mt-0.5 text-accent" } else { "mt-0.5 text-muted" }>
                <Icon sign=sign(&row.kind)/>
            </span>
            <div class="min-w-0 flex-1 space-y-0.5">
                <a class=format!("block break-words text-14 {title}") href=row.link on:click=seen>{row.title}</a>
                {row.detail.map(|detail| view! { <p class="break-words text-13 text-muted">{detail}</p> })}
                <p class="flex flex-wrap items-center gap-2 text-12 text-muted">
                    <RelativeTime at=row.at/>
                    <Badge>{word(unread, settled)}</Badge>
                </p>
            </div>
            {(!settled).then(|| view! { <MarkOne id unread mark/> })}
        </li>
    }
    .into_any()
}

#[component]
fn MarkOne(id: NotificationId, unread: bool, mark: FormAction<MarkNotifications>) -> impl IntoView {
    view! {
        <ActionForm action=mark>
            <input type="hidden" name="read" value=unread.to_string()/>
            <input type="hidden" name="id" value=id.to_string()/>
            <Button submits=true kind=Kind::Quiet test_id="mark" disabled=mark.pending()>
                {if unread { "Mark as read" } else { "Mark as unread" }}
            </Button>
        </ActionForm>
    }
    .into_any()
}
