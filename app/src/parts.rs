//! Which pages come to the browser together? The program is split into parts: what every page needs, and a few files of pages,
//! each of which the browser loads with the first page that lies in it.
//!
//! The server draws any page at once; it only tells the browser early which files the page will ask for.

use leptos::prelude::*;
use leptos::wasm_split::{SplitLoaderError, wasm_split};
use leptos_router::ChooseView;

use crate::components::button::Kind;
use crate::pages::{
    Agent, Agents, Approval, Approvals, Bargain, Claims, Conflict, Conflicts, Connections, Contract, DeadTasks, Deals, Decision, Decisions,
    Diff, EditWorkflow, Events, FirstRun, Fork, Gallery, Lab, Limits, Lines, Members, Models, NewBargain, NewContract, NewPlan, NewTask,
    Notifications, OpenDecision, Overview, Plan, Plans, Run, Runs, Servers, SignIn, Subscription, Task, Tasks, Topic, Topics, Workflow,
    Workflows,
};

/// The pages on which people see what goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lists {
    Overview,
    Tasks,
    DeadTasks,
    Agents,
    Agent,
}

/// The page of one task with what came of it; the gallery shows the same components.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Results {
    Task,
    Gallery,
}

/// The pages on which people set something up, and look after it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Forms {
    Servers,
    Notifications,
    Events,
    Limits,
    Topics,
    Topic,
    Subscription,
    Members,
    Connections,
    Models,
}

/// The large forms: of a task and of a call for bids, which bring a form for every skill, of a decision, and of a bargaining.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Setup {
    NewTask,
    OpenDecision,
    NewContract,
    NewBargain,
}

/// The pages before somebody is signed in.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Entry {
    SignIn,
    FirstRun,
}

/// The pages of workflows and of the plans that become some, each with a graph.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Flows {
    Workflows,
    Workflow,
    Edit,
    Plans,
    NewPlan,
    Plan,
}

/// The pages of what workflows do: runs, and what they ask people for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Progress {
    Runs,
    Run,
    Fork,
    Diff,
    Approvals,
    Approval,
}

/// The pages on which voters come to one answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Votes {
    Decisions,
    Decision,
    Lab,
}

/// The pages of what agents share and trade: changes that disagree, versions, claims, work put out to tender, and bargaining.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shared {
    Conflicts,
    Conflict,
    Claims,
    Lines,
    Deals,
    Contract,
    Bargain,
}

/// A page, by the part that it lies in. One type for all of them: the router's code is made for each type of page and each form of address.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Part {
    Lists(Lists),
    Results(Results),
    Forms(Forms),
    Setup(Setup),
    Entry(Entry),
    Flows(Flows),
    Progress(Progress),
    Votes(Votes),
    Shared(Shared),
}

impl Part {
    const fn name(self) -> &'static str {
        match self {
            Self::Lists(_) => "lists",
            Self::Results(_) => "results",
            Self::Forms(_) => "forms",
            Self::Setup(_) => "setup",
            Self::Entry(_) => "entry",
            Self::Flows(_) => "flows",
            Self::Progress(_) => "progress",
            Self::Votes(_) => "votes",
            Self::Shared(_) => "shared",
        }
    }
}

impl ChooseView for Part {
    async fn choose(self) -> AnyView {
        announce(self.name());
        let drawn = match self {
            Self::Lists(page) => draw_lists(page).await,
            Self::Results(page) => draw_results(page).await,
            Self::Forms(page) => draw_forms(page).await,
            Self::Setup(page) => draw_setup(page).await,
            Self::Entry(page) => draw_entry(page).await,
            Self::Flows(page) => draw_flows(page).await,
            Self::Progress(page) => draw_progress(page).await,
            Self::Votes(page) => draw_votes(page).await,
            Self::Shared(page) => draw_shared(page).await,
        };
        drawn.unwrap_or_else(|_| not_loaded())
    }

    async fn preload(&self) {
        // What fails here is tried again when the page is drawn, and told there.
        let _ = match self {
            Self::Lists(_) => load_lists().await,
            Self::Results(_) => load_results().await,
            Self::Forms(_) => load_forms().await,
            Self::Setup(_) => load_setup().await,
            Self::Entry(_) => load_entry().await,
            Self::Flows(_) => load_flows().await,
            Self::Progress(_) => load_progress().await,
            Self::Votes(_) => load_votes().await,
            Self::Shared(_) => load_shared().await,
        };
    }
}

#[wasm_split(lists, wasm_split_path = leptos::wasm_split, preload(load_lists), fallible)]
fn draw_lists(page: Lists) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Lists::Overview => Overview().into_any(),
        Lists::Tasks => Tasks().into_any(),
        Lists::DeadTasks => DeadTasks().into_any(),
        Lists::Agents => Agents().into_any(),
        Lists::Agent => Agent().into_any(),
    })
}

#[wasm_split(results, wasm_split_path = leptos::wasm_split, preload(load_results), fallible)]
fn draw_results(page: Results) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Results::Task => Task().into_any(),
        Results::Gallery => Gallery().into_any(),
    })
}

#[wasm_split(forms, wasm_split_path = leptos::wasm_split, preload(load_forms), fallible)]
fn draw_forms(page: Forms) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Forms::Servers => Servers().into_any(),
        Forms::Notifications => Notifications().into_any(),
        Forms::Events => Events().into_any(),
        Forms::Limits => Limits().into_any(),
        Forms::Topics => Topics().into_any(),
        Forms::Topic => Topic().into_any(),
        Forms::Subscription => Subscription().into_any(),
        Forms::Members => Members().into_any(),
        Forms::Connections => Connections().into_any(),
        Forms::Models => Models().into_any(),
    })
}

#[wasm_split(setup, wasm_split_path = leptos::wasm_split, preload(load_setup), fallible)]
fn draw_setup(page: Setup) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Setup::NewTask => NewTask().into_any(),
        Setup::OpenDecision => OpenDecision().into_any(),
        Setup::NewContract => NewContract().into_any(),
        Setup::NewBargain => NewBargain().into_any(),
    })
}

#[wasm_split(entry, wasm_split_path = leptos::wasm_split, preload(load_entry), fallible)]
fn draw_entry(page: Entry) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Entry::SignIn => SignIn().into_any(),
        Entry::FirstRun => FirstRun().into_any(),
    })
}

#[wasm_split(flows, wasm_split_path = leptos::wasm_split, preload(load_flows), fallible)]
fn draw_flows(page: Flows) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Flows::Workflows => Workflows().into_any(),
        Flows::Workflow => Workflow().into_any(),
        Flows::Edit => EditWorkflow().into_any(),
        Flows::Plans => Plans().into_any(),
        Flows::NewPlan => NewPlan().into_any(),
        Flows::Plan => Plan().into_any(),
    })
}

#[wasm_split(progress, wasm_split_path = leptos::wasm_split, preload(load_progress), fallible)]
fn draw_progress(page: Progress) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Progress::Runs => Runs().into_any(),
        Progress::Run => Run().into_any(),
        Progress::Fork => Fork().into_any(),
        Progress::Diff => Diff().into_any(),
        Progress::Approvals => Approvals().into_any(),
        Progress::Approval => Approval().into_any(),
    })
}

#[wasm_split(votes, wasm_split_path = leptos::wasm_split, preload(load_votes), fallible)]
fn draw_votes(page: Votes) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Votes::Decisions => Decisions().into_any(),
        Votes::Decision => Decision().into_any(),
        Votes::Lab => Lab().into_any(),
    })
}

#[wasm_split(shared, wasm_split_path = leptos::wasm_split, preload(load_shared), fallible)]
fn draw_shared(page: Shared) -> Result<AnyView, SplitLoaderError> {
    Ok(match page {
        Shared::Conflicts => Conflicts().into_any(),
        Shared::Conflict => Conflict().into_any(),
        Shared::Claims => Claims().into_any(),
        Shared::Lines => Lines().into_any(),
        Shared::Deals => Deals().into_any(),
        Shared::Contract => Contract().into_any(),
        Shared::Bargain => Bargain().into_any(),
    })
}

/// Has the browser fetch a part's files while it still reads the document.
fn announce(part: &str) {
    #[cfg(feature = "ssr")]
    for file in crate::shell::files_of(part) {
        use leptos_meta::Link;
        // Drawing it puts it into the document's head; here it leaves nothing.
        let _ = view! { <Link rel="preload" as_="fetch" type_="application/wasm" crossorigin="" href=file/> }.to_html();
    }
    #[cfg(not(feature = "ssr"))]
    let _ = part;
}

/// What stands where a page would: its file did not come, because the network is gone or the server has newer ones.
fn not_loaded() -> AnyView {
    view! {
        <div class="mx-auto max-w-2xl space-y-4 p-6" role="alert" data-testid="not-loaded">
            <h1 class="text-20 font-semibold">"This page could not be loaded"</h1>
            <p class="text-soft">"The server does not answer, or it was updated since this tab was opened."</p>
            <a class=Kind::Primary.class() href="" rel="external">
                "Load it again"
            </a>
        </div>
    }
    .into_any()
}
