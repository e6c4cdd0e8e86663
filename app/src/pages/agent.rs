//! One agent: what it can do, what it has done lately, what it runs now.

use std::time::Duration;

use baton_domain::id::{AgentId, EventSeq};
use baton_domain::page::Page;
use baton_domain::problem::{Code, Problem};
use baton_domain::wire::agent::{AgentDetail, AgentStanding, AgentView, InstanceView};
use baton_domain::wire::metrics::{Series, SeriesQuery};
use baton_domain::wire::task::{TaskFilter, TaskSummary};
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos_router::hooks::use_params_map;

use super::task::Fact;
use crate::components::agent_card::{AgentActions, Slots, family_word};
use crate::components::agent_standing::{Circuit, Instances, Skills, range_words};
use crate::components::badge::Badge;
use crate::components::card::Card;
use crate::components::chart::{Chart, latency_options, throughput_options};
use crate::components::empty::Empty;
use crate::components::loaded::loaded;
use crate::components::page_head::PageHead;
use crate::components::pill::AgentPill;
use crate::components::task_table::TaskTable;
use crate::components::times::RelativeTime;
use crate::format;
use crate::live::{Body, Following, Live, Notice, Refresh, use_live};
use crate::page_data::PageData;
use crate::reactive::{effect, memo};
use crate::server_fns::{ApiError, Called, agents, metrics, tasks};

/// Tasks that the page lists.
const ROWS: u32 = 20;
/// How long after an event of its tasks the page is read anew.
const SETTLE: Duration = Duration::from_millis(800);

type Data = (AgentDetail, Series, Page<TaskSummary>);

/// The page of one agent.
#[component]
pub(crate) fn Agent() -> impl IntoView {
    let params = use_params_map();
    let id = memo(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let data = PageData::new(move || id.get(), read);
    loaded(data, |data| view! { <Content model=Model::new(&use_live(), data)/> })
}

async fn read(id: String) -> Called<Data> {
    let Ok(id) = id.parse::<AgentId>() else {
        return Err(ApiError(Problem::new(Code::NoSuchAgent, "The address holds no agent's id; look for the agent on the page Agents.")));
    };
    let detail = agents::get(id).await?;
    let query = SeriesQuery { agent: Some(detail.agent.name.clone()), ..SeriesQuery::default() };
    let filter = TaskFilter { agent: Some(id), limit: Some(ROWS), ..TaskFilter::default() };
    let (series, tasks) = futures::join!(metrics::series(query), tasks::list(filter));
    Ok((detail, series?, tasks?))
}

#[derive(Clone, Copy)]
struct Model {
    id: AgentId,
    agent: RwSignal<AgentView>,
    standing: RwSignal<Option<AgentStanding>>,
    elsewhere: RwSignal<Vec<InstanceView>>,
    series: RwSignal<Series>,
    tasks: RwSignal<Vec<ArcRwSignal<TaskSummary>>>,
    as_of: StoredValue<EventSeq>,
    following: StoredValue<Option<Following>>,
    refresh: StoredValue<Refresh>,
}

impl Model {
    fn new(live: &Live, (detail, series, tasks): Data) -> Self {
        Self {
            id: detail.agent.id,
            standing: RwSignal::new(detail.standing),
            elsewhere: RwSignal::new(detail.elsewhere),
            agent: RwSignal::from(live.agent(detail.agent, detail.as_of)),
            series: RwSignal::new(series),
            as_of: StoredValue::new(detail.as_of.min(tasks.as_of)),
            tasks: RwSignal::new(tasks.items.into_iter().map(|task| live.task(task, tasks.as_of)).collect()),
            following: StoredValue::new(None),
            refresh: StoredValue::new(Refresh::default()),
        }
    }

    fn follow(self, live: &Live) {
        let hub = live.clone();
        let following = live.follow(self.as_of.get_value(), None, move |notice| {
            let concerns = match notice {
                Notice::Event(event) => match &event.body {
                    Body::Task(task) => task.agent.as_ref().is_some_and(|agent| agent.id == self.id),
                    Body::Agent(agent) => agent.id == self.id,
                    // Whoever carries it may have come, gone, or been drained.
                    Body::Server => true,
                    _ => false,
                },
                Notice::Stale => true,
                Notice::Transient(_) => false,
            };
            if let Some(refresh) = self.refresh.try_get_value().filter(|_| concerns) {
                let hub = hub.clone();
                refresh.after(SETTLE, move || self.read_anew(&hub));
            }
        });
        self.following.set_value(Some(following));
    }

    fn read_anew(self, live: &Live) {
        let live = live.clone();
        spawn_local(async move {
            // A failure leaves the page as it is; the connection's state says why.
            let Ok((detail, series, tasks)) = read(self.id.to_string()).await else { return };
            let as_of = detail.as_of.min(tasks.as_of);
            let _ = live.agent(detail.agent, detail.as_of);
            self.standing.try_set(detail.standing);
            self.elsewhere.try_set(detail.elsewhere);
            self.series.try_set(series);
            self.tasks.try_set(tasks.items.into_iter().map(|task| live.task(task, tasks.as_of)).collect());
            if let Some(Some(following)) = self.following.try_get_value() {
                following.restart(as_of);
            }
        });
    }
}

#[component]
fn Content(model: Model) -> impl IntoView {
    let live = use_live();
    effect(move || model.follow(&live));
    let Model { agent, standing, elsewhere, series, tasks, .. } = model;
    let (title, description, family, skills, labels, registered_at) = agent.with_untracked(|agent| {
        (agent.title.clone(), agent.description.clone(), agent.family, agent.skills.clone(), agent.labels.clone(), agent.registered_at)
    });
    let status = memo(move |_| agent.with(|agent| agent.status));
    let counts = move || agent.with(|agent| format!("{} done, {} failed", format::count(agent.completed), format::count(agent.failed)));
    let none = memo(move |_| tasks.with(Vec::is_empty));
    let range = move || standing.with(|standing| standing.as_ref().map_or_else(|| "none on this server".to_owned(), range_words));
    let labels: Vec<_> = labels.into_iter().map(|label| view! { <Badge>{label}</Badge> " " }).collect();
    view! {
        <div class="space-y-4">
            <PageHead
                title=title
                facts=view! { <AgentPill status/> }.into_any()
                actions=view! { <AgentActions agent/> }.into_any()
            />
            <p class="max-w-prose text-soft">{description}</p>
            <dl class="flex flex-wrap gap-x-8 gap-y-2 text-13">
                <Fact name="Family">{family_word(family)}</Fact>
                <Fact name="Slots">
                    <Slots agent/>
                </Fact>
                <Fact name="Instances">{range}</Fact>
                <Fact name="Attempts">{counts}</Fact>
                <Fact name="Version">{move || agent.with(|agent| agent.version.clone())}</Fact>
                <Fact name="Registered">
                    <RelativeTime at=registered_at/>
                </Fact>
                {(!labels.is_empty()).then(|| view! { <Fact name="Labels">{labels}</Fact> })}
            </dl>
            <div class="grid grid-cols-1 gap-4 rail:grid-cols-2">
                <Card title="Throughput">
                    <Chart options=Signal::derive(move || series.with(throughput_options)) label="Attempts that ended over the last hour".to_owned()/>
                </Card>
                <Card title="Latency">
                    <Chart options=Signal::derive(move || series.with(latency_options)) label="Waiting and running time over the last hour".to_owned()/>
                </Card>
            </div>
            <div class="grid grid-cols-1 gap-4 rail:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
                <Card title="Circuit">
                    <Circuit standing elsewhere/>
                </Card>
                <Card title="Instances" flush=true>
                    <Instances standing elsewhere/>
                </Card>
            </div>
            <div class="grid grid-cols-1 gap-4 rail:grid-cols-[minmax(0,1fr)_minmax(0,2fr)]">
                <Card title="Skills">
                    <Skills names=skills standing/>
                </Card>
                <Card title="Its latest tasks" flush=true>
                    {move || {
                        if none.get() {
                            view! { <Empty text="It has not worked on any task yet."/> }.into_any()
                        } else {
                            view! { <TaskTable rows=tasks label="Latest tasks of this agent" narrow=true/> }.into_any()
                        }
                    }}
                </Card>
            </div>
        </div>
    }
    .into_any()
}
