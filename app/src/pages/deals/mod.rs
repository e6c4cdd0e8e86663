//! Work put out to tender, and bargaining over what is shared: what goes on first, and what came of it.

mod bargain;
mod call;
mod contract;
mod open;

use baton_domain::page::Page;
use baton_domain::task::TaskState;
use baton_domain::user::Permission;
use baton_domain::wire::contract::{BargainState, BargainView, ContractFilter, ContractState, ContractView};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use leptos_router::params::ParamsMap;

pub(crate) use self::bargain::Bargain;
pub(crate) use self::call::NewContract;
pub(crate) use self::contract::Contract;
pub(crate) use self::open::NewBargain;
use crate::components::button::Kind;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::mark::{Mark, MarkPill};
use crate::components::page_head::PageHead;
use crate::components::table::{CELL, CODE, Column, NUMBER, QUIET, Table};
use crate::components::times::RelativeTime;
use crate::format;
use crate::live::{Fresh, LiveEvent};
use crate::page_data::PageData;
use crate::reactive::memo;
use crate::server_fns::{Called, contracts};
use crate::session::use_session;

/// The page of contracts and bargainings.
#[component]
pub(crate) fn Deals() -> impl IntoView {
    let query = use_query_map();
    let live = memo(move |_| {
        query.with(|query| match query.get("show").as_deref() {
            Some("live") => Some(true),
            Some("ended") => Some(false),
            _ => None,
        })
    });
    let data = PageData::new(move || live.get(), read);
    let may = use_session().may(Permission::Work);
    view! {
        <PageHead
            title="Contracts"
            actions=view! {
                {may
                    .then(|| {
                        view! {
                            <a class=Kind::Plain.class() href="/bargains/new" data-testid="new-bargain">
                                "Open a bargaining"
                            </a>
                            <a class=Kind::Primary.class() href="/contracts/new" data-testid="call-for-bids">
                                "Call for bids"
                            </a>
                        }
                    })}
            }
                .into_any()
        />
        {loaded(data, |data| view! { <Content data/> })}
    }
    .into_any()
}

type Data = (Option<bool>, Page<ContractView>, Page<BargainView>);

async fn read(live: Option<bool>) -> Called<Data> {
    let filter = ContractFilter { live, ..ContractFilter::default() };
    let (contracts, bargains) = futures::join!(contracts::list(filter.clone()), contracts::bargains(filter));
    Ok((live, contracts?, bargains?))
}

fn address(live: Option<bool>) -> String {
    let mut query = ParamsMap::new();
    if let Some(live) = live {
        query.insert("show", if live { "live" } else { "ended" }.to_owned());
    }
    format!("/contracts{}", query.to_query_string())
}

/// How a contract stands.
fn contract_mark(state: ContractState) -> Mark {
    let (look, words) = match state {
        ContractState::Called => (TaskState::Waiting, "bids are taken"),
        ContractState::Awarded => (TaskState::Assigned, "awarded"),
        ContractState::Accepted => (TaskState::Running, "being done"),
        ContractState::Done => (TaskState::Completed, "done"),
        ContractState::Nobody => (TaskState::Failed, "nobody did it"),
        ContractState::Cancelled => (TaskState::Canceled, "cancelled"),
    };
    Mark::new(look, state.as_str()).saying(words)
}

/// How a bargaining stands.
fn bargain_mark(state: BargainState) -> Mark {
    let (look, words) = match state {
        BargainState::Open => (TaskState::Running, "they bargain"),
        BargainState::Agreed => (TaskState::Completed, "agreed"),
        BargainState::Mediated => (TaskState::Completed, "settled for them"),
        BargainState::Failed => (TaskState::Failed, "no agreement"),
    };
    Mark::new(look, state.as_str()).saying(words)
}

#[component]
fn Content(data: Data) -> impl IntoView {
    let live = data.0;
    let concerns = |event: &LiveEvent| event.subject.starts_with("contract:") || event.subject.starts_with("bargain:");
    let fresh = Fresh::new(data, |(_, contracts, bargains)| contracts.as_of.min(bargains.as_of), concerns, move || read(live));
    let tabs: Vec<_> = [(None, "All"), (Some(true), "Going on"), (Some(false), "Ended")]
        .into_iter()
        .map(|(which, words)| {
            let current = (which == live).then_some("page");
            view! {
                <a
                    class=format!("{} aria-[current=page]:bg-sunken aria-[current=page]:font-semibold", Kind::Quiet.class())
                    href=address(which)
                    aria-current=current
                >
                    {words}
                </a>
            }
        })
        .collect();
    let contracts = move || {
        let items = fresh.value().with(|(_, contracts, _)| contracts.items.clone());
        if items.is_empty() {
            return view! { <Empty text="No work was put out to tender."/> }.into_any();
        }
        let rows: Vec<_> = items.into_iter().map(contract_row).collect();
        let columns =
            vec![Column::Text("State"), Column::Text("Work"), Column::Number("Bids"), Column::Text("Who has it"), Column::Text("Called")];
        view! { <Table label="Contracts" columns test_id="contracts">{rows}</Table> }.into_any()
    };
    let bargains = move || {
        let items = fresh.value().with(|(_, _, bargains)| bargains.items.clone());
        if items.is_empty() {
            return view! { <Empty text="Nobody bargains over anything."/> }.into_any();
        }
        let rows: Vec<_> = items.into_iter().map(bargain_row).collect();
        let columns = vec![
            Column::Text("State"),
            Column::Text("What is shared"),
            Column::Number("Units"),
            Column::Number("Round"),
            Column::Text("Opened"),
        ];
        view! { <Table label="Bargainings" columns test_id="bargains">{rows}</Table> }.into_any()
    };
    view! {
        <div class="space-y-4">
            <nav class="flex gap-1" aria-label="Which">
                {tabs}
            </nav>
            <Card title="Put out to tender" flush=true>
                {contracts}
            </Card>
            <Card title="Bargained over" flush=true>
                {bargains}
            </Card>
        </div>
    }
    .into_any()
}

fn contract_row(contract: ContractView) -> AnyView {
    let winner = contract.winner.clone().unwrap_or_else(|| "–".to_owned());
    view! {
        <tr class="hover:bg-sunken" data-testid="contract-row" data-id=contract.id.to_string() data-state=contract.state.as_str()>
            <td class=CELL>
                <MarkPill mark=Signal::stored(contract_mark(contract.state))/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-80 text-left font-normal")>
                <a class="block truncate font-medium hover:underline" href=format!("/contracts/{}", contract.id)>
                    {contract.title}
                </a>
                <span class="block truncate font-mono text-12 text-muted">{contract.skill}</span>
            </th>
            <td class=NUMBER>{format!("{} of {}", contract.bids, contract.bidders)}</td>
            <td class=CODE>{winner}</td>
            <td class=QUIET>
                <RelativeTime at=contract.created_at/>
                {format!(" by {}", contract.created_by)}
            </td>
        </tr>
    }
    .into_any()
}

fn bargain_row(bargain: BargainView) -> AnyView {
    view! {
        <tr class="hover:bg-sunken" data-testid="bargain-row" data-id=bargain.id.to_string() data-state=bargain.state.as_str()>
            <td class=CELL>
                <MarkPill mark=Signal::stored(bargain_mark(bargain.state))/>
            </td>
            <th scope="row" class=format!("{CELL} max-w-80 text-left font-normal")>
                <a class="block truncate font-medium hover:underline" href=format!("/bargains/{}", bargain.id)>
                    {bargain.title}
                </a>
                <span class="block truncate text-12 text-muted">{bargain.parties.join(", ")}</span>
            </th>
            <td class=NUMBER>{format::count(bargain.pot)}</td>
            <td class=NUMBER>{format!("{} of {}", bargain.round + 1, bargain.rounds)}</td>
            <td class=QUIET>
                <RelativeTime at=bargain.created_at/>
                {format!(" by {}", bargain.created_by)}
            </td>
        </tr>
    }
    .into_any()
}
