//! All agents: what each does now, and whether it takes work.

use std::time::Duration;

use baton_domain::id::EventSeq;
use baton_domain::wire::agent::{AgentList, AgentView, Balancing};
use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::agent_card::AgentCard;
use crate::components::balancing_table::BalancingTable;
use crate::components::card::Card;
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::live::{Body, Following, Live, Notice, Refresh, use_live};
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::{Called, agents};

/// How long after an event that moves slots the agents are read.
const SETTLE: Duration = Duration::from_millis(600);

/// The page of agents.
#[component]
pub(crate) fn Agents() -> impl IntoView {
    let data = PageData::new(|| (), |()| read());
    view! {
        <PageHead title="Agents"/>
        {loaded(data, |data| view! { <Grid model=Model::new(&use_live(), data)/> })}
    }
    .into_any()
}

async fn read() -> Called<(AgentList, Balancing)> {
    let (list, balancing) = futures::join!(agents::list(), agents::balancing());
    Ok((list?, balancing?))
}

#[derive(Clone, Copy)]
struct Model {
    agents: RwSignal<Vec<ArcRwSignal<AgentView>>>,
    balancing: RwSignal<Balancing>,
    as_of: StoredValue<EventSeq>,
    following: StoredValue<Option<Following>>,
    refresh: StoredValue<Refresh>,
}

impl Model {
    fn new(live: &Live, (list, balancing): (AgentList, Balancing)) -> Self {
        let as_of = list.as_of;
        Self {
            agents: RwSignal::new(list.items.into_iter().map(|agent| live.agent(agent, as_of)).collect()),
            balancing: RwSignal::new(balancing),
            as_of: StoredValue::new(as_of),
            following: StoredValue::new(None),
            refresh: StoredValue::new(Refresh::default()),
        }
    }

    fn follow(self, live: &Live) {
        let hub = live.clone();
        let following = live.follow(self.as_of.get_value(), None, move |notice| {
            let wait = match notice {
                Notice::Event(event) => match &event.body {
                    Body::Task(task) if task.agent.is_some() => SETTLE,
                    // Its own row follows by itself; an agent that is not here yet must be read.
                    Body::Agent(agent) if !self.knows(agent) => Duration::ZERO,
                    // How work is balanced changes with it.
                    Body::Agent(_) => SETTLE,
                    _ => return,
                },
                Notice::Stale => Duration::ZERO,
                Notice::Transient(_) => return,
            };
            let hub = hub.clone();
            if let Some(refresh) = self.refresh.try_get_value() {
                refresh.after(wait, move || self.read_anew(&hub));
            }
        });
        self.following.set_value(Some(following));
    }

    fn knows(self, agent: &AgentView) -> bool {
        self.agents
            .try_with_untracked(|agents| agents.iter().any(|known| known.with_untracked(|known| known.id == agent.id)))
            .unwrap_or(true)
    }

    fn read_anew(self, live: &Live) {
        let live = live.clone();
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why.
            let Ok((list, balancing)) = read().await else { return };
            let as_of = list.as_of;
            self.balancing.try_set(balancing);
            self.agents.try_set(list.items.into_iter().map(|agent| live.agent(agent, as_of)).collect());
            if let Some(Some(following)) = self.following.try_get_value() {
                following.restart(as_of);
            }
        });
    }
}

#[component]
fn Grid(model: Model) -> impl IntoView {
    let live = use_live();
    effect(move || model.follow(&live));
    let none = memo(move |_| model.agents.with(Vec::is_empty));
    view! {
        <section>
            <h2 class="sr-only">"All agents"</h2>
            <div class="grid grid-cols-1 gap-4 sm:grid-cols-2 rail:grid-cols-3">
                <For each=move || model.agents.get() key=|agent| agent.with_untracked(|agent| agent.id) let(agent)>
                    <AgentCard agent actions=true/>
                </For>
            </div>
            {move || none.get().then(|| view! { <Empty text="No agent is registered."/> })}
        </section>
        <div class="mt-4">
            <Card title="Balancing" flush=true>
                <BalancingTable balancing=model.balancing/>
            </Card>
        </div>
    }
    .into_any()
}
