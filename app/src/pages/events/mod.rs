//! What happened: the log of events, the newest first and live, or older parts of it; how far it reaches and how long it is kept.

mod model;

use baton_domain::id::EventSeq;
use baton_domain::wire::live::{EventLog, EventPage, KeepEvents};
use leptos::prelude::*;
use leptos_router::components::Form;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

use self::model::{Model, Row};
use crate::components::button::{Button, Kind};
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::field::TextField;
use crate::components::icon::Sign;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, CODE, Column, NUMBER, Table};
use crate::components::times::RelativeTime;
use crate::format;
use crate::live::{TOPICS, use_live};
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::{Called, events};

/// Places of the log that are looked at for one page.
const WINDOW: u32 = 200;

/// The page of events.
#[component]
pub(crate) fn Events() -> impl IntoView {
    let query = use_query_map();
    let asked = memo(move |_| query.with(Asked::of));
    let data = PageData::new(move || asked.get(), read);
    view! {
        <PageHead title="Events"/>
        <FilterForm asked/>
        {loaded(data, |found| view! { <Content found/> })}
    }
    .into_any()
}

/// What the address asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
struct Asked {
    /// Topics, as for the socket; none means all that pages follow.
    topics: String,
    /// Events after this place; the newest ones without it.
    since: Option<EventSeq>,
}

impl Asked {
    fn of(query: &ParamsMap) -> Self {
        let topics = query.get("topics").map(|text| text.trim().to_owned()).unwrap_or_default();
        Self { topics, since: query.get("since").and_then(|text| text.parse().ok()).map(EventSeq) }
    }

    fn address(&self) -> String {
        let mut query = ParamsMap::new();
        if !self.topics.is_empty() {
            query.insert("topics", self.topics.clone());
        }
        if let Some(since) = self.since {
            query.insert("since", since.to_string());
        }
        format!("/events{}", query.to_query_string())
    }

    /// The topics that are read and followed.
    fn wanted(&self) -> &str {
        if self.topics.is_empty() { TOPICS } else { &self.topics }
    }
}

/// A part of the log.
#[derive(Debug, Clone, serde::Serialize, serde::Deserialize)]
struct Found {
    asked: Asked,
    log: EventLog,
    page: EventPage,
    /// Where the part begins.
    since: EventSeq,
}

async fn read(asked: Asked) -> Called<Found> {
    let log = events::log().await?;
    let newest = EventSeq((log.head.0 - i64::from(WINDOW)).max(log.floor.0));
    let since = asked.since.unwrap_or(newest);
    let page = events::since(since, asked.wanted().to_owned(), Some(WINDOW)).await?;
    Ok(Found { asked, log, page, since })
}

#[component]
fn Content(found: Found) -> impl IntoView {
    let live = use_live();
    let Found { asked, log, page, since } = found;
    let older = (since > log.floor).then(|| {
        let before = EventSeq((since.0 - i64::from(WINDOW)).max(log.floor.0));
        Asked { since: Some(before), ..asked.clone() }.address()
    });
    let newest = asked.since.is_some().then(|| Asked { since: None, ..asked.clone() }.address());
    let model = Model::new(&asked, log.head, page);
    let is_live = asked.since.is_none();
    effect(move || {
        if is_live {
            model.follow(&live, asked.clone());
        }
    });
    let none = memo(move |_| model.rows.with(Vec::is_empty));
    view! {
        <div class="space-y-4">
            <Reach log head=model.head/>
            <Card title="Log" flush=true test_id="events" aside=view! { <Pause model is_live/> }.into_any()>
                {move || {
                    if none.get() {
                        view! { <Empty text="No event of these topics is in this part of the log."/> }.into_any()
                    } else {
                        view! { <Rows model/> }.into_any()
                    }
                }}
            </Card>
            <nav class="flex justify-between gap-2" aria-label="Parts of the log">
                <span>{newest.map(|href| view! { <a class=Kind::Plain.class() href=href data-testid="newest">"Newest"</a> })}</span>
                <span>{older.map(|href| view! { <a class=Kind::Plain.class() href=href data-testid="older">"Older"</a> })}</span>
            </nav>
        </div>
    }
    .into_any()
}

/// How far the log reaches, and how long it is kept.
#[component]
fn Reach(log: EventLog, head: RwSignal<EventSeq>) -> impl IntoView {
    let place = |seq: EventSeq| format::count(u64::try_from(seq.0).unwrap_or(0));
    let fact = |term: &'static str, test_id: &'static str, value: AnyView| {
        view! {
            <div>
                <dt class="text-12 text-muted">{term}</dt>
                <dd class="text-14 font-medium tabular-nums" data-testid=test_id>
                    {value}
                </dd>
            </div>
        }
    };
    view! {
        <dl class="grid grid-cols-1 gap-3 rounded-card border border-line bg-raised p-4 sm:grid-cols-3">
            {fact("Newest event", "events-head", view! { {move || place(head.get())} }.into_any())}
            {fact("Forgotten up to", "events-floor", view! { {place(log.floor)} }.into_any())}
            {fact("Events are kept", "events-keep", view! { {kept(log.keep)} }.into_any())}
        </dl>
    }
    .into_any()
}

/// How long events are kept, in words.
fn kept(keep: KeepEvents) -> String {
    match (keep.days, keep.count) {
        (None, None) => "for ever".to_owned(),
        (Some(days), None) => format!("{days} days"),
        (None, Some(count)) => format!("at most {} of them", format::count(count)),
        (Some(days), Some(count)) => format!("{days} days, at most {} of them", format::count(count)),
    }
}

#[component]
fn Pause(model: Model, is_live: bool) -> impl IntoView {
    let words = move || match (model.paused.get(), model.waiting.with(Vec::len)) {
        (false, _) => "Pause".to_owned(),
        (true, 0) => "Go on".to_owned(),
        (true, count) => format!("Go on ({count} new)"),
    };
    is_live.then(|| {
        view! {
            <button
                type="button"
                class=Kind::Quiet.class()
                data-testid="pause"
                aria-pressed=move || model.paused.get().to_string()
                on:click=move |_| model.pause_or_go_on()
            >
                {words}
            </button>
        }
    })
}

#[component]
fn Rows(model: Model) -> impl IntoView {
    let texts = ["When", "What", "Of what", "By whom"].map(Column::Text);
    let columns = [Column::Number("Place")].into_iter().chain(texts).collect::<Vec<_>>();
    view! {
        <Table label="Events, the newest first" columns>
            <For each=move || model.rows.get() key=|row| row.seq let(row)>
                <EventRow row/>
            </For>
        </Table>
    }
    .into_any()
}

#[component]
fn EventRow(row: Row) -> impl IntoView {
    let subject = match row.href() {
        Some(href) => view! { <a class="text-accent hover:underline" href=href>{row.subject}</a> }.into_any(),
        None => view! { <span>{row.subject}</span> }.into_any(),
    };
    let (at, kind) = (row.at, row.kind.clone());
    view! {
        <tr data-testid="event" data-seq=row.seq.to_string() data-kind=kind>
            <td class=NUMBER>{row.seq.to_string()}</td>
            <td class=CELL>
                <RelativeTime at/>
            </td>
            <td class=CELL>{row.kind}</td>
            <td class=CODE>{subject}</td>
            <td class=CELL>{row.actor}</td>
        </tr>
    }
    .into_any()
}

/// A plain form that changes the address; with scripts, without loading the page.
#[component]
fn FilterForm(asked: Memo<Asked>) -> impl IntoView {
    view! {
        <section class="rounded-card border border-line bg-raised p-4" aria-label="Filter" data-testid="filter">
            <Form method="get" action="/events">
                <div class="flex flex-wrap items-end gap-3">
                    <div class="min-w-64 grow">
                        <TextField
                            name="topics"
                            label="Topics"
                            kind="search"
                            value=asked.get_untracked().topics
                            placeholder="task, task.completed or task:<id>; separate several by commas"
                            max_length="1000"
                        />
                    </div>
                    <Button submits=true sign=Sign::Search>
                        "Filter"
                    </Button>
                </div>
            </Form>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_what_it_was_asked() {
        let asked = |topics: &str, since| Asked { topics: topics.to_owned(), since };
        for address in [asked("", None), asked("task,agent", None), asked("task:1", Some(EventSeq(7)))] {
            let text = address.address();
            let query = text.strip_prefix("/events").unwrap_or_default().trim_start_matches('?');
            let mut map = ParamsMap::new();
            for (name, value) in query.split('&').filter_map(|pair| pair.split_once('=')) {
                map.insert(name.to_owned(), value.replace("%2C", ",").replace("%3A", ":"));
            }
            assert_eq!(Asked::of(&map), address, "{text}");
        }
    }

    #[test]
    fn retention_is_said_in_words() {
        let keep = |days, count| kept(KeepEvents { count, days });
        assert_eq!(keep(None, None), "for ever");
        assert_eq!(keep(Some(90), None), "90 days");
        assert_eq!(keep(Some(90), Some(10_000)), "90 days, at most 10,000 of them");
        assert_eq!(keep(None, Some(10_000)), "at most 10,000 of them");
    }
}
